"""AWS Config: records changes, and reports what no longer is as this code made it."""

from __future__ import annotations

from aws_cdk import aws_config as config
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.elements.roles import allow, make_role
from infrastructure.stacks.base import PlatformStack

RULES = (
    "CLOUD_TRAIL_ENABLED",
    "DYNAMODB_PITR_ENABLED",
    "ECS_CONTAINERS_READONLY_ACCESS",
    "ECS_TASK_DEFINITION_NONROOT_USER",
    "EFS_ENCRYPTED_CHECK",
    "ELASTICACHE_REPL_GRP_ENCRYPTED_IN_TRANSIT",
    "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS",
    "RDS_INSTANCE_PUBLIC_ACCESS_CHECK",
    "RDS_MULTI_AZ_SUPPORT",
    "RDS_STORAGE_ENCRYPTED",
    "S3_BUCKET_PUBLIC_READ_PROHIBITED",
    "S3_BUCKET_SSL_REQUESTS_ONLY",
)
"""AWS' managed rules, by their identifiers.

VPC_DEFAULT_SECURITY_GROUP_CLOSED is left out. It also looks at the VPC that each account starts
with, whose group CloudFormation cannot change, so it would be broken from the first day. A test
holds that nothing of ours is in a default group, and a group without members lets nothing in.
"""
RECORDED = (
    "AWS::CloudTrail::Trail",
    "AWS::DynamoDB::Table",
    "AWS::EC2::SecurityGroup",
    "AWS::ECS::TaskDefinition",
    "AWS::EFS::FileSystem",
    "AWS::IAM::Policy",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
)
"""What the rules look at. Each recorded resource has a price, also each task's interface."""


def watch_compliance(stack: PlatformStack, bucket: s3.Bucket) -> None:
    scope = Construct(stack, "Compliance")
    role = make_role(scope, "Role", "config.amazonaws.com", "AWS Config reads the account's resources")
    role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWS_ConfigRole"))
    allow(
        role,
        "DeliverRecords",
        bucket.arn_for_objects(f"config/AWSLogs/{stack.account}/*"),
        "s3:PutObject",
        conditions={"StringLike": {"s3:x-amz-acl": "bucket-owner-full-control"}},
    )
    allow(role, "ReadBucket", bucket.bucket_arn, "s3:GetBucketAcl", "s3:ListBucket")
    recorder = config.CfnConfigurationRecorder(
        scope,
        "Recorder",
        name=stack.names.of("recorder"),
        role_arn=role.role_arn,
        recording_group=config.CfnConfigurationRecorder.RecordingGroupProperty(
            all_supported=False, include_global_resource_types=False, resource_types=list(RECORDED)
        ),
    )
    channel = config.CfnDeliveryChannel(scope, "Channel", s3_bucket_name=bucket.bucket_name, s3_key_prefix="config")
    channel.node.add_dependency(role)
    for rule in RULES:
        config.CfnConfigRule(
            scope,
            rule.title().replace("_", ""),
            config_rule_name=stack.names.of(rule.lower().replace("_", "-")),
            source=config.CfnConfigRule.SourceProperty(owner="AWS", source_identifier=rule),
        ).add_resource_dependency(recorder)
