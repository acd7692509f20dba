"""Parameter Store: what is not secret and may be read by programs and operators: names and addresses of this installation."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infrastructure.names import Names


class Parameters(Construct):
    def __init__(self, scope: Construct, id: str, *, names: Names, values: Mapping[str, str]) -> None:
        """Keys are paths below the installation's name, such as platform/cluster."""
        super().__init__(scope, id)
        for path, value in values.items():
            ssm.CfnParameter(
                self,
                "".join(word.capitalize() for word in path.replace("/", "-").split("-")),
                name=names.path(*path.split("/")),
                type="String",
                value=value,
            )
