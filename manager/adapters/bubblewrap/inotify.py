"""How many inotify instances and watches one sandbox may have.

All sandboxes run under one uid, and the kernel counts for each uid: without a limit in each
sandbox's user namespace, one student takes them all, and everybody else's `fs.watch` fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_MACHINE = Path("/proc/sys/fs/inotify")
_SHARE = 8
"""So many sandboxes together may use up what the machine has; one never does."""
_WANTED = {"instances": 64, "watches": 65_536}
_LEAST = {"instances": 16, "watches": 1_024}


def machine_limits(directory: Path = _MACHINE) -> dict[str, int]:
    """What the machine allows one user. Empty: it does not say."""
    try:
        return {what: int((directory / f"max_user_{what}").read_text()) for what in _WANTED}
    except (OSError, ValueError):
        return {}


def sandbox_limits(machine: Mapping[str, int]) -> dict[str, int]:
    """Setting below /proc/sys/user → its value in each sandbox."""
    return {
        f"max_inotify_{what}": min(wanted, max(_LEAST[what], machine.get(what, 0) // _SHARE))
        for what, wanted in _WANTED.items()
    }


def words(limits: Mapping[str, int]) -> str:
    instances, watches = limits["max_inotify_instances"], limits["max_inotify_watches"]
    return f"{instances} instances and {watches} watches for each workspace (user namespace)"
