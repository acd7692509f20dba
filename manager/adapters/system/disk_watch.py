"""Watches the disk and the homes of running workspaces: two threads of the manager.

One looks at the room that is left each second. The other measures homes, those that change: a
running one again and again, the less often the longer it takes; a stopped one once.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from contract.manager import DiskView
from contract.names import WorkspaceState
from manager.domain.disk import GROWTH_WINDOW_S, HomeUse, is_nearly_full, to_stop
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.home_meter import HomeMeter, Measurement
from manager.use_cases.disk import Shown, note_use, show_use, stop_for_the_reserve
from manager.use_cases.words import disk_view
from manager.use_cases.world import World

log = logging.getLogger(__name__)

_LOOK_S = 1.0
_ROUND_S = 5.0
_AGAIN_MIN_S = 30.0
_AGAIN_TIMES = 20.0
"""A home is measured again after so many times what it took: at most a 20th of a processor."""
_EACH_S = 20.0
_HURRIED_EACH_S = 3.0
_HOMES_MAX = 100_000
_SAID_AGAIN_S = 600.0
_RELIEF_AGAIN_MIN_S = 5.0
_RELIEF_AGAIN_TIMES = 4.0
"""A disk may stay nearly full for days: all running homes are then measured a fifth of the time."""
_FALL_BYTES = 100_000_000
"""If so much more is gone, they are measured at once."""


@dataclass
class _Home:
    """What this process knows of one home."""

    workspace_id: str
    uses: deque[HomeUse] = field(default_factory=lambda: deque(maxlen=64))
    """Of the last two minutes, oldest first; at least the newest."""
    due_at: float = 0.0
    shown: Shown | None = None

    def keep(self, measurement: Measurement, now: float) -> None:
        self.uses.append(measurement.use)
        while len(self.uses) > 1 and self.uses[0].measured_at < now - GROWTH_WINDOW_S:
            self.uses.popleft()
        self.due_at = now + max(_AGAIN_MIN_S, _AGAIN_TIMES * measurement.took_s)


class DiskWatch:
    def __init__(self, meter: HomeMeter) -> None:
        self._meter = meter
        self._homes: dict[str, _Home] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._view: DiskView | None = None
        self._said_at = float("-inf")
        self._relief_again_at = float("-inf")
        self._free_at_relief = 0
        self._first_round = True

    def start(self, world: World) -> None:
        for name, work, every_s in (("disk", self.look, _LOOK_S), ("homes", self.measure_due, _ROUND_S)):
            threading.Thread(target=self._run, args=(work, world, every_s), name=f"watch-{name}", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def view(self) -> DiskView | None:
        """As it was at the last look, a second ago; None: there was none yet."""
        return self._view

    def look(self, world: World) -> None:
        """See how much room is left; below the reserve, stop what fills the disk."""
        spaces = self._meter.spaces()
        self._view = view = disk_view(spaces, world.policy)
        now = world.clock.now()
        if view.nearly_full and now - self._said_at >= _SAID_AGAIN_S:
            self._said_at = now
            log.warning("%s", view.text)
        falls = spaces[0].free_bytes < self._free_at_relief - _FALL_BYTES
        if is_nearly_full(spaces[0], world.policy) and (falls or now >= self._relief_again_at):
            self._free_at_relief = spaces[0].free_bytes
            self._relieve(world, now)
            self._relief_again_at = now + max(_RELIEF_AGAIN_MIN_S, _RELIEF_AGAIN_TIMES * (world.clock.now() - now))

    def _relieve(self, world: World, now: float) -> None:
        running = {workspace.home_id or "": workspace.workspace_id for workspace in _running(world)}
        before: dict[str, HomeUse] = {}
        after: dict[str, HomeUse] = {}
        for home_id, measurement in self._meter.measure(tuple(running), each_s=_HURRIED_EACH_S):
            with self._lock:
                home = self._homes.setdefault(home_id, _Home(running[home_id]))
                if home.uses:
                    before[home_id] = home.uses[0]
                home.keep(measurement, now)
            after[home_id] = measurement.use
        for home_id in to_stop(self._meter.spaces()[0], before, after, world.policy):
            if stop_for_the_reserve(world, running[home_id]):
                with self._lock:
                    self._homes[home_id].due_at = 0.0

    def measure_due(self, world: World) -> None:
        """Measure the homes whose turn it is, one after another, and record what they use."""
        now = world.clock.now()
        if self._first_round:
            self._remember_unmeasured(world)
        running = {workspace.home_id or "": workspace.workspace_id for workspace in _running(world)}
        with self._lock:
            for home_id, workspace_id in running.items():
                self._homes.setdefault(home_id, _Home(workspace_id))
            homes = dict(self._homes)
        at_rest = {home_id for home_id in homes.keys() - running.keys() if _is_at_rest(world, homes[home_id])}
        due = [home_id for home_id, home in homes.items() if home_id in at_rest or self._is_due(home_id, running, now)]
        for home_id, measurement in self._meter.measure(due, each_s=_EACH_S):
            with self._lock:
                homes[home_id].keep(measurement, world.clock.now())
            home = homes[home_id]
            note_use(world, home.workspace_id, measurement.use)
            home.shown = show_use(world, home.workspace_id, home.shown)
            if self._stopping.is_set():
                return
        with self._lock:
            for home_id in at_rest:  # it does not change until the next launch
                self._homes.pop(home_id, None)

    def _is_due(self, home_id: str, running: dict[str, str], now: float) -> bool:
        return home_id in running and self._homes[home_id].due_at <= now

    def _remember_unmeasured(self, world: World) -> None:
        """Homes that an earlier process did not measure after their last stop."""
        for workspace in world.store.list_workspaces(limit=_HOMES_MAX):
            measured_at = workspace.disk.use.measured_at if workspace.disk is not None else 0.0
            if workspace.home_id and workspace.home_created_at and (workspace.stopped_at or 0.0) > measured_at:
                self._homes[workspace.home_id] = _Home(workspace.workspace_id)
        self._first_round = False

    def _run(self, work: Callable[[World], None], world: World, every_s: float) -> None:
        while not self._stopping.wait(every_s):
            try:
                work(world)
            except Exception:  # whatever it is, the next look must come
                log.exception("watching the disk failed")


def _running(world: World) -> list[Workspace]:
    """A running workspace is due at least each minute: the index has them all."""
    soon = world.clock.now() + 2.0 * world.policy.status_refresh_s
    due = world.store.list_due_workspaces(soon, limit=_HOMES_MAX)
    return [workspace for workspace in due if workspace.state is WorkspaceState.RUNNING and workspace.home_id]


def _is_at_rest(world: World, home: _Home) -> bool:
    workspace = world.store.find_workspace(home.workspace_id)
    return workspace is None or workspace.state in (WorkspaceState.STOPPED, WorkspaceState.DELETED)
