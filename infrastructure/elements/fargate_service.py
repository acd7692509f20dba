"""An ECS service on Fargate: private, updated without a gap, scaled automatically."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.elements.containers import make_task_definition
from infrastructure.elements.security_groups import Group
from infrastructure.elements.service_scaling import ServiceScaling
from infrastructure.settings import Arch, Service
from infrastructure.stacks.network import NetworkStack

_Service = ecs.CfnService


@dataclass(frozen=True)
class Route:
    """From the load balancer to the port of one container."""

    container: str
    port: int
    target_group_arn: str

    def as_property(self) -> ecs.CfnService.LoadBalancerProperty:
        return _Service.LoadBalancerProperty(
            container_name=self.container, container_port=self.port, target_group_arn=self.target_group_arn
        )


class FargateService(Construct):
    def __init__(
        self,
        scope: Construct,
        *,
        name: str,
        settings: Service,
        arch: Arch,
        network: NetworkStack,
        group: Group,
        cluster: str,
        route: Route,
        containers: Sequence[ecs.CfnTaskDefinition.ContainerDefinitionProperty],
        volumes: Sequence[str],
        execution_role: iam.IRole,
        task_role: iam.IRole | None = None,
        mounts: Mapping[str, efs.CfnAccessPoint] | None = None,
    ) -> None:
        """`volumes` and `mounts`: as of a task definition."""
        super().__init__(scope, "Service")
        self.name = name
        self.task_definition = make_task_definition(
            self,
            "Task",
            family=name,
            size=settings.size,
            arch=arch,
            containers=containers,
            volumes=volumes,
            execution_role=execution_role,
            task_role=task_role,
            mounts=mounts,
        )
        place = _Service.AwsVpcConfigurationProperty(
            assign_public_ip="DISABLED",
            subnets=network.private_subnet_ids,
            security_groups=[network.groups.id_of(group)],
        )
        self.service = _Service(
            self,
            "Service",
            service_name=name,
            cluster=cluster,
            task_definition=self.task_definition.ref,
            # No desired count: a deploy must not undo scaling. Its minimum starts the first.
            launch_type="FARGATE",
            platform_version="LATEST",
            deployment_configuration=_Service.DeploymentConfigurationProperty(
                minimum_healthy_percent=100,
                maximum_percent=200,
                deployment_circuit_breaker=_Service.DeploymentCircuitBreakerProperty(enable=True, rollback=True),
            ),
            health_check_grace_period_seconds=120,
            availability_zone_rebalancing="ENABLED",
            enable_execute_command=False,
            propagate_tags="SERVICE",
            load_balancers=[route.as_property()],
            network_configuration=_Service.NetworkConfigurationProperty(awsvpc_configuration=place),
        )
        ServiceScaling(self, cluster=cluster, service=name, settings=settings).node.add_dependency(self.service)
