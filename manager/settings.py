"""The manager's settings on one machine, and the policy that both compositions read."""

from __future__ import annotations

import os
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from contract.environment import Environment
from contract.names import WorkspaceSize
from contract.sizes import Sizes, read_sizes
from manager.domain.policy import Policy, PoolPolicy, PoolSchedule

ISOLATIONS = ("bubblewrap", "none")
POOL_SIZE_MAX = 100
_PLATFORM_MIB = 2_048
_OVERCOMMIT = 1.5
_POOL_WORD = re.compile(r"^(base|peak|off|weekend)=(\d+)$")


@dataclass(frozen=True)
class Settings:
    run_dir: Path
    store: Path
    homes_dir: Path
    port: int
    isolation: str
    workspaces_domain: str
    public_url: str
    identity_key: str
    """The backend's public key, for applications that ask who the user is."""
    policy: Policy
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str = "us-east-1"
    sandbox_uid: int | None = None
    snapshots_dir: Path | None = None
    """None: no snapshots of homes are taken."""
    snapshots_password: str = field(default="", repr=False)
    restic: Path | None = None
    """Where restic is, or will be installed; PATH is searched as well."""


def read_settings(variables: Mapping[str, str]) -> Settings:
    """Raises BadSetting."""
    environment = Environment(variables)
    return Settings(
        run_dir=environment.path("APRANOVA_RUN_DIR"),
        store=environment.path("APRANOVA_STORE"),
        homes_dir=environment.path("APRANOVA_HOMES_DIR"),
        port=environment.whole("APRANOVA_MANAGER_PORT", None, 0, 65_535),
        isolation=environment.choice("APRANOVA_ISOLATION", ISOLATIONS, "bubblewrap"),
        workspaces_domain=environment.text("APRANOVA_WORKSPACES_DOMAIN", "ws.localhost:8080"),
        public_url=environment.web_origin("APRANOVA_PUBLIC_URL", "http://localhost:8080"),
        identity_key=environment.text("APRANOVA_IDENTITY_KEY", ""),
        policy=replace(
            read_policy(environment, ON_ONE_MACHINE), starts_max=_STARTS_OF_A_CORE * len(os.sched_getaffinity(0))
        ),
        access_key_id=environment.text("AWS_ACCESS_KEY_ID"),
        secret_access_key=environment.text("AWS_SECRET_ACCESS_KEY"),
        region=environment.text("AWS_REGION", "us-east-1"),
        sandbox_uid=read_sandbox_uid(environment),
        **_snapshots(environment),
    )


def read_sandbox_uid(environment: Environment) -> int | None:
    name = "APRANOVA_SANDBOX_UID"
    return environment.whole(name, None, 1, 2**31) if name in environment else None


def _snapshots(environment: Environment) -> dict[str, Any]:
    if "APRANOVA_SNAPSHOTS_DIR" not in environment:
        return {}
    restic = "APRANOVA_RESTIC"
    return {
        "snapshots_dir": environment.path("APRANOVA_SNAPSHOTS_DIR"),
        "snapshots_password": environment.text("APRANOVA_SNAPSHOTS_PASSWORD"),
        "restic": environment.path(restic) if restic in environment else None,
    }


# On one machine a warm task costs memory, not money, so one launch a day is worth a warm task.
# Only one manager runs here, and it knows its own launches: another one is of a manager that died.
ON_ONE_MACHINE = Policy(cold_start_worth_s=86_400.0, spare_memory_part=0.5, takeover_s=0.5)
_STARTS_OF_A_CORE = 2
"""A start takes a core for most of a second, and waits in between."""


