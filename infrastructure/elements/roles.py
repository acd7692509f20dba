"""IAM roles: who may put them on, and lists of actions written out. No action has a wildcard."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct


def make_role(scope: Construct, id: str, service: str, description: str) -> iam.Role:
    """For a service, and only on behalf of this account (a deputy of somebody else must not be confused)."""
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
