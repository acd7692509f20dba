"""Log groups: seven days (the document's), under the stack's key."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.elements.keys import StackKey

RETENTION = logs.RetentionDays.ONE_WEEK


def make_log_group(scope: Construct, id: str, name: str, key: StackKey) -> logs.LogGroup:
    """The key must have `let_logs_use_it`."""
    return logs.LogGroup(
        scope,
        id,
        log_group_name=name,
        retention=RETENTION,
        encryption_key=key.key,
        removal_policy=RemovalPolicy.DESTROY,
    )
