"""S3 buckets: nothing public, TLS only, encrypted by S3 itself (the document's SSE-S3)."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

KEEP_OLD_VERSIONS_DAYS = 30


def make_bucket(
    scope: Construct,
    id: str,
    *,
    logs: s3.IBucket | None,
    lifecycle: Sequence[s3.LifecycleRule] = (),
    versioned: bool = True,
    written_by_cloudfront: bool = False,
) -> s3.Bucket:
    """Kept when its stack goes. Who reads it is logged in `logs`."""
    return s3.Bucket(
        scope,
        id,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=versioned,
        removal_policy=RemovalPolicy.RETAIN,
        # CloudFront's standard logs are written with ACLs; every other writer is content with ownership alone.
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED
        if written_by_cloudfront
        else s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        server_access_logs_bucket=logs,
        server_access_logs_prefix=f"{id.lower()}/" if logs else None,
        lifecycle_rules=[
            *lifecycle,
            s3.LifecycleRule(id="unfinished-uploads", abort_incomplete_multipart_upload_after=Duration.days(7)),
        ],
    )


def make_log_bucket(scope: Construct, id: str, *, written_by_cloudfront: bool = False, days: int = 90) -> s3.Bucket:
    return make_bucket(
        scope,
        id,
        logs=None,
        versioned=False,
        written_by_cloudfront=written_by_cloudfront,
        lifecycle=[s3.LifecycleRule(id="old-logs", expiration=Duration.days(days))],
    )


def snapshots_lifecycle() -> list[s3.LifecycleRule]:
    """Snapshots of homes are thinned out by their keepers; S3 moves the rest to colder storage, and keeps what was deleted a month."""
    return [
        s3.LifecycleRule(
            id="snapshots",
            transitions=[
                s3.Transition(storage_class=s3.StorageClass.INTELLIGENT_TIERING, transition_after=Duration.days(1))
            ],
            noncurrent_version_expiration=Duration.days(KEEP_OLD_VERSIONS_DAYS),
        )
    ]
