"""Parameter Store: this installation's names and addresses, for programs and operators."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infrastructure.stacks.base import PlatformStack


def make_parameters(stack: PlatformStack, values: Mapping[str, str]) -> None:
    """The keys become parameters below /<installation>/platform."""
    scope = Construct(stack, "Parameters")
    for word, value in values.items():
        ssm.CfnParameter(
            scope,
            "".join(part.capitalize() for part in ("platform", *word.split("-"))),
            name=stack.names.path("platform", word),
            type="String",
            value=value,
        )
