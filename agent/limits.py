"""Limits that only the inside of a task can set."""

from __future__ import annotations

import ctypes
import resource
from pathlib import Path

_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36
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


def keep_memory_to_ourselves() -> None:
    """Student code runs with our uid: it may not trace us or read our memory, which holds tokens.

    A child that starts another program is not affected.
    """
    _prctl(_PR_SET_DUMPABLE, 0)


def adopt_orphans() -> None:
    """What a student's shell leaves behind is still below us where we are not process 1."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")


def prefer_to_lose(pid: int, *, score: int = 300) -> None:
    """When memory runs out, the application ends before the agent, which says what happened."""
    try:
        Path(f"/proc/{pid}/oom_score_adj").write_text(str(score))
    except OSError:
        return  # not essential, and not possible everywhere


def _in_first_user_namespace() -> bool:
    return Path("/proc/self/uid_map").read_text().split()[2] == _EVERY_UID
