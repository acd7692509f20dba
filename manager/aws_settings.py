"""The manager's settings on AWS: the function's environment, and over it what an operator wrote into Parameter Store.

`/apranova/manager/idle-timeout-s` in Parameter Store is APRANOVA_IDLE_TIMEOUT_S. It is read again every few minutes, so a school
changes its limits without a deploy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from contract.names import WorkspaceKind
from manager.adapters.ecs.settings import EcsSettings
from manager.domain.policy import Policy
from manager.settings import BadSetting, read_policy

ARCHITECTURES = ("X86_64", "ARM64")
_QUEUE_URL = re.compile(r"^https?://\S+\.fifo$")

ON_AWS = Policy(
    tasks_max=None,  # the quota of Fargate is the limit; the store is not asked how many there are
    spared_unknown_a_day=24.0,  # warm tasks cost money: where nothing is known, the schedule is cut to its worth
    start_lead_s=60.0,
    warming_max=100,
    refill_delay_s=0.0,  # nobody shares a machine with the student
    launch_timeout_s=300.0,  # a pull of a large image, twice
    status_refresh_s=300.0,  # as often as the sweep comes
    idle_warning_s=600.0,  # and the sweep that warns may come 300 s late
    transient_tick_s=2.0,
    engine_retry_s=5.0,
)
"""What differs from one machine: tasks start in a minute, cost money while they are warm, and passes come every five minutes."""


@dataclass(frozen=True)
class AwsSettings:
    region: str
    table: str
    purgers: Mapping[str, str]
    """File system → its backup worker: the function that takes snapshots of its homes, and purges them."""
    snapshots_bucket: str
    """Empty: no snapshots of homes are taken."""
    ecs: EcsSettings
    policy: Policy
    public_url: str
    workspaces_domain: str
    identity_key: str
    """The backend's public key (raw Ed25519, base64url): it signs passes for the door and statements for applications."""
    wake_queue: str
    """URL of the queue through which a pass asks for the next; empty: only schedule and events bring passes."""
    metrics_namespace: str
    service: str


def variables_of(parameters: Mapping[str, str], path: str) -> dict[str, str]:
    """Parameter Store's names below `path` as names of the environment."""
    names = {name: name.removeprefix(path).strip("/") for name in parameters}
    return {
        f"APRANOVA_{short.upper().replace('-', '_')}": parameters[name]
        for name, short in names.items()
        if re.fullmatch(r"[a-z0-9-]+", short)
    }


def read_aws_settings(environment: Mapping[str, str]) -> AwsSettings:
    """Raises BadSetting."""
    policy = read_policy(environment, ON_AWS)
    prefix = environment.get("APRANOVA_FAMILY_PREFIX", "apranova")
    wake_queue = environment.get("APRANOVA_WAKE_QUEUE", "")
    if wake_queue and not _QUEUE_URL.fullmatch(wake_queue):
        raise BadSetting(f"APRANOVA_WAKE_QUEUE: the URL of a FIFO queue is expected, not {wake_queue!r}")
    return AwsSettings(
        region=_needed(environment, "AWS_REGION"),
        table=_needed(environment, "APRANOVA_TABLE"),
        purgers=_purgers(environment, prefix),
        snapshots_bucket=environment.get("APRANOVA_SNAPSHOTS_BUCKET", ""),
        ecs=_ecs(environment, policy, prefix),
        policy=policy,
        public_url=_needed(environment, "APRANOVA_PUBLIC_URL").rstrip("/"),
        workspaces_domain=_needed(environment, "APRANOVA_WORKSPACES_DOMAIN"),
        identity_key=environment.get("APRANOVA_IDENTITY_KEY", ""),
        wake_queue=wake_queue,
        metrics_namespace=environment.get("APRANOVA_METRICS_NAMESPACE", "ApraNova"),
        service=environment.get("APRANOVA_SERVICE", prefix),
    )


def _ecs(environment: Mapping[str, str], policy: Policy, prefix: str) -> EcsSettings:
    architecture = environment.get("APRANOVA_TASK_ARCHITECTURE", "X86_64")
    if architecture not in ARCHITECTURES:
        raise BadSetting(
            f"APRANOVA_TASK_ARCHITECTURE: one of {', '.join(ARCHITECTURES)} is expected, not {architecture!r}"
        )
    return EcsSettings(
        region=_needed(environment, "AWS_REGION"),
        cluster=_needed(environment, "APRANOVA_CLUSTER"),
        subnets=tuple(_needed(environment, "APRANOVA_SUBNETS").split(",")),
        security_group=_needed(environment, "APRANOVA_WORKSPACE_SECURITY_GROUP"),
        execution_role_arn=_needed(environment, "APRANOVA_EXECUTION_ROLE"),
        images=_images(environment, policy),
        log_group=environment.get("APRANOVA_TASK_LOG_GROUP", ""),
        spot_percent=_whole(environment, "APRANOVA_SPOT_PERCENT", 0, 0, 100),
        cpu_units=_whole(environment, "APRANOVA_TASK_CPU_UNITS", 1024, 256, 16_384),
        memory_mib=_whole(environment, "APRANOVA_TASK_MEMORY_MIB", 2048, 512, 122_880),
        architecture=architecture,
        family_prefix=prefix,
    )


def _images(environment: Mapping[str, str], policy: Policy) -> dict[WorkspaceKind, str]:
    images = _pairs(environment, "APRANOVA_WORKSPACE_IMAGES", "vscode=registry/image:tag")
    unknown = sorted(set(images) - set(WorkspaceKind))
    without = [kind for kind in policy.kinds if kind not in images]
    if unknown or without:
        raise BadSetting(
            f"APRANOVA_WORKSPACE_IMAGES: one image for each of {' '.join(policy.kinds)} is expected, not {' '.join(images)!r}"
        )
    return {WorkspaceKind(kind): image for kind, image in images.items()}


def _purgers(environment: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Every file system; a purger that is not named in APRANOVA_PURGERS is called after its file system."""
    file_systems = _needed(environment, "APRANOVA_FILE_SYSTEMS").split()
    named = _pairs(environment, "APRANOVA_PURGERS", "fs-0123=function")
    strange = sorted(set(named) - set(file_systems))
    if strange:
        raise BadSetting(f"APRANOVA_PURGERS: {strange[0]} is none of APRANOVA_FILE_SYSTEMS")
    return {name: named.get(name, f"{prefix}-purger-{name}") for name in file_systems}


def _pairs(environment: Mapping[str, str], name: str, example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in environment.get(name, "").split():
        key, equals, value = word.partition("=")
        if not (key and equals and value):
            raise BadSetting(f"{name}: words like {example} are expected, not {word!r}")
        found[key] = value
    return found


def _needed(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise BadSetting(f"{name}: is missing")
    return value


def _whole(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environment.get(name, "") or str(default)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise BadSetting(f"{name}: a whole number from {least} to {most} is expected, not {text!r}")
    return int(text)
