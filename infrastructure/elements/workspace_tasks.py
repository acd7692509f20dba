"""Models of workspace tasks. From these the manager registers a definition for each home.

There is no task role, so a student's code finds no AWS identity in a task.
"""

from __future__ import annotations

from constructs import Construct

from contract.names import STUDENT_UID, WorkspaceKind
from infrastructure.elements.containers import MANY_FILES, make_container, make_task_definition
from infrastructure.elements.execution_role import make_execution_role
from infrastructure.names import AGENT_PORT
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack

CONTAINER = "workspace"
_SCRATCH = ("tmp", "run")


class WorkspaceTasks(Construct):
    def __init__(self, stack: PlatformStack, data: DataStack) -> None:
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
        )
