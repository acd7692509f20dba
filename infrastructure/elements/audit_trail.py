"""CloudTrail: all API calls of the account, in all regions, and each access to a snapshot of a home."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.elements.roles import allow_log, make_role
from infrastructure.names import Names

_Trail = cloudtrail.CfnTrail


class AuditTrail(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        bucket: s3.Bucket,
        watched_bucket_arn: str,
        log_group: logs.LogGroup,
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        name = names.of("trail")
        arn = f"arn:{stack.partition}:cloudtrail:{stack.region}:{stack.account}:trail/{name}"
        written = self._let_it_write(bucket, arn, stack.account)
        role = make_role(self, "Role", "cloudtrail.amazonaws.com", "CloudTrail writes to CloudWatch")
        allow_log(role, log_group.log_group_arn)
        trail = _Trail(
            self,
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
                    include_management_events=True,
                    read_write_type="All",
                    data_resources=[
                        _Trail.DataResourceProperty(type="AWS::S3::Object", values=[f"{watched_bucket_arn}/"])
                    ],
                )
            ],
        )
        trail.node.add_dependency(written, role)

    def _let_it_write(self, bucket: s3.Bucket, trail_arn: str, account: str) -> Construct:
        cloudtrail_itself = iam.ServicePrincipal("cloudtrail.amazonaws.com")
        ours: dict[str, object] = {"aws:SourceArn": trail_arn}
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="TrailReadsBucketAcl",
                principals=[cloudtrail_itself],
                actions=["s3:GetBucketAcl"],
                resources=[bucket.bucket_arn],
                conditions={"StringEquals": ours},
            )
        )
        added = bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="TrailWritesLogs",
                principals=[cloudtrail_itself],
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects(f"AWSLogs/{account}/*")],
                conditions={"StringEquals": {**ours, "s3:x-amz-acl": "bucket-owner-full-control"}},
            )
        )
        assert isinstance(added.policy_dependable, Construct)  # noqa: S101
        return added.policy_dependable
