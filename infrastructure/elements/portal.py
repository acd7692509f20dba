"""The portal's service: Next.js. It speaks with nobody but browsers, so its code has no role."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.elements.execution_role import make_execution_role
from infrastructure.elements.fargate_service import FargateService, Place, Way, log_to
from infrastructure.names import PORTAL_PORT, Names
from infrastructure.settings import Settings
from infrastructure.stacks.data import DataStack

CONTAINER = "portal"

_Task = ecs.CfnTaskDefinition


class Portal(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        settings: Settings,
        data: DataStack,
        place: Place,
        target_group_arn: str,
        log_group: logs.LogGroup,
    ) -> None:
        super().__init__(scope, id)
        execution_role = make_execution_role(
            self,
            "Execution",
            repository_arns=[data.repositories.arn("portal")],
            log_group_arn=log_group.log_group_arn,
            key_arn=data.key.arn,
        )
        container = _Task.ContainerDefinitionProperty(
            name=CONTAINER,
            image=data.repositories.uri("portal", settings.release),
            essential=True,
            readonly_root_filesystem=True,
            port_mappings=[_Task.PortMappingProperty(container_port=PORTAL_PORT, protocol="tcp")],
            environment=[
                _Task.KeyValuePairProperty(name=name, value=value)
                for name, value in {
                    "HOSTNAME": "0.0.0.0",  # noqa: S104  the task's own interface; the security group says who reaches it
                    "PORT": str(PORTAL_PORT),
                    # For the headers of its pages: no gateway stands between it and the load balancer.
                    "APRANOVA_PUBLIC_URL": settings.school.url,
                    "APRANOVA_WORKSPACES_DOMAIN": settings.school.workspaces_domain,
                    "NODE_ENV": "production",
                    "NEXT_TELEMETRY_DISABLED": "1",
                }.items()
            ],
            linux_parameters=_Task.LinuxParametersProperty(
                init_process_enabled=True, capabilities=_Task.KernelCapabilitiesProperty(drop=["ALL"])
            ),
            mount_points=[_Task.MountPointProperty(source_volume="scratch", container_path="/tmp", read_only=False)],  # noqa: S108
            log_configuration=log_to(log_group.log_group_name, CONTAINER, Stack.of(self).region),
        )
        self.service = FargateService(
            self,
            "Service",
            name=names.of("portal"),
            settings=settings.portal,
            arch=settings.workspaces.arch,
            place=place,
            way=Way(CONTAINER, PORTAL_PORT, target_group_arn),
            containers=[container],
            volumes=["scratch"],
            execution_role=execution_role,
            task_role=None,
        )
