"""CloudTrail: all API calls of the account in all regions, and each access to a snapshot."""

from __future__ import annotations

from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.elements.roles import allow_log, allow_service, make_role
from infrastructure.stacks.base import PlatformStack

SERVICE = "cloudtrail.amazonaws.com"
_Trail = cloudtrail.CfnTrail


def make_audit_trail(stack: PlatformStack, *, bucket: s3.Bucket, watched: s3.Bucket) -> None:
    """`bucket` gets the records; each access to an object in `watched` is recorded, too."""
    scope, name = Construct(stack, "Audit"), stack.names.of("trail")
    ours: dict[str, str | list[str]] = {"aws:SourceArn": stack.arn_of("cloudtrail", f"trail/{name}")}
    allow_service(
        bucket,
        "TrailReadsBucketAcl",
        SERVICE,
        "s3:GetBucketAcl",
        on=bucket.bucket_arn,
        conditions={"StringEquals": ours},
    )
    writable = allow_service(
        bucket,
        "TrailWritesLogs",
        SERVICE,
        "s3:PutObject",
        on=bucket.arn_for_objects(f"AWSLogs/{stack.account}/*"),
        conditions={"StringEquals": {**ours, "s3:x-amz-acl": "bucket-owner-full-control"}},
    )
    log_group = stack.log_group("AuditLog", stack.names.logs("audit"))
    role = make_role(scope, "Role", SERVICE, "CloudTrail writes to CloudWatch")
    allow_log(role, log_group)
    objects = _Trail.DataResourceProperty(type="AWS::S3::Object", values=[f"{watched.bucket_arn}/"])
    trail = _Trail(
        scope,
        "Trail",
        trail_name=name,
        is_logging=True,
        is_multi_region_trail=True,
        include_global_service_events=True,
        enable_log_file_validation=True,
        s3_bucket_name=bucket.bucket_name,
        cloud_watch_logs_log_group_arn=log_group.log_group_arn,
        cloud_watch_logs_role_arn=role.role_arn,
        event_selectors=[
            _Trail.EventSelectorProperty(
                include_management_events=True, read_write_type="All", data_resources=[objects]
            )
        ],
    )
    trail.node.add_dependency(writable, role)
