"""Task definitions for Fargate: read-only roots, no capabilities, logs that never block a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.settings import Arch, TaskSize

ARCHITECTURES: dict[Arch, str] = {"x86": "X86_64", "arm": "ARM64"}
MANY_FILES = 65_536
"""Open files for programs that hold a connection for each student."""

_Task = ecs.CfnTaskDefinition


def make_container(
    name: str,
    image: str,
    *,
    log_group: logs.LogGroup,
    log_stream: str = "",
    folders: Mapping[str, str],
    reads: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
    open_files: int | None = None,
    init_process: bool | None = None,
    **properties: Any,
) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
    """`folders`: volume → its path; `reads`: the same for those in which it cannot write.
    `properties`: more properties of a container definition."""
    if environment is not None:
        properties["environment"] = [
            _Task.KeyValuePairProperty(name=key, value=value) for key, value in environment.items()
        ]
    if port is not None:
        properties["port_mappings"] = [_Task.PortMappingProperty(container_port=port, protocol="tcp")]
    if open_files is not None:
        limit = _Task.UlimitProperty(name="nofile", soft_limit=open_files, hard_limit=open_files)
        properties["ulimits"] = [limit]
    return _Task.ContainerDefinitionProperty(
        name=name,
        image=image,
        essential=True,
        readonly_root_filesystem=True,
        linux_parameters=_Task.LinuxParametersProperty(
            init_process_enabled=init_process, capabilities=_Task.KernelCapabilitiesProperty(drop=["ALL"])
        ),
        mount_points=[
            _Task.MountPointProperty(source_volume=volume, container_path=path, read_only=read_only)
            for some, read_only in ((folders, False), (reads or {}, True))
            for volume, path in some.items()
        ],
        log_configuration=_Task.LogConfigurationProperty(
            log_driver="awslogs",
            options={
                "awslogs-group": log_group.log_group_name,
                "awslogs-region": log_group.stack.region,
                "awslogs-stream-prefix": log_stream or name,
                # A task must not wait for a log that accepts no lines.
                "mode": "non-blocking",
                "max-buffer-size": "4m",
            },
        ),
        **properties,
    )


def make_task_definition(
    scope: Construct,
    id: str,
    *,
    family: str,
    size: TaskSize,
    arch: Arch,
    containers: Sequence[ecs.CfnTaskDefinition.ContainerDefinitionProperty],
    volumes: Sequence[str],
    execution_role: iam.IRole,
    task_role: iam.IRole | None = None,
    mounts: Mapping[str, efs.CfnAccessPoint] | None = None,
) -> ecs.CfnTaskDefinition:
    """`volumes`: names of empty folders that the containers of a task share. `mounts`: volume → an
    access point, mounted with the task's role."""
    return _Task(
        scope,
        id,
        family=family,
        cpu=str(size.cpu),
        memory=str(size.memory_mb),
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        runtime_platform=_Task.RuntimePlatformProperty(
            cpu_architecture=ARCHITECTURES[arch], operating_system_family="LINUX"
        ),
        execution_role_arn=execution_role.role_arn,
        task_role_arn=task_role.role_arn if task_role else None,
        container_definitions=list(containers),
        volumes=[
            *(_Task.VolumeProperty(name=volume) for volume in volumes),
            *(_mount(volume, point) for volume, point in (mounts or {}).items()),
        ],
    )


def _mount(volume: str, point: efs.CfnAccessPoint) -> ecs.CfnTaskDefinition.VolumeProperty:
    return _Task.VolumeProperty(
        name=volume,
        efs_volume_configuration=_Task.EFSVolumeConfigurationProperty(
            filesystem_id=point.file_system_id,
            transit_encryption="ENABLED",
            authorization_config=_Task.AuthorizationConfigProperty(access_point_id=point.ref, iam="ENABLED"),
        ),
    )
