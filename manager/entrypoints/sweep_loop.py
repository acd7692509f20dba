"""When to reconcile: when woken, soon while something moves, otherwise at the next deadline."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from manager.use_cases.reconcile_pass import reconcile_named, reconcile_pass
from manager.use_cases.world import World

log = logging.getLogger(__name__)

_PAUSE_MIN_S, _PAUSE_MAX_S = 0.02, 0.3
_PAUSE_FACTOR = 3.0
_STUCK_AFTER_S = 60.0


def pause_s(pass_took_s: float) -> float:
    """From the end of a pass to the next one, however often it is woken: a burst of wakes becomes
    one pass, and in a rush, where each claim wakes one, most of the time is the launches'."""
    return min(_PAUSE_MAX_S, max(_PAUSE_MIN_S, _PAUSE_FACTOR * pass_took_s))


class SweepLoop:
    """One thread. A failed pass is logged, and the next one comes all the same."""

    def __init__(self, world: World, wake: threading.Event) -> None:
        self._world = world
        self._wake = wake
        self._changed: frozenset[str] = frozenset()
        self._changed_lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)
        self._pass_began: float | None = None
        self._made_at = world.clock.now()
        self.last_sweep_at: float | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout=0.5)

    def notify(self, task_ids: Iterable[str]) -> None:
        """Something has happened to these tasks: a pass looks at them now."""
        with self._changed_lock:
            self._changed |= frozenset(task_ids)
        self._wake.set()

    def swept_at(self) -> float:
        """When the last pass ended; before the first one, when this process began."""
        return self._made_at if self.last_sweep_at is None else self.last_sweep_at

    def healthy(self) -> bool:
        """The thread is alive, and no pass hangs."""
        began = self._pass_began
        return self._thread.is_alive() and (began is None or time.monotonic() - began < _STUCK_AFTER_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._pass_began = began = time.monotonic()
            self._wake.clear()
            try:
                wait_s = self._pass()
            except Exception:
                log.exception("a reconcile pass failed")
                wait_s = self._world.policy.engine_retry_s
            self._pass_began, ended = None, time.monotonic()
            self._wake.wait(wait_s)
            self._stopping.wait(max(0.0, ended + pause_s(ended - began) - time.monotonic()))

    def _pass(self) -> float:
        """Seconds until the next pass. A record that stays due is looked at each tick."""
        world = self._world
        with self._changed_lock:
            changed, self._changed = self._changed, frozenset()
        try:
            if changed:
                reconcile_named(world, changed)
            plan = reconcile_pass(world)
        except BaseException:
            with self._changed_lock:
                self._changed |= changed  # for the next pass
            raise
        self.last_sweep_at = world.clock.now()
        next_due_at = world.store.find_next_due_at()
        next_at = plan.look_again_at if next_due_at is None else min(plan.look_again_at, next_due_at)
        return min(world.policy.pass_interval_s, max(world.policy.transient_tick_s, next_at - world.clock.now()))
