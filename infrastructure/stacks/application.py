"""What a release replaces: load balancer, services, manager, workspace tasks. It holds no data."""

from __future__ import annotations

from pathlib import Path

from constructs import Construct

from infrastructure.elements.backend import Backend
from infrastructure.elements.backup_worker import BackupWorker
from infrastructure.elements.cluster import make_cluster
from infrastructure.elements.homes import make_point_of_homes
from infrastructure.elements.load_balancer import LoadBalancer
from infrastructure.elements.manager_function import ManagerFunction
from infrastructure.elements.manager_triggers import ManagerTriggers
from infrastructure.elements.mover import Mover
from infrastructure.elements.parameters import make_parameters
from infrastructure.elements.password_rotation import restart_after_rotation
from infrastructure.elements.portal import make_portal
from infrastructure.elements.security_groups import Group
from infrastructure.elements.workspace_tasks import WorkspaceTasks
from infrastructure.settings import Settings
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack
from infrastructure.stacks.network import NetworkStack


class ApplicationStack(PlatformStack):
    def __init__(
        self, scope: Construct, settings: Settings, *, network: NetworkStack, data: DataStack, manager_code: Path
    ) -> None:
        super().__init__(scope, "application", settings=settings)
        cluster = make_cluster(self)
        self.mover = Mover(self, network=network, data=data)
        self.backup_worker = BackupWorker(self, network=network, data=data, code=manager_code)
        homes = make_point_of_homes(Construct(self, "HomesOfBackend"), "Homes", data.homes)
        manager = ManagerFunction(
            self,
            network=network,
            data=data,
            tasks=WorkspaceTasks(self, data, not_theirs=[self.mover.point, self.backup_worker.point, homes]),
            cluster=cluster.ref,
            cluster_arn=cluster.attr_arn,
            code=manager_code,
        )
        self.backup_worker.let_invoke(manager.role)
        self.mover.let_invoke(manager.role)
        ManagerTriggers(self, manager, cluster_arn=cluster.attr_arn)
        self.balancer = LoadBalancer(self, network, manager_arn=manager.live.ref)
        backend = Backend(
            self,
            network=network,
            data=data,
            cluster=cluster.ref,
            target_group_arn=self.balancer.backend.ref,
            manager=manager,
            homes=homes,
        ).service
        portal = make_portal(
            self, network=network, data=data, cluster=cluster.ref, target_group_arn=self.balancer.portal.ref
        )
        for service in (backend, portal):
            for rule in self.balancer.rules:  # ECS refuses a target group that no listener knows yet
                service.service.add_resource_dependency(rule)
        restart_after_rotation(self, secret_arn=data.database.secret_arn, cluster=cluster.ref, service=backend.name)
        make_parameters(
            self,
            {
                "release": settings.release,
                "public-url": settings.school.url,
                "cluster": cluster.ref,
                "table": data.table.table_name,
                "backend-task": backend.task_definition.ref,
                "private-subnets": ",".join(network.private_subnet_ids),
                "backend-security-group": network.groups.id_of(Group.BACKEND),
            },
        )
