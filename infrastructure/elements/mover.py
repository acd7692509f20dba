"""The mover: a function that mounts the whole file system, and moves homes on it.

It has no way out but to the file system, no secret and no other right. mover/function.py is all of
it.
"""

from __future__ import annotations

from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infrastructure.elements.function import allow_invoke, make_function, publish
from infrastructure.elements.roles import allow_log, allow_mount, allow_vpc, make_role
from infrastructure.elements.security_groups import Group
from infrastructure.manager_package import SOURCE
from infrastructure.names import MOVER_HANDLER
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack
from infrastructure.stacks.network import NetworkStack

MOUNT = "/mnt/files"
"""Lambda mounts only below /mnt."""
MEMORY_MB = 256
TIMEOUT_S = 10
"""A move takes milliseconds. A call that is held up ends before the next use of a slot is old."""

_Point = efs.CfnAccessPoint


class Mover(Construct):
    def __init__(self, stack: PlatformStack, *, network: NetworkStack, data: DataStack) -> None:
        super().__init__(stack, "Mover")
        log_group = stack.log_group("MoverLogs", stack.names.logs("mover"))
        role = make_role(self, "Role", "lambda.amazonaws.com", "What the mover may do")
        allow_log(role, log_group)
        allow_vpc(role, stack.names.mover)
        self.point = _Point(
            self,
            "Files",
            file_system_id=data.homes.file_system.ref,
            posix_user=_Point.PosixUserProperty(uid="0", gid="0"),
            root_directory=_Point.RootDirectoryProperty(path="/"),
        )
        allow_mount(role, data.homes.arn, self.point)
        self.function = make_function(
            stack,
            self,
            "Function",
            code=assets.Asset(
                self, "Code", path=str(SOURCE / "mover"), exclude=["tests", "__pycache__", "__init__.py"]
            ),
            role=role,
            log_group=log_group,
            network=network,
            group=Group.MOVER,
            environment={"APRANOVA_FILES": MOUNT},
            function_name=stack.names.mover,
            description="Moves a home into a task's slot, and back",
            handler=MOVER_HANDLER,
            memory_size=MEMORY_MB,
            timeout=TIMEOUT_S,
            file_system_configs=[
                lambda_.CfnFunction.FileSystemConfigProperty(arn=self.point.attr_arn, local_mount_path=MOUNT)
            ],
        )
        self.live = publish(stack, self, self.function)

    def let_invoke(self, role: iam.Role) -> None:
        allow_invoke(role, "InvokeMover", self.function, self.live)
