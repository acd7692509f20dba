"""The manager's one DynamoDB table. Its sparse indexes hold only what is due or warm, so a sweep costs what it has to do."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infrastructure.names import EXPIRES_ATTRIBUTE, INDEXES, PARTITION_KEY, SORT_KEY, Names


class WorkspaceTable(Construct):
    def __init__(self, scope: Construct, id: str, *, names: Names, key: kms.IKey) -> None:
        super().__init__(scope, id)
        text, number = dynamodb.AttributeType.STRING, dynamodb.AttributeType.NUMBER
        whole, keys = dynamodb.ProjectionType.ALL, dynamodb.ProjectionType.KEYS_ONLY
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=names.table,
            partition_key=dynamodb.Attribute(name=PARTITION_KEY, type=text),
            sort_key=dynamodb.Attribute(name=SORT_KEY, type=text),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=EXPIRES_ATTRIBUTE,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        for index in INDEXES:
            self.table.add_global_secondary_index(
                index_name=index.name,
                partition_key=dynamodb.Attribute(name=index.partition_key, type=text),
                sort_key=dynamodb.Attribute(name=index.sort_key, type=number if index.sort_type == "N" else text),
                projection_type=whole if index.whole_records else keys,
            )
