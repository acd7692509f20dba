"""The manager's settings on AWS: the function's environment, overridden by Parameter Store.

`/apranova/manager/idle-timeout-s` in Parameter Store is APRANOVA_IDLE_TIMEOUT_S. It is read again
every few minutes, so a school changes its limits without a deploy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contract.environment import Environment
from contract.names import WorkspaceKind, WorkspaceSize
from contract.network import read_network
from contract.sizes import FARGATE_MEMORY_MIB, SizeLimits, on_fargate
from manager.adapters.ecs.settings import EcsSettings
from manager.domain.policy import Policy
from manager.settings import read_policy

ARCHITECTURES = ("X86_64", "ARM64")
_QUEUE_URL = re.compile(r"^https?://\S+\.fifo$")

ON_AWS = Policy(
    sizes=on_fargate(SizeLimits(2_048, 1_024)),
    default_size=WorkspaceSize.MEDIUM,
    size_at_claim=False,  # Fargate fixes it at the start
    memory_max_mib=None,  # Fargate's quota is the limit
    unknown_hour_max=1,  # warm tasks cost money: without history, one cold start an hour is spared at most
    start_lead_s=60.0,
    warming_max=100,
    refill_delay_s=0.0,  # nobody shares a machine with the student
    launch_timeout_s=300.0,  # a pull of a large image, twice
    status_refresh_s=300.0,  # as often as the scheduled pass
    idle_warning_s=600.0,  # the pass that warns may come 300 s late
    transient_tick_s=2.0,
    engine_retry_s=5.0,
)
"""Tasks take a minute to start, warm ones cost money, and passes come every five minutes."""


@dataclass(frozen=True)
class AwsSettings:
    region: str
    table: str
    mover: str
    """The function that brings homes to tasks and back; on AWS with its alias."""
    backup_worker: str
    """The function that takes snapshots of homes and purges them."""
    snapshots_bucket: str
    """Empty: no snapshots of homes are taken."""
    ecs: EcsSettings
    policy: Policy
    public_url: str
    workspaces_domain: str
    identity_key: str
    """The backend's public key (raw Ed25519, base64url) for door passes and identity tokens."""
    wake_queue: str
    """URL of the queue through which a pass asks for the next one; empty: there is none."""
    metrics_namespace: str
    service: str
    ready_instances: Mapping[str, int]
    """Functions, each as `name:alias`, and how many instances are ready at most before a class."""


def variables_of(parameters: Mapping[str, str], path: str) -> dict[str, str]:
    """Parameter Store's names below `path` as names of environment variables."""
    names = {name: name.removeprefix(path).strip("/") for name in parameters}
    return {
        f"APRANOVA_{short.upper().replace('-', '_')}": parameters[name]
        for name, short in names.items()
        if re.fullmatch(r"[a-z0-9-]+", short)
    }


def read_aws_settings(variables: Mapping[str, str]) -> AwsSettings:
    """Raises BadSetting."""
    environment = Environment(variables)
    task = SizeLimits(
        environment.whole("APRANOVA_TASK_MEMORY_MIB", 2048, 512, 122_880),
        environment.whole("APRANOVA_TASK_CPU_UNITS", 1024, 256, 16_384),
    )
    _check_offered(environment, task, "APRANOVA_TASK_CPU_UNITS", "APRANOVA_TASK_MEMORY_MIB")
    policy = read_policy(environment, replace(ON_AWS, sizes=on_fargate(task)))
    for limits in policy.sizes.values():
        _check_offered(environment, limits, "APRANOVA_SIZES", "APRANOVA_SIZES")
    prefix = environment.text("APRANOVA_FAMILY_PREFIX", "apranova")
    wake_queue = environment.text("APRANOVA_WAKE_QUEUE", "")
    if wake_queue and not _QUEUE_URL.fullmatch(wake_queue):
        raise environment.refused("APRANOVA_WAKE_QUEUE", "the URL of a FIFO queue")
    return AwsSettings(
        region=environment.text("AWS_REGION"),
        table=environment.text("APRANOVA_TABLE"),
        mover=environment.text("APRANOVA_MOVER", f"{prefix}-mover"),
        backup_worker=environment.text("APRANOVA_BACKUP_WORKER", f"{prefix}-backup-worker"),
        snapshots_bucket=environment.text("APRANOVA_SNAPSHOTS_BUCKET", ""),
        ecs=_ecs(environment, policy, task, prefix),
        policy=policy,
        public_url=environment.web_origin("APRANOVA_PUBLIC_URL"),
        workspaces_domain=environment.text("APRANOVA_WORKSPACES_DOMAIN"),
        identity_key=environment.text("APRANOVA_IDENTITY_KEY", ""),
        wake_queue=wake_queue,
        metrics_namespace=environment.text("APRANOVA_METRICS_NAMESPACE", "ApraNova"),
        service=environment.text("APRANOVA_SERVICE", prefix),
        ready_instances=_ready_instances(environment),
    )


