"""The portal's service: Next.js. It talks to browsers only, so its code has no role."""

from __future__ import annotations

from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.elements.containers import make_container
from infrastructure.elements.execution_role import make_execution_role
from infrastructure.elements.fargate_service import FargateService, Place, Route
from infrastructure.names import PORTAL_PORT, Names
from infrastructure.settings import Settings
from infrastructure.stacks.data import DataStack

CONTAINER = "portal"


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
        container = make_container(
            self,
            CONTAINER,
            data.repositories.uri("portal", settings.release),
            log_group=log_group.log_group_name,
            folders={"scratch": "/tmp"},  # noqa: S108
            port=PORTAL_PORT,
            init_process=True,
            environment={
                "HOSTNAME": "0.0.0.0",  # noqa: S104  the task's own interface; the security group limits who reaches it
                "PORT": str(PORTAL_PORT),
                # For the headers of its pages, because no gateway stands between it and the load balancer.
                "APRANOVA_PUBLIC_URL": settings.school.url,
                "APRANOVA_WORKSPACES_DOMAIN": settings.school.workspaces_domain,
                "NODE_ENV": "production",
                "NEXT_TELEMETRY_DISABLED": "1",
            },
        )
        self.service = FargateService(
            self,
            "Service",
            name=names.of("portal"),
            settings=settings.portal,
            arch=settings.workspaces.arch,
            place=place,
            route=Route(CONTAINER, PORTAL_PORT, target_group_arn),
            containers=[container],
            volumes=["scratch"],
            execution_role=execution_role,
            task_role=None,
        )
