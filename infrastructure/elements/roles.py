"""IAM roles and their statements. Actions are listed one by one, never with a wildcard."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct


def make_role(scope: Construct, id: str, service: str, description: str) -> iam.Role:
    """A role that a service may assume, but only for this account (against the confused deputy)."""
    principal = iam.ServicePrincipal(
        service, conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}}
    )
    return iam.Role(scope, id, assumed_by=principal, description=description)


def allow(
    role: iam.Role,
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: dict[str, dict[str, str | list[str]]] | None = None,
) -> None:
    role.add_to_policy(
        iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources), conditions=conditions)
    )


def allow_log(role: iam.Role, log_group_arn: str) -> None:
    allow(role, "WriteLog", ("logs:CreateLogStream", "logs:PutLogEvents"), (log_group_arn,))


def allow_vpc(role: iam.Role) -> None:
    """Lets Lambda attach a function to subnets. EC2 supports no resource for these actions."""
    actions = (
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    )
    allow(role, "VpcNetworking", actions, ("*",))
