"""Models of workspace tasks. The manager registers a definition for each home, with its access point, after these.

There is no task role, so a student's code finds no AWS identity in a task.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ecs as ecs
from constructs import Construct

from contract.names import STUDENT_UID, WorkspaceKind
from infrastructure.elements.containers import MANY_FILES, make_container, make_task_definition
from infrastructure.elements.execution_role import make_execution_role
from infrastructure.names import AGENT_PORT, Names
from infrastructure.settings import Workspaces

CONTAINER = "workspace"
_SCRATCH = ("tmp", "run")


@dataclass(frozen=True)
class WorkspaceImage:
    kind: WorkspaceKind
    uri: str
    repository_arn: str


class WorkspaceTasks(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        settings: Workspaces,
        images: list[WorkspaceImage],
        log_group: str,
        log_group_arn: str,
        key_arn: str,
    ) -> None:
        super().__init__(scope, id)
        self.execution_role = make_execution_role(
            self,
            "Execution",
            repository_arns=[image.repository_arn for image in images],
            log_group_arn=log_group_arn,
            key_arn=key_arn,
        )
        self.models = {
            image.kind: self._model(image, names=names, settings=settings, log_group=log_group) for image in images
        }

    def _model(
        self, image: WorkspaceImage, *, names: Names, settings: Workspaces, log_group: str
    ) -> ecs.CfnTaskDefinition:
        container = make_container(
            self,
            CONTAINER,
            image.uri,
            log_group=log_group,
            log_stream=image.kind.value,
            folders={name: f"/{name}" for name in _SCRATCH},
            port=AGENT_PORT,
            open_files=MANY_FILES,
            user=str(STUDENT_UID),
            privileged=False,
            stop_timeout=120,
        )
        return make_task_definition(
            self,
            image.kind.capitalize(),
            family=names.task_family(image.kind),
            size=settings.size,
            arch=settings.arch,
            containers=[container],
            volumes=_SCRATCH,
            execution_role=self.execution_role,
        )