def _check_offered(environment: Environment, limits: SizeLimits, cpu: str, memory: str) -> None:
    """Otherwise each start would be refused, one by one. `cpu`, `memory`: the settings' names."""
    memories = FARGATE_MEMORY_MIB.get(limits.cpu_units)
    if memories is None:
        raise environment.refused(cpu, f"one of {', '.join(map(str, FARGATE_MEMORY_MIB))} CPU units")
    if limits.memory_mib not in memories:
        offered = ", ".join(map(str, memories))
        if isinstance(memories, range):
            offered = f"{memories[0]} to {memories[-1]} in steps of {memories.step}"
        raise environment.refused(memory, f"what Fargate offers with {limits.cpu_units} CPU units, {offered} MiB,")


def _ecs(environment: Environment, policy: Policy, task: SizeLimits, prefix: str) -> EcsSettings:
    return EcsSettings(
        region=environment.text("AWS_REGION"),
        cluster=environment.text("APRANOVA_CLUSTER"),
        subnets=tuple(environment.text("APRANOVA_SUBNETS").split(",")),
        security_group=environment.text("APRANOVA_WORKSPACE_SECURITY_GROUP"),
        execution_role_arn=environment.text("APRANOVA_EXECUTION_ROLE"),
        task_role_arn=environment.text("APRANOVA_TASK_ROLE"),
        file_system=environment.text("APRANOVA_FILE_SYSTEM"),
        images=_images(environment, policy),
        log_group=environment.text("APRANOVA_TASK_LOG_GROUP", ""),
        spot_percent=environment.whole("APRANOVA_SPOT_PERCENT", 0, 0, 100),
        cpu_units=task.cpu_units,
        memory_mib=task.memory_mib,
        architecture=environment.choice("APRANOVA_TASK_ARCHITECTURE", ARCHITECTURES, "X86_64"),
        family_prefix=prefix,
        of_the_school=_of_the_school(environment),
        slots_ahead=environment.whole("APRANOVA_SLOTS_AHEAD", 100, 1, 1_000),
    )


def _of_the_school(environment: Environment) -> dict[str, str]:
    """What the engine and the image tell a task on one machine."""
    variables = read_network(environment).for_tasks("")
    if client_id := environment.text("APRANOVA_GITHUB_CLIENT_ID", ""):
        variables["APRANOVA_GITHUB_CLIENT_ID"] = client_id
        variables["APRANOVA_GITHUB_URL"] = environment.url(
            "APRANOVA_GITHUB_URL", ("https", "http"), "https://github.com"
        ).rstrip("/")
    return variables


def _images(environment: Environment, policy: Policy) -> dict[WorkspaceKind, str]:
    name = "APRANOVA_WORKSPACE_IMAGES"
    images = _pairs(environment, name, "vscode=registry/image:tag")
    if not set(policy.kinds) <= set(images) <= set(WorkspaceKind):
        raise environment.refused(name, f"one image for each of {' '.join(policy.kinds)}")
    return {WorkspaceKind(kind): image for kind, image in images.items()}


def _ready_instances(environment: Environment) -> dict[str, int]:
    name, example = "APRANOVA_READY_INSTANCES", "workspace-manager:live=10"
    found = _pairs(environment, name, example)
    if any(":" not in function or not count.isdecimal() for function, count in found.items()):
        raise environment.refused(name, f"words like {example}")
    return {function: int(count) for function, count in found.items()}


def _pairs(environment: Environment, name: str, example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in environment.text(name, "").split():
        key, equals, value = word.partition("=")
        if not (key and equals and value):
            raise environment.refused(name, f"words like {example}")
        found[key] = value
    return found
