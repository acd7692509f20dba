"""An ECS service on Fargate: private, updated without a gap, rolled back automatically, scaled by the document's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.elements.containers import make_task_definition
from infrastructure.elements.service_scaling import ServiceScaling
from infrastructure.settings import Arch, Service


@dataclass(frozen=True)
class Place:
    """Where a service runs."""

    cluster: str
    subnet_ids: Sequence[str]
    security_group_id: str


@dataclass(frozen=True)
class Route:
    """From the load balancer to the port of one container."""

    container: str
    port: int
    target_group_arn: str


class FargateService(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: Service,
        arch: Arch,
        place: Place,
        route: Route,
        containers: Sequence[ecs.CfnTaskDefinition.ContainerDefinitionProperty],
        volumes: Sequence[str],
        execution_role: iam.IRole,
        task_role: iam.IRole | None,
    ) -> None:
        """`volumes`: names of empty folders that the containers of a task share."""
        super().__init__(scope, id)
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
        )
        self.service = self._service(place, route)
        scaling = ServiceScaling(self, "Scaling", cluster=place.cluster, service=name, settings=settings)
        scaling.node.add_dependency(self.service)

    def _service(self, place: Place, route: Route) -> ecs.CfnService:
        return ecs.CfnService(
            self,
            "Service",
            service_name=self.name,
            cluster=place.cluster,
            task_definition=self.task_definition.ref,
            # No desired count, because a deploy must not undo scaling. The scaling's minimum starts the first tasks.
            launch_type="FARGATE",
            platform_version="LATEST",
            deployment_configuration=ecs.CfnService.DeploymentConfigurationProperty(
                minimum_healthy_percent=100,
                maximum_percent=200,
                deployment_circuit_breaker=ecs.CfnService.DeploymentCircuitBreakerProperty(enable=True, rollback=True),
            ),
            health_check_grace_period_seconds=120,
            availability_zone_rebalancing="ENABLED",
            enable_execute_command=False,
            propagate_tags="SERVICE",
            load_balancers=[
                ecs.CfnService.LoadBalancerProperty(
                    container_name=route.container, container_port=route.port, target_group_arn=route.target_group_arn
                )
            ],
            network_configuration=ecs.CfnService.NetworkConfigurationProperty(
                awsvpc_configuration=ecs.CfnService.AwsVpcConfigurationProperty(
                    assign_public_ip="DISABLED",
                    subnets=list(place.subnet_ids),
                    security_groups=[place.security_group_id],
                )
            ),
        )
