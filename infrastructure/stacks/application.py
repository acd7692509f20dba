"""What a release replaces: load balancer, services, manager, models of workspace tasks. Nothing in it is worth keeping."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infrastructure.elements.backend import Backend
from infrastructure.elements.buckets import make_log_bucket
from infrastructure.elements.certificates import make_certificate
from infrastructure.elements.cluster import Cluster
from infrastructure.elements.dns import make_alias
from infrastructure.elements.fargate_service import Place
from infrastructure.elements.function import FunctionPlace
from infrastructure.elements.home_keepers import HomeKeepers, let_tell_keepers
from infrastructure.elements.keys import StackKey
from infrastructure.elements.load_balancer import LoadBalancer
from infrastructure.elements.log_groups import make_log_group
from infrastructure.elements.manager_function import ManagerFunction, Surroundings
from infrastructure.elements.manager_triggers import ManagerTriggers
from infrastructure.elements.parameters import Parameters
from infrastructure.elements.password_rotation import PasswordRotation
from infrastructure.elements.portal import Portal
from infrastructure.elements.security_groups import Group
from infrastructure.elements.workspace_tasks import WorkspaceImage, WorkspaceTasks
from infrastructure.names import Names
from infrastructure.settings import Settings
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack
from infrastructure.stacks.network import NetworkStack


class ApplicationStack(PlatformStack):
    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        names: Names,
        network: NetworkStack,
        data: DataStack,
        manager_code: Path,
    ) -> None:
        super().__init__(scope, "application", settings=settings, names=names)
        self._network, self._data = network, data
        self.key = StackKey(self, "Encryption", names=names, purpose="application")
        self.key.let_logs_use_it()
        self.cluster = Cluster(self, "Cluster", names=names, key=self.key)
        self.tasks = self._workspace_tasks()
        self.manager = self._manager(manager_code)
        self.keepers = self._keepers(manager_code)
        let_tell_keepers(self.manager.role, self.keepers)
        ManagerTriggers(
            self, "Triggers", names=names, settings=settings, manager=self.manager, cluster_arn=self.cluster.arn
        )
        self.balancer = self._balancer()
        self.backend, self.portal = self._backend(), self._portal()
        self._password_rotation()
        self._parameters()

    def _place(self, group: Group) -> Place:
        return Place(self.cluster.name, self._network.network.private_subnet_ids, self._network.groups.id_of(group))

    @property
    def _function_place(self) -> FunctionPlace:
        """In the backend's group, which the document lets in to workspaces and EFS."""
        return FunctionPlace(self._network.network.private_subnet_ids, self._network.groups.id_of(Group.BACKEND))

    def _workspace_tasks(self) -> WorkspaceTasks:
        group = self.workspace_logs = make_log_group(self, "WorkspaceLogs", self.names.logs("workspaces"), self.key)
        repositories = self._data.repositories
        return WorkspaceTasks(
            self,
            "WorkspaceTasks",
            names=self.names,
            settings=self.settings.workspaces,
            images=[
                WorkspaceImage(
                    kind,
                    repositories.uri(f"workspace-{kind}", self.settings.release),
                    repositories.arn(f"workspace-{kind}"),
                )
                for kind in self.settings.workspaces.kinds
            ],
            log_group=group.log_group_name,
            log_group_arn=group.log_group_arn,
            key_arn=self.key.arn,
        )

    def _manager(self, code: Path) -> ManagerFunction:
        groups = self._network.groups
        return ManagerFunction(
            self,
            "Manager",
            names=self.names,
            settings=self.settings,
            data=self._data,
            code=code,
            key=self.key,
            log_group=make_log_group(self, "ManagerLogs", self.names.logs("manager"), self.key),
            around=Surroundings(
                cluster=self.cluster.name,
                cluster_arn=self.cluster.arn,
                place=self._function_place,
                workspace_group_id=groups.id_of(Group.WORKSPACE),
                workspace_log_group=self.workspace_logs.log_group_name,
                workspace_role_arn=self.tasks.execution_role.role_arn,
            ),
        )

    def _keepers(self, code: Path) -> HomeKeepers:
        return HomeKeepers(
            self,
            "Keepers",
            names=self.names,
            settings=self.settings,
            data=self._data,
            place=self._function_place,
            code=code,
            log_group=make_log_group(self, "KeeperLogs", self.names.logs("keepers"), self.key),
            key=self.key,
        )

    def _balancer(self) -> LoadBalancer:
        school = self.settings.school
        logs_bucket = make_log_bucket(self, "BalancerLogs")
        allowed = _let_balancer_write(logs_bucket, self.account)
        permission = lambda_.CfnPermission(
            self,
            "BalancerInvokesManager",
            action="lambda:InvokeFunction",
            function_name=self.manager.arn,
            principal="elasticloadbalancing.amazonaws.com",
            source_account=self.account,
        )
        balancer = LoadBalancer(
            self,
            "LoadBalancer",
            names=self.names,
            school=school,
            vpc_id=self._network.network.vpc_id,
            subnet_ids=self._network.network.public_subnet_ids,
            security_group_id=self._network.groups.id_of(Group.BALANCER),
            certificate_arn=make_certificate(self, "Certificate", school, with_origin=True).ref,
            logs_bucket=logs_bucket.bucket_name,
            manager_arn=self.manager.arn,
        )
        balancer.manager.add_resource_dependency(permission)
        balancer.balancer.node.add_dependency(allowed)
        make_alias(
            self,
            "Origin",
            zone_id=school.hosted_zone_id,
            name=school.origin_domain,
            to=balancer.balancer.attr_dns_name,
            to_zone_id=balancer.balancer.attr_canonical_hosted_zone_id,
            types=("A",),
        )
        return balancer

    def _backend(self) -> Backend:
        backend = Backend(
            self,
            "Backend",
            names=self.names,
            settings=self.settings,
            data=self._data,
            place=self._place(Group.BACKEND),
            target_group_arn=self.balancer.backend.ref,
            log_group=make_log_group(self, "BackendLogs", self.names.logs("backend"), self.key),
            manager_arn=self.manager.arn,
        )
        for rule in self.balancer.rules:  # ECS refuses a target group that no listener knows yet
            backend.service.service.add_resource_dependency(rule)
        return backend

    def _portal(self) -> Portal:
        portal = Portal(
            self,
            "Portal",
            names=self.names,
            settings=self.settings,
            data=self._data,
            place=self._place(Group.PORTAL),
            target_group_arn=self.balancer.portal.ref,
            log_group=make_log_group(self, "PortalLogs", self.names.logs("portal"), self.key),
        )
        for rule in self.balancer.rules:
            portal.service.service.add_resource_dependency(rule)
        return portal

    def _password_rotation(self) -> None:
        service = self.backend.service.name
        PasswordRotation(
            self,
            "PasswordRotation",
            secret_arn=self._data.database.secret_arn,
            cluster=self.cluster.name,
            service=service,
            service_arn=f"arn:{self.partition}:ecs:{self.region}:{self.account}:service/{self.cluster.name}/{service}",
            log_group=make_log_group(self, "RotationLogs", self.names.logs("password-rotation"), self.key),
            key=self.key,
        )

    def _parameters(self) -> None:
        network = self._network
        Parameters(
            self,
            "Parameters",
            names=self.names,
            values={
                "platform/release": self.settings.release,
                "platform/public-url": self.settings.school.url,
                "platform/cluster": self.cluster.name,
                "platform/table": self._data.workspaces.table.table_name,
                "platform/backend-task": self.backend.service.task_definition.ref,
                "platform/private-subnets": ",".join(network.network.private_subnet_ids),
                "platform/backend-security-group": network.groups.id_of(Group.BACKEND),
            },
        )


def _let_balancer_write(bucket: s3.Bucket, account: str) -> Construct:
    statement = iam.PolicyStatement(
        sid="LoadBalancerLogs",
        principals=[iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
        actions=["s3:PutObject"],
        resources=[bucket.arn_for_objects(f"balancer/AWSLogs/{account}/*")],
    )
    added = bucket.add_to_resource_policy(statement)
    assert isinstance(added.policy_dependable, Construct)  # noqa: S101
    return added.policy_dependable
