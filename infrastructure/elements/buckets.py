"""S3 buckets: nothing public, TLS only, encrypted by S3 itself (the document's SSE-S3)."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct


def make_bucket(
    scope: Construct,
    id: str,
    *,
    logs: s3.IBucket | None,
    lifecycle: Sequence[s3.LifecycleRule] = (),
    ownership: s3.ObjectOwnership = s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
) -> s3.Bucket:
    """Kept when its stack goes. `logs` records who reads it; a bucket of logs itself has none."""
    return s3.Bucket(
        scope,
        id,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=logs is not None,
        removal_policy=RemovalPolicy.RETAIN,
        object_ownership=ownership,
        server_access_logs_bucket=logs,
        server_access_logs_prefix=f"{id.lower()}/" if logs else None,
        lifecycle_rules=[
            *lifecycle,
            s3.LifecycleRule(id="unfinished-uploads", abort_incomplete_multipart_upload_after=Duration.days(7)),
        ],
    )


def make_log_bucket(scope: Construct, id: str, *, written_by_cloudfront: bool = False) -> s3.Bucket:
    """CloudFront writes its logs with ACLs. For every other writer, ownership is enough."""
    return make_bucket(
        scope,
        id,
        logs=None,
        lifecycle=[s3.LifecycleRule(id="old-logs", expiration=Duration.days(90))],
        ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED
        if written_by_cloudfront
        else s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    )


def snapshots_lifecycle() -> list[s3.LifecycleRule]:
    """Backup workers delete old snapshots, which S3 keeps a month longer."""
    colder = s3.Transition(storage_class=s3.StorageClass.INTELLIGENT_TIERING, transition_after=Duration.days(1))
    return [s3.LifecycleRule(id="snapshots", transitions=[colder], noncurrent_version_expiration=Duration.days(30))]
