"""The manager's DynamoDB table. Its indexes are sparse, so a pass reads only what is due."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infrastructure.names import EXPIRES_ATTRIBUTE, INDEXES, PARTITION_KEY, SORT_KEY
from infrastructure.stacks.base import PlatformStack


def make_table(stack: PlatformStack) -> dynamodb.Table:
    text, number = dynamodb.AttributeType.STRING, dynamodb.AttributeType.NUMBER
    whole, keys = dynamodb.ProjectionType.ALL, dynamodb.ProjectionType.KEYS_ONLY
    table = dynamodb.Table(
        Construct(stack, "Workspaces"),
        "Table",
        table_name=stack.names.table,
        partition_key=dynamodb.Attribute(name=PARTITION_KEY, type=text),
        sort_key=dynamodb.Attribute(name=SORT_KEY, type=text),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=stack.key,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        time_to_live_attribute=EXPIRES_ATTRIBUTE,
        deletion_protection=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    for index in INDEXES:
        table.add_global_secondary_index(
            index_name=index.name,
            partition_key=dynamodb.Attribute(name=index.partition_key, type=text),
            sort_key=dynamodb.Attribute(name=index.sort_key, type=number if index.sort_type == "N" else text),
            projection_type=whole if index.whole_records else keys,
        )
    return table
