"""A Lambda function in our way: one runtime, logs in JSON in our own group, environment under the stack's key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infrastructure.elements.keys import StackKey

RUNTIME = "python3.13"
ARCHITECTURE = "x86_64"

_Function = lambda_.CfnFunction


@dataclass(frozen=True)
class FunctionPlace:
    """The subnets of a function, and its security group."""

    subnet_ids: Sequence[str]
    group_id: str

    @property
    def vpc_config(self) -> lambda_.CfnFunction.VpcConfigProperty:
        return _Function.VpcConfigProperty(subnet_ids=list(self.subnet_ids), security_group_ids=[self.group_id])


def make_function(
    scope: Construct,
    id: str,
    *,
    code: assets.Asset | str,
    role: iam.Role,
    log_group: logs.LogGroup,
    key: StackKey,
    environment: Mapping[str, str],
    **properties: Any,
) -> lambda_.CfnFunction:
    """`code`: the manager's package, or the text of a module. `properties`: more properties of CfnFunction."""
    if isinstance(code, str):
        content = _Function.CodeProperty(zip_file=code)
    else:
        content = _Function.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key)
        properties["architectures"] = [ARCHITECTURE]
    function = _Function(
        scope,
        id,
        runtime=RUNTIME,
        code=content,
        role=role.role_arn,
        kms_key_arn=key.arn,
        logging_config=_Function.LoggingConfigProperty(log_group=log_group.log_group_name, log_format="JSON"),
        environment=_Function.EnvironmentProperty(variables=environment),
        **properties,
    )
    function.node.add_dependency(role)
    return function


def let_events_invoke(scope: Construct, function_arn: str, rule_arn: str) -> None:
    lambda_.CfnPermission(
        scope,
        "FromEvents",
        action="lambda:InvokeFunction",
        function_name=function_arn,
        principal="events.amazonaws.com",
        source_arn=rule_arn,
    )
