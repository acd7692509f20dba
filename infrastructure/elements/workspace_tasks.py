"""The models of workspace tasks: what the manager's own definitions, one for each home with its access point, must not fall behind.

There is no task role: what a student's code finds in a task is no AWS identity at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from contract.names import STUDENT_UID, WorkspaceKind
from infrastructure.elements.execution_role import make_execution_role
from infrastructure.elements.fargate_service import ARCHITECTURES, log_to
from infrastructure.names import AGENT_PORT, Names
from infrastructure.settings import Workspaces

CONTAINER = "workspace"
_SCRATCH = ("tmp", "run")

_Task = ecs.CfnTaskDefinition


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
        container = _Task.ContainerDefinitionProperty(
            name=CONTAINER,
            image=image.uri,
            essential=True,
            user=str(STUDENT_UID),
            privileged=False,
            readonly_root_filesystem=True,
            stop_timeout=120,
            port_mappings=[_Task.PortMappingProperty(container_port=AGENT_PORT, protocol="tcp")],
            linux_parameters=_Task.LinuxParametersProperty(capabilities=_Task.KernelCapabilitiesProperty(drop=["ALL"])),
            ulimits=[_Task.UlimitProperty(name="nofile", soft_limit=65_536, hard_limit=65_536)],
            mount_points=[
                _Task.MountPointProperty(source_volume=name, container_path=f"/{name}", read_only=False)
                for name in _SCRATCH
            ],
            log_configuration=log_to(log_group, image.kind.value, Stack.of(self).region),
        )
        return _Task(
            self,
            image.kind.capitalize(),
            family=names.task_family(image.kind),
            cpu=str(settings.size.cpu),
            memory=str(settings.size.memory_mb),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform=_Task.RuntimePlatformProperty(
                cpu_architecture=ARCHITECTURES[settings.arch], operating_system_family="LINUX"
            ),
            execution_role_arn=self.execution_role.role_arn,
            container_definitions=[container],
            volumes=[_Task.VolumeProperty(name=name) for name in _SCRATCH],
        )
