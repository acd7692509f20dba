"""AWS Config: records what changes, and says when something no longer is as this code made it."""

from __future__ import annotations

from aws_cdk import aws_config as config
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.elements.roles import allow, make_role
from infrastructure.names import Names

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
"""Managed rules of AWS, by their identifiers.

Not among them: VPC_DEFAULT_SECURITY_GROUP_CLOSED. It looks at every VPC of the region, the one that each account is born with too, and
CloudFormation cannot take rules out of a group that it has not made: the rule would be broken from the first day. Nothing of ours is in
such a group, which a test holds, and one without members lets nothing in."""
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
"""What the rules look at. Everything would also record each network interface of each task, at a price each."""
POLICY = "service-role/AWS_ConfigRole"


class Compliance(Construct):
    def __init__(self, scope: Construct, id: str, *, names: Names, bucket: s3.Bucket, account: str) -> None:
        super().__init__(scope, id)
        role = make_role(self, "Role", "config.amazonaws.com", "AWS Config reads the account's resources")
        role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(POLICY))
        allow(
            role,
            "DeliverRecords",
            ("s3:PutObject",),
            (bucket.arn_for_objects(f"config/AWSLogs/{account}/*"),),
            {"StringLike": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        )
        allow(role, "ReadBucket", ("s3:GetBucketAcl", "s3:ListBucket"), (bucket.bucket_arn,))
        recorder = config.CfnConfigurationRecorder(
            self,
            "Recorder",
            name=names.of("recorder"),
            role_arn=role.role_arn,
            recording_group=config.CfnConfigurationRecorder.RecordingGroupProperty(
                all_supported=False, include_global_resource_types=False, resource_types=list(RECORDED)
            ),
        )
        channel = config.CfnDeliveryChannel(self, "Channel", s3_bucket_name=bucket.bucket_name, s3_key_prefix="config")
        channel.node.add_dependency(role)
        for rule in RULES:
            made = config.CfnConfigRule(
                self,
                rule.title().replace("_", ""),
                config_rule_name=names.of(rule.lower().replace("_", "-")),
                source=config.CfnConfigRule.SourceProperty(owner="AWS", source_identifier=rule),
            )
            made.add_resource_dependency(recorder)
