"""The manager's settings: read once from the environment, at the entry point; a bad value gives one clear line."""

from __future__ import annotations

import os
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from contract.names import WorkspaceKind, read_kinds
from manager.domain.policy import Policy, PoolPolicy
from manager.domain.pool import PoolSchedule

ISOLATIONS = ("bubblewrap", "none")
POOL_SIZE_MAX = 100
_POOL_WORD = re.compile(r"^(base|peak|off|weekend)=(\d+)$")


class BadSetting(ValueError):
    """The text says which variable is wrong, and what is expected."""


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
    """The gateway's public key, for applications that ask who is asking."""
    policy: Policy
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str = "us-east-1"
    sandbox_uid: int | None = None
    snapshots_dir: Path | None = None
    """None: no snapshots of homes are taken."""
    snapshots_password: str = field(default="", repr=False)
    restic: Path | None = None
    """Where restic is, or will be once it is installed; PATH is looked at as well."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    isolation = environment.get("APRANOVA_ISOLATION", "bubblewrap")
    if isolation not in ISOLATIONS:
        raise BadSetting(f"APRANOVA_ISOLATION: one of {', '.join(ISOLATIONS)} is expected, not {isolation!r}")
    sandbox_uid = environment.get("APRANOVA_SANDBOX_UID", "")
    return Settings(
        run_dir=Path(_needed(environment, "APRANOVA_RUN_DIR")),
        store=Path(_needed(environment, "APRANOVA_STORE")),
        homes_dir=Path(_needed(environment, "APRANOVA_HOMES_DIR")),
        port=int(_number(environment, "APRANOVA_MANAGER_PORT", None, 0, 65_535)),
        isolation=isolation,
        workspaces_domain=environment.get("APRANOVA_WORKSPACES_DOMAIN", "ws.localhost:8080"),
        public_url=environment.get("APRANOVA_PUBLIC_URL", "http://localhost:8080").rstrip("/"),
        identity_key=environment.get("APRANOVA_IDENTITY_KEY", ""),
        policy=read_policy(environment, ON_ONE_MACHINE),
        access_key_id=_needed(environment, "AWS_ACCESS_KEY_ID"),
        secret_access_key=_needed(environment, "AWS_SECRET_ACCESS_KEY"),
        region=environment.get("AWS_REGION", "us-east-1"),
        sandbox_uid=int(_number(environment, "APRANOVA_SANDBOX_UID", None, 1, 2**31)) if sandbox_uid else None,
        **_snapshots(environment),
    )


def _snapshots(environment: Mapping[str, str]) -> dict[str, Any]:
    folder = environment.get("APRANOVA_SNAPSHOTS_DIR", "")
    if not folder:
        return {}
    restic = environment.get("APRANOVA_RESTIC", "")
    return {
        "snapshots_dir": Path(folder),
        "snapshots_password": _needed(environment, "APRANOVA_SNAPSHOTS_PASSWORD"),
        "restic": Path(restic) if restic else None,
    }


# On one machine a warm task costs room, not money: one that is wanted once a day is worth keeping.
ON_ONE_MACHINE = Policy(cold_start_worth_s=86_400.0)


def read_policy(environment: Mapping[str, str], default: Policy) -> Policy:
    """What the environment says, and for the rest `default`. Raises BadSetting."""
    year_s = 31_536_000.0
    worth_h = default.cold_start_worth_s / 3600.0
    return replace(
        default,
        idle_timeout_s=_number(environment, "APRANOVA_IDLE_TIMEOUT_S", default.idle_timeout_s, 1, year_s),
        idle_warning_s=_number(environment, "APRANOVA_IDLE_WARNING_S", default.idle_warning_s, 0, year_s),
        session_max_s=_number(environment, "APRANOVA_SESSION_MAX_S", default.session_max_s, 1, year_s),
        keep_running_max_s=_number(environment, "APRANOVA_KEEP_RUNNING_MAX_S", default.keep_running_max_s, 0, year_s),
        busy_max_s=_number(environment, "APRANOVA_BUSY_MAX_S", default.busy_max_s, 0, year_s),
        sweep_interval_s=_number(environment, "APRANOVA_SWEEP_INTERVAL_S", default.sweep_interval_s, 0.1, 3_600),
        delete_grace_s=_number(environment, "APRANOVA_DELETE_GRACE_S", default.delete_grace_s, 0, year_s),
        tasks_max=_tasks_max(environment, default),
        kinds=_kinds(environment),
        schedule=_schedule(environment),
        pool_policy=_pool_policy(environment),
        cold_start_worth_s=3600.0 * _number(environment, "APRANOVA_COLD_START_WORTH_H", worth_h, 0.01, 1_000),
        start_lead_s=_number(environment, "APRANOVA_START_LEAD_S", default.start_lead_s, 0.1, 600),
        warming_max=int(_number(environment, "APRANOVA_WARMING_MAX", default.warming_max, 1, 1_000)),
    )


def _pool_policy(environment: Mapping[str, str]) -> PoolPolicy:
    word = environment.get("APRANOVA_POOL_POLICY", "") or PoolPolicy.PREDICTED
    try:
        return PoolPolicy(word)
    except ValueError:
        raise BadSetting(f"APRANOVA_POOL_POLICY: one of {', '.join(PoolPolicy)} is expected, not {word!r}") from None


def _tasks_max(environment: Mapping[str, str], default: Policy) -> int | None:
    if not environment.get("APRANOVA_TASKS_MAX", ""):
        return default.tasks_max
    return int(_number(environment, "APRANOVA_TASKS_MAX", None, 1, 1_000))


def _kinds(environment: Mapping[str, str]) -> tuple[WorkspaceKind, ...]:
    try:
        return read_kinds(environment.get("APRANOVA_KINDS", ""))
    except ValueError as error:
        raise BadSetting(f"APRANOVA_KINDS: {error}") from None


def _schedule(environment: Mapping[str, str]) -> PoolSchedule:
    sizes = {"base": 3, "peak": 5, "off": 1, "weekend": 2}
    for word in environment.get("APRANOVA_POOL", "").split():
        match = _POOL_WORD.fullmatch(word)
        if match is None or int(match[2]) > POOL_SIZE_MAX:
            raise BadSetting(
                f"APRANOVA_POOL: words like base=3 peak=5 off=1 weekend=2 (0 to {POOL_SIZE_MAX}) are expected, not {word!r}"
            )
        sizes[match[1]] = int(match[2])
    name = environment.get("APRANOVA_TIME_ZONE") or _machine_time_zone()
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSetting(f"APRANOVA_TIME_ZONE: a name like Europe/Vienna is expected, not {name!r}") from None
    return PoolSchedule(**sizes, time_zone=name)


def _machine_time_zone() -> str:
    """The zone's name behind /etc/localtime, or UTC."""
    target = os.path.realpath("/etc/localtime")
    _, found, name = target.partition("/zoneinfo/")
    try:
        return zoneinfo.ZoneInfo(name).key if found else "UTC"
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"


def _needed(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise BadSetting(f"{name}: is missing")
    return value


def _number(environment: Mapping[str, str], name: str, default: float | None, least: float, most: float) -> float:
    text = environment.get(name, "")
    if not text and default is not None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise BadSetting(f"{name}: a number from {least:g} to {most:g} is expected, not {text!r}")
    return value
