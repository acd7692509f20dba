"""An ECS service on Fargate as ours all are: private, rolling without a gap, rolled back by itself, scaled as the document says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.elements.service_scaling import ServiceScaling
from infrastructure.settings import Arch, Service

ARCHITECTURES: dict[Arch, str] = {"x86": "X86_64", "arm": "ARM64"}
_Task = ecs.CfnTaskDefinition


@dataclass(frozen=True)
class Place:
    """Where a service runs."""

    cluster: str
    subnet_ids: Sequence[str]
    security_group_id: str


@dataclass(frozen=True)
class Way:
    """From the load balancer to one container's port."""

    container: str
    port: int
    target_group_arn: str


def log_to(group: str, stream: str, region: str) -> ecs.CfnTaskDefinition.LogConfigurationProperty:
    return _Task.LogConfigurationProperty(
        log_driver="awslogs",
        options={
            "awslogs-group": group,
            "awslogs-region": region,
            "awslogs-stream-prefix": stream,
            # A task must not wait for a log that does not take its lines.
            "mode": "non-blocking",
            "max-buffer-size": "4m",
        },
    )


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
        way: Way,
        containers: Sequence[ecs.CfnTaskDefinition.ContainerDefinitionProperty],
        volumes: Sequence[str],
        execution_role: iam.IRole,
        task_role: iam.IRole | None,
    ) -> None:
        """`volumes`: names of empty folders that the containers of a task share."""
        super().__init__(scope, id)
        self.name = name
        self.task_definition = _Task(
            self,
            "Task",
            family=name,
            cpu=str(settings.size.cpu),
            memory=str(settings.size.memory_mb),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform=_Task.RuntimePlatformProperty(
                cpu_architecture=ARCHITECTURES[arch], operating_system_family="LINUX"
            ),
            execution_role_arn=execution_role.role_arn,
            task_role_arn=task_role.role_arn if task_role else None,
            container_definitions=list(containers),
            volumes=[_Task.VolumeProperty(name=volume) for volume in volumes],
        )
        self.service = ecs.CfnService(
            self,
            "Service",
            service_name=name,
            cluster=place.cluster,
            task_definition=self.task_definition.ref,
            # No desired count: a deploy must not undo what the scaling did. The scaling's minimum brings the first tasks.
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
                    container_name=way.container, container_port=way.port, target_group_arn=way.target_group_arn
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
        scaling = ServiceScaling(self, "Scaling", cluster=place.cluster, service=name, settings=settings)
        scaling.node.add_dependency(self.service)
