"""Takes checkpoints of homes that somebody works in, and once more after each stop: a thread that
looks who is due, and two that take them.

No launch and no stop waits for any of it. What a process did not get to, the next one finds due.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from contract.errors import ApraNovaError
from contract.history import Cause
from contract.names import WorkspaceState
from manager.domain.history import due
from manager.domain.lifecycle.workspace import Workspace
from manager.use_cases.world import World

log = logging.getLogger(__name__)

LOOK_S = 10.0
ALL_S = 60.0
"""Now and then all are looked at: some are launched and stopped between two looks."""
AT_ONCE = 2
_AGAIN_S = 600.0
"""After a failure: a home that cannot be read costs little."""
_HOMES_MAX = 100_000


class CheckpointThread:
    def __init__(self, world: World) -> None:
        self._world = world
        self._stopping = threading.Event()
        self._takers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="checkpoint")
        self._watched: set[str] = set()
        """Workspaces that ran lately: of which a stop must not be missed."""
        self._not_before: dict[str, float] = {}
        self._all_at = float("-inf")

    def start(self) -> None:
        if self._world.history.offered:
            threading.Thread(target=self._run, name="checkpoints", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        self._takers.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while not self._stopping.wait(min(LOOK_S, self._world.policy.history_every_s)):
            try:
                self.look()
            except Exception:  # whatever it is, the next look must come
                log.exception("taking checkpoints failed")

    def look(self) -> None:
        """Take those that are due now, and wait for them."""
        now = self._world.clock.now()
        wanted: list[tuple[Workspace, Cause]] = []
        for workspace in self._candidates(now):
            cause = due(workspace, self._world.history.looked_at(workspace.home_id or ""), now, self._world.policy)
            rests = workspace.state in (WorkspaceState.STOPPED, WorkspaceState.DELETED)
            if rests and cause is None:  # one that is stopping is due soon
                self._watched.discard(workspace.workspace_id)
            if cause is not None and self._not_before.get(workspace.workspace_id, 0.0) <= now:
                wanted.append((workspace, cause))
        list(self._takers.map(self._take, wanted))

    def _candidates(self, now: float) -> tuple[Workspace, ...]:
        """Those that run are due at least each minute, so the store's index has them. At first, and
        once a minute, all: an earlier process may have ended before it saw a stop."""
        store = self._world.store
        if now - self._all_at >= ALL_S:
            found = store.list_workspaces(limit=_HOMES_MAX)
            self._all_at = now
        else:
            soon = now + 2.0 * self._world.policy.status_refresh_s
            running = {it.workspace_id: it for it in store.list_due_workspaces(soon, limit=_HOMES_MAX)}
            others = [it for it in map(store.find_workspace, self._watched - running.keys()) if it is not None]
            found = (*running.values(), *others)
        candidates = tuple(it for it in found if it.home_id is not None and it.home_created_at is not None)
        self._watched = {it.workspace_id for it in candidates}
        return candidates

    def _take(self, wanted: tuple[Workspace, Cause]) -> None:
        workspace, cause = wanted
        if self._stopping.is_set():
            return
        world, begun = self._world, self._world.clock.now()
        try:
            taken = world.history.take(workspace.home_id or "", cause)
        except ApraNovaError as error:
            world.metrics.count("checkpoints_total", result="failed")
            log.warning("no checkpoint of %s: %s", workspace.workspace_id, error)
            self._not_before[workspace.workspace_id] = begun + _AGAIN_S
        else:
            world.metrics.count("checkpoints_total", result="unchanged" if taken is None else "taken")
            world.metrics.observe("checkpoint_seconds", world.clock.now() - begun)
            self._not_before.pop(workspace.workspace_id, None)
