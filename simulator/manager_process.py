"""One manager: the real use cases over its ports, a paced sweep, a new process after each crash."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from contract.errors import ApraNovaError
from manager.domain.policy import Policy
from manager.ports.task_agent import AgentUnreachable
from manager.ports.workspace_store import VersionConflict
from manager.use_cases.reconcile_pass import reconcile_named, reconcile_pass
from manager.use_cases.world import Inline, World
from simulator.faults import Unreachable
from simulator.invariants import Violation
from simulator.outside import Outside
from simulator.ports import NumberedIds, Port, SkewedClock
from simulator.process import Process
from simulator.trace import words

EXPECTED = (ApraNovaError, AgentUnreachable, VersionConflict, Unreachable)
_PAUSE_MIN_S = 0.2
"""Between two passes, so that a burst of events becomes one pass."""
_RESTART_S = 6.0
_RETRY_S = 1.0


class StrictMetrics:
    """Counts nothing, but ends the run where the core reports an unexpected error and continues."""

    def count(self, name: str, value: float = 1.0, **labels: str) -> None:  # noqa: ARG002 (only one count matters here)
        if labels.get("result") == "error":
            error = sys.exc_info()[1]
            if error is not None and not isinstance(error, EXPECTED):
                raise Violation("error", f"{labels.get('action')} failed unexpectedly: {error!r}") from error

    def observe(self, name: str, value: float, **labels: str) -> None: ...


class SimulatedManager:
    def __init__(self, name: str, outside: Outside, *, policy: Policy, ids: NumberedIds, clock_offset_s: float) -> None:
        self.name = name
        self._loop, self._trace, self._faults = outside.loop, outside.trace, outside.faults
        self._policy, self._ids = policy, ids
        self._clock = SkewedClock(outside.loop, clock_offset_s)
        self._real = {
            "store": outside.store,
            "runner": outside.engine,
            "homes": outside.homes,
            "agent": outside.agents,
        }
        self.crashes = 0
        self.begin()

    def begin(self) -> None:
        """A process as it starts: it knows nothing but what is stored, and sweeps at once."""
        process = Process(self._loop, self.name, self._trace, died=self._died)
        ports: dict[str, Any] = {name: Port(process, name, real, self._faults) for name, real in self._real.items()}
        self.process = process
        self.world = World(
            store=ports["store"],
            runner=ports["runner"],
            homes=ports["homes"],
            agent=ports["agent"],
            clock=self._clock,
            ids=self._ids,
            metrics=StrictMetrics(),
            policy=self._policy,
            background=Inline() if self._faults.profile.inline else process,
            wake=lambda: self.wake(process),
        )
        self._sweeping = False
        self._again = False
        self._named: dict[str, None] = {}
        """Tasks that events have named since the last pass began."""
        self._next_at = float("inf")
        self._rested_at = self._loop.now
        self._poke(process)

    def wake(self, process: Process | None = None, *, task_id: str | None = None) -> None:
        """Send an event, which may be lost, late or doubled. Those of the engine name a task."""
        process = process or self.process
        if process.alive:
            for delay_s in self._faults.event_delays():
                self._loop.after(delay_s, lambda: self._poke(process, task_id))

    def ask(self, request: Callable[[World], None]) -> None:
        """A request of the backend. While the process is down, it is lost."""
        process, world = self.process, self.world
        process.spawn(lambda: request(world))

    def _poke(self, process: Process, task_id: str | None = None) -> None:
        if not process.alive:
            return
        if task_id is not None:
            self._named[task_id] = None
        if self._sweeping:
            self._again = True
            return
        rest_s = self._rested_at - self._loop.now
        if rest_s > 0.0:
            if self._next_at > self._rested_at:
                self._sleep(process, rest_s)
            return
        self._sweeping = True
        self._again = False
        self._next_at = float("inf")
        process.spawn(lambda: self._sweep(process))

    def _sweep(self, process: Process) -> None:
        """Paced as by manager/entrypoints/sweep_loop.py."""
        named, self._named = tuple(self._named), {}
        try:
            if named:
                reconcile_named(self.world, named)
            plan = reconcile_pass(self.world)
            if self._trace.on and plan.actions:
                self._trace.note(self.name, f"plans {', '.join(_action(action) for action in plan.actions)}")
            next_due_at = self.world.store.find_next_due_at()
            next_at = plan.look_again_at if next_due_at is None else min(plan.look_again_at, next_due_at)
            wait_s = next_at - self._clock.now()
        except (*EXPECTED,) as error:
            self._trace.note(self.name, f"a reconcile pass failed: {error}")
            wait_s = _RETRY_S
        self._sweeping = False
        self._rested_at = self._loop.now + _PAUSE_MIN_S
        if self._again:
            wait_s = _PAUSE_MIN_S
        else:
            wait_s = min(self._policy.pass_interval_s, max(self._policy.transient_tick_s, wait_s))
        self._sleep(process, wait_s)

    def _sleep(self, process: Process, wait_s: float) -> None:
        at = self._next_at = self._loop.now + wait_s
        self._loop.after(wait_s, lambda: self._next_at == at and self._poke(process))

    def _died(self) -> None:
        self.crashes += 1
        self._loop.after(_RESTART_S, self.begin)


def _action(action: object) -> str:
    about = next(
        (words(getattr(action, name)) for name in ("workspace", "task", "task_id") if getattr(action, name, None)), ""
    )
    return f"{type(action).__name__}({about})"
