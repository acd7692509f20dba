"""Models of workspace tasks. After these the manager registers a definition for each slot.

The task role lets a task mount slots, and nothing else. The agent keeps its credentials from the
student's programs.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_efs as efs
from constructs import Construct

from contract.names import STUDENT_UID, WorkspaceKind
from infrastructure.elements.containers import MANY_FILES, make_container, make_task_definition
from infrastructure.elements.execution_role import make_execution_role
from infrastructure.elements.roles import Conditions, allow, make_role
from infrastructure.names import AGENT_PORT
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack

CONTAINER = "workspace"
_SCRATCH = ("tmp", "run")


class WorkspaceTasks(Construct):
    def __init__(self, stack: PlatformStack, data: DataStack, *, not_theirs: Sequence[efs.CfnAccessPoint]) -> None:
        """`not_theirs`: access points that show more than a slot."""
        super().__init__(stack, "WorkspaceTasks")
        self.images = {
            kind: data.repositories.uri(f"workspace-{kind}", stack.settings.release)
            for kind in stack.settings.workspaces.kinds
        }
        self.log_group = stack.log_group("WorkspaceLogs", stack.names.logs("workspaces"))
        self.execution_role = make_execution_role(
            self,
            repository_arns=[data.repositories.arn(f"workspace-{kind}") for kind in self.images],
            log_group=self.log_group,
        )
        self.task_role = make_role(self, "Task", "ecs-tasks.amazonaws.com", "A workspace task mounts its slot")
        through: Conditions = {
            "ArnLike": {"elasticfilesystem:AccessPointArn": stack.arn_of("elasticfilesystem", "access-point/*")},
            "ArnNotEquals": {"elasticfilesystem:AccessPointArn": [point.attr_arn for point in not_theirs]},
        }
        use = ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")
        allow(self.task_role, "MountSlots", data.homes.arn, *use, conditions=through)
        for kind, image in self.images.items():
            self._model(stack, kind, image)

    def _model(self, stack: PlatformStack, kind: WorkspaceKind, image: str) -> None:
        container = make_container(
            CONTAINER,
            image,
            log_group=self.log_group,
            log_stream=kind.value,
            folders={name: f"/{name}" for name in _SCRATCH},
            port=AGENT_PORT,
            open_files=MANY_FILES,
            user=str(STUDENT_UID),
            privileged=False,
            stop_timeout=120,
        )
        make_task_definition(
            self,
            kind.capitalize(),
            family=stack.names.of(f"workspace-{kind}"),
            size=stack.settings.workspaces.size,
            arch=stack.settings.workspaces.arch,
            containers=[container],
            volumes=_SCRATCH,
            execution_role=self.execution_role,
            task_role=self.task_role,
        )
