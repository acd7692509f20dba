"""A Lambda function of ours: one runtime, logs in JSON in a group of ours, the stack's key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infrastructure.elements.roles import allow
from infrastructure.elements.security_groups import Group
from infrastructure.names import LIVE_ALIAS
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.network import NetworkStack

RUNTIME = "python3.13"
ARCHITECTURE = "x86_64"
OF_A_VERSION = (
    "architectures", "code", "dead_letter_config", "description", "environment", "file_system_configs", "function_name",
    "handler", "kms_key_arn", "logging_config", "memory_size", "role", "runtime", "timeout", "vpc_config",
)  # fmt: skip
NOT_OF_A_VERSION = ("reserved_concurrent_executions", "recursive_loop", "tags")
"""The function as a whole has these. When only they change, Lambda publishes no new version."""

_Function = lambda_.CfnFunction


def make_function(
    stack: PlatformStack,
    scope: Construct,
    id: str,
    *,
    code: assets.Asset | str,
    role: iam.Role,
    log_group: logs.LogGroup,
    environment: Mapping[str, str],
    network: NetworkStack | None = None,
    group: Group = Group.BACKEND,
    **properties: Any,
) -> lambda_.CfnFunction:
    """`code`: the manager's package, or the text of a module.

    `network`: put the function into the private subnets, with this security group. The document
    opens workspaces and EFS to the backend's. `properties`: more of CfnFunction's.
    """
    if isinstance(code, str):
        content = _Function.CodeProperty(zip_file=code)
    else:
        content = _Function.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key)
        properties["architectures"] = [ARCHITECTURE]
    if network:
        properties["vpc_config"] = _Function.VpcConfigProperty(
            subnet_ids=network.private_subnet_ids, security_group_ids=[network.groups.id_of(group)]
        )
    function = _Function(
        scope,
        id,
        runtime=RUNTIME,
        code=content,
        role=role.role_arn,
        kms_key_arn=stack.key.key_arn,
        logging_config=_Function.LoggingConfigProperty(log_group=log_group.log_group_name, log_format="JSON"),
        environment=_Function.EnvironmentProperty(variables=environment),
        **properties,
    )
    function.node.add_dependency(role)
    return function


def publish(stack: PlatformStack, scope: Construct, function: lambda_.CfnFunction) -> lambda_.CfnAlias:
    """The alias that callers use when a person waits for the answer; its Ref is its ARN.

    Lambda keeps instances ready only for an alias or a version, not for the function itself. A
    version never changes, so whatever changes the function has to make a new one: its logical id
    carries a digest of all that a version keeps.
    """
    kept = {name: stack.resolve(getattr(function, name)) for name in OF_A_VERSION}
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:12]
    version = lambda_.CfnVersion(scope, f"Version{digest}", function_name=function.ref)
    return lambda_.CfnAlias(
        scope, "Live", name=LIVE_ALIAS, function_name=function.ref, function_version=version.attr_version
    )


def allow_invoke(role: iam.Role, sid: str, function: lambda_.CfnFunction, live: lambda_.CfnAlias) -> None:
    """The alias, and the function itself: a role changes minutes before the last caller that knows
    only the function has ended."""
    allow(role, sid, [live.ref, function.attr_arn], "lambda:InvokeFunction")


def let_events_invoke(scope: Construct, function_arn: str, rule_arn: str) -> None:
    lambda_.CfnPermission(
        scope,
        "FromEvents",
        action="lambda:InvokeFunction",
        function_name=function_arn,
        principal="events.amazonaws.com",
        source_arn=rule_arn,
    )
