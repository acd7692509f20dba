"""Limits that only the inside of a task can set."""

from __future__ import annotations

import resource
from pathlib import Path

_EVERY_UID = "4294967295"


def set_limits(processes_max: int) -> None:
    """No core dumps; at most `processes_max` processes.

    The kernel counts processes for each uid and user namespace: set outside, all
    tasks of the uid would share the limit, and without a namespace of our own it would count all
    that the user runs, so none is set there.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not _in_first_user_namespace():
        hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
        limit = processes_max if hard == resource.RLIM_INFINITY else min(processes_max, hard)
        resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))


def prefer_to_lose(pid: int, *, score: int = 300) -> None:
    """When memory runs out, the application ends before the agent, which says what happened."""
    try:
        Path(f"/proc/{pid}/oom_score_adj").write_text(str(score))
    except OSError:
        return  # not essential, and not possible everywhere


def _in_first_user_namespace() -> bool:
    return Path("/proc/self/uid_map").read_text().split()[2] == _EVERY_UID
