"""The portal's service: Next.js. It talks to browsers only, so its code has no role."""

from __future__ import annotations

from constructs import Construct

from infrastructure.elements.containers import make_container
from infrastructure.elements.execution_role import make_execution_role
from infrastructure.elements.fargate_service import FargateService, Route
from infrastructure.elements.security_groups import Group
from infrastructure.names import PORTAL_PORT
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack
from infrastructure.stacks.network import NetworkStack

CONTAINER = "portal"


def make_portal(
    stack: PlatformStack, *, network: NetworkStack, data: DataStack, cluster: str, target_group_arn: str
) -> FargateService:
    scope, school = Construct(stack, "Portal"), stack.settings.school
    log_group = stack.log_group("PortalLogs", stack.names.logs("portal"))
    container = make_container(
        CONTAINER,
        data.repositories.uri("portal", stack.settings.release),
        log_group=log_group,
        folders={"scratch": "/tmp"},  # noqa: S108
        port=PORTAL_PORT,
        init_process=True,
        environment={
            "HOSTNAME": "0.0.0.0",  # noqa: S104  the task's own interface; its security group limits who reaches it
            "PORT": str(PORTAL_PORT),
            # For the headers of its pages: no gateway stands between it and the load balancer.
            "APRANOVA_PUBLIC_URL": school.url,
            "APRANOVA_WORKSPACES_DOMAIN": school.workspaces_domain,
            "NODE_ENV": "production",
            "NEXT_TELEMETRY_DISABLED": "1",
        },
    )
    return FargateService(
        scope,
        name=stack.names.of("portal"),
        settings=stack.settings.portal,
        arch=stack.settings.workspaces.arch,
        network=network,
        group=Group.PORTAL,
        cluster=cluster,
        route=Route(CONTAINER, PORTAL_PORT, target_group_arn),
        containers=[container],
        volumes=["scratch"],
        execution_role=make_execution_role(
            scope, repository_arns=[data.repositories.arn("portal")], log_group=log_group
        ),
    )
