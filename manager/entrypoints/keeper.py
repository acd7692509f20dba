"""A keeper as AWS calls it: one function for each EFS file system, which mounts `/homes` of it, one event at a time.

| who | event | what is done |
|---|---|---|
| the manager, after a stop or for a restore | `{"workspace_id": …}` | look at that workspace's home |
| the manager, for a purge | `{"home_id": …}` | remove files, snapshots and item of a home that is to be purged |
| EventBridge Scheduler, each day | `{"action": "round"}` | look at every home that waits |

Every event may come twice or late: the table says what is to be done. Two at once are not allowed (reserved concurrency 1).
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from manager.bootstrap_keeper import Keeper, build
from manager.keeper_settings import read_keeper_settings
from manager.use_cases import keeping

log = logging.getLogger("apranova.keeper")

_RESERVE_S = 45.0
"""Of the function's time: to end restic and to write down what came of it."""
_ROUND_RESERVE_S = 300.0
"""A round begins no home with less than this; the next round goes on."""


class Context(Protocol):
    """What Lambda hands over with each event."""

    def get_remaining_time_in_millis(self) -> int: ...


class Function:
    """One for each process."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def __call__(self, event: Any, context: Context) -> dict[str, str]:
        def left_s() -> float:
            return context.get_remaining_time_in_millis() / 1000.0

        try:
            return {"done": self._do(event, left_s)}
        finally:
            self._keeper.metrics.flush()
            shutil.rmtree(self._keeper.settings.scratch / "restic", ignore_errors=True)

    def _do(self, event: Any, left_s: Callable[[], float]) -> str:
        """An error ends the invocation as failed: Lambda tries an asynchronous one twice more."""
        match event:
            case {"workspace_id": str(workspace_id)}:
                keeping.look(self._keeper.keeping(timeout_s=left_s() - _RESERVE_S), workspace_id)
                return "looked"
            case {"home_id": str(home_id)}:
                return "purged" if self._keeper.purger.purge(home_id) else "nothing"
            case {"action": "round"}:
                kept = self._keeper.keeping(timeout_s=_ROUND_RESERVE_S - _RESERVE_S)
                keeping.make_round(kept, lambda: left_s() > _ROUND_RESERVE_S)
                return "round"
            case _:
                raise ValueError("an event with workspace_id, home_id or action=round is expected")


def from_environment(environment: Mapping[str, str]) -> Function:
    logging.getLogger().setLevel(logging.INFO)  # Lambda's own handler writes it as JSON
    logging.getLogger("botocore").setLevel(logging.WARNING)
    return Function(build(read_keeper_settings(environment)))


_made: list[Function] = []


def handle(event: Any, context: Context) -> dict[str, str]:
    """Made with the first event: nothing happens at import."""
    if not _made:
        _made.append(from_environment(os.environ))
    return _made[0](event, context)
