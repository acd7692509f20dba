"""The backup worker as AWS calls it: a function that mounts `/homes`.

| sender | event | action |
|---|---|---|
| the manager, after a stop or for a restore | `{"workspace_id": …}` | check that workspace's home |
| the manager, for an instructor | `{"collect": home id, "folder": …}` | answer with a copy |
| the manager, for a purge | `{"home_id": …}` | remove what is marked `purging` |
| EventBridge Scheduler, each day | `{"action": "round"}` | homes that wait; verify snapshots |

Every event may come twice or late: the table says what to do. One event runs at a time (reserved
concurrency 1).
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from contract.collected_files import collect
from contract.wire import to_json
from manager.backup_settings import read_backup_settings
from manager.bootstrap_backup import BackupParts, build
from manager.ports.home_volumes import check_home_id
from manager.use_cases import backups

log = logging.getLogger("apranova.backup_worker")

_RESERVE_S = 45.0
"""Kept from the function's time, to end restic and record the result."""
_ROUND_RESERVE_S = 300.0
"""A round starts no further home with less time left than this; the next round continues."""

_VERIFIED_A_ROUND_MAX = 50


class Context(Protocol):
    """What Lambda passes with each event."""

    def get_remaining_time_in_millis(self) -> int: ...


class Function:
    """One for each process."""

    def __init__(self, parts: BackupParts) -> None:
        self._parts = parts

    def __call__(self, event: Any, context: Context) -> dict[str, Any]:
        def left_s() -> float:
            return context.get_remaining_time_in_millis() / 1000.0

        try:
            match event:
                case {"collect": str(home_id), "folder": str(folder)}:
                    home = self._parts.settings.homes_dir / check_home_id(home_id)
                    return {"copy": to_json(collect(home, folder)) if home.is_dir() else None}
            return {"done": self._do(event, left_s)}
        finally:
            self._parts.metrics.flush()
            shutil.rmtree(self._parts.settings.scratch / "restic", ignore_errors=True)

    def _do(self, event: Any, left_s: Callable[[], float]) -> str:
        """An error fails the invocation: Lambda tries an asynchronous one twice more."""
        match event:
            case {"workspace_id": str(workspace_id)}:
                backups.check_home(self._parts.context(timeout_s=left_s() - _RESERVE_S), workspace_id)
                return "looked"
            case {"home_id": str(home_id)}:
                return "purged" if self._parts.purger.purge(home_id) else "nothing"
            case {"action": "round"}:
                work = self._parts.context(timeout_s=_ROUND_RESERVE_S - _RESERVE_S)
                backups.check_waiting_homes(work, lambda: left_s() > _ROUND_RESERVE_S)
                for workspace_id in backups.unverified_homes(work, most=_VERIFIED_A_ROUND_MAX):
                    if left_s() > _ROUND_RESERVE_S:
                        backups.verify_snapshots(work, workspace_id)
                return "round"
            case _:
                raise ValueError("an event with workspace_id, home_id or action=round is expected")


def from_environment(environment: Mapping[str, str]) -> Function:
    logging.getLogger().setLevel(logging.INFO)  # Lambda's own handler writes JSON
    logging.getLogger("botocore").setLevel(logging.WARNING)
    return Function(build(read_backup_settings(environment)))


_made: list[Function] = []


def handle(event: Any, context: Context) -> dict[str, Any]:
    """Created with the first event: nothing happens at import."""
    if not _made:
        _made.append(from_environment(os.environ))
    return _made[0](event, context)