def read_policy(environment: Environment, default: Policy) -> Policy:
    """`default`, with what the environment sets. Raises BadSetting."""
    year_s = 31_536_000.0
    worth_h = default.cold_start_worth_s / 3600.0
    number = environment.number
    sizes = read_sizes(environment, "APRANOVA_SIZES", default.sizes)
    return replace(
        default,
        idle_timeout_s=number("APRANOVA_IDLE_TIMEOUT_S", default.idle_timeout_s, 1, year_s),
        idle_warning_s=number("APRANOVA_IDLE_WARNING_S", default.idle_warning_s, 0, year_s),
        session_max_s=number("APRANOVA_SESSION_MAX_S", default.session_max_s, 1, year_s),
        keep_running_max_s=number("APRANOVA_KEEP_RUNNING_MAX_S", default.keep_running_max_s, 0, year_s),
        busy_max_s=number("APRANOVA_BUSY_MAX_S", default.busy_max_s, 0, year_s),
        pass_interval_s=number("APRANOVA_SWEEP_INTERVAL_S", default.pass_interval_s, 0.1, 3_600),
        delete_grace_s=number("APRANOVA_DELETE_GRACE_S", default.delete_grace_s, 0, year_s),
        home_bytes_max=int(1e9 * number("APRANOVA_HOME_LIMIT_GB", default.home_bytes_max / 1e9, 0.01, 1_000_000)),
        home_files_max=environment.whole("APRANOVA_HOME_FILES_MAX", default.home_files_max, 1_000, 1_000_000_000),
        home_grace_s=number("APRANOVA_HOME_GRACE_S", default.home_grace_s, 1, year_s),
        disk_reserve_bytes=int(
            1e9 * number("APRANOVA_DISK_RESERVE_GB", default.disk_reserve_bytes / 1e9, 0, 1_000_000)
        ),
        history_every_s=number("APRANOVA_HISTORY_EVERY_S", default.history_every_s, 1, 86_400),
        sizes=sizes,
        default_size=environment.choice("APRANOVA_DEFAULT_SIZE", WorkspaceSize, default.default_size),
        memory_max_mib=None if default.memory_max_mib is None else _memory_max_mib(environment, sizes),
        kinds=environment.kinds("APRANOVA_KINDS"),
        schedule=_schedule(environment),
        pool_policy=environment.choice("APRANOVA_POOL_POLICY", PoolPolicy, PoolPolicy.PREDICTED),
        cold_start_worth_s=3600.0 * number("APRANOVA_COLD_START_WORTH_H", worth_h, 0.01, 1_000),
        start_lead_s=number("APRANOVA_START_LEAD_S", default.start_lead_s, 0.1, 600),
        spare_memory_part=number("APRANOVA_POOL_SPARE_PART", default.spare_memory_part, 0, 1),
        warming_max=environment.whole("APRANOVA_WARMING_MAX", default.warming_max, 1, 1_000),
    )


def _memory_max_mib(environment: Environment, sizes: Sizes) -> int:
    """On one machine, half as much again as there is beyond the platform's own: a session uses
    about two thirds of its size, and hardly two are full in the same minute. At least the largest
    size, whose launches would be refused for ever."""
    name, largest_mib = "APRANOVA_MEMORY_GB", max(limits.memory_mib for limits in sizes.values())
    machine_mib = (os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) >> 20
    usual = max(largest_mib, int(_OVERCOMMIT * (machine_mib - _PLATFORM_MIB)))
    most = int(1024 * environment.number(name, usual / 1024, 0, 100_000))
    if most < largest_mib:
        largest = f"the {largest_mib / 1024:g} GB of the largest of APRANOVA_SIZES, or more,"
        raise environment.refused(name, largest)
    return most


def _schedule(environment: Environment) -> PoolSchedule:
    sizes = {"base": 3, "peak": 5, "off": 1, "weekend": 2}
    for word in environment.text("APRANOVA_POOL", "").split():
        match = _POOL_WORD.fullmatch(word)
        if match is None or int(match[2]) > POOL_SIZE_MAX:
            expected = f"words like base=3 peak=5 off=1 weekend=2 (each 0 to {POOL_SIZE_MAX})"
            raise environment.refused("APRANOVA_POOL", expected)
        sizes[match[1]] = int(match[2])
    name = environment.text("APRANOVA_TIME_ZONE", _machine_time_zone())
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise environment.refused("APRANOVA_TIME_ZONE", "a name like Europe/Vienna") from None
    return PoolSchedule(**sizes, time_zone=name)


def _machine_time_zone() -> str:
    """The zone's name behind /etc/localtime, or UTC."""
    target = os.path.realpath("/etc/localtime")
    _, found, name = target.partition("/zoneinfo/")
    try:
        return zoneinfo.ZoneInfo(name).key if found else "UTC"
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
