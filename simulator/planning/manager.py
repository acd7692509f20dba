"""The manager in a planning run: the real use cases, and a sweep paced like the product's."""

from __future__ import annotations

import time

from contract.errors import ApraNovaError
from contract.manager import CohortRequest, CreateRequest, ExpectRequest
from manager.domain.lifecycle.workspace import Workspace
from manager.use_cases import cohorts, lifetime
from manager.use_cases.expect import expect
from manager.use_cases.launch import launch
from manager.use_cases.reconcile_pass import reconcile_named, reconcile_pass
from manager.use_cases.stop import stop
from manager.use_cases.world import World
from simulator.planning.engine import PlannedEngine
from simulator.planning.settings import Scenario
from simulator.planning.store import CountingStore
from simulator.planning.timeline import Timeline
from simulator.ports import NumberedIds


class UnexpectedError(Exception):
    """The core logged an unexpected error and continued: the plan would be worthless."""


class StrictMetrics:
    def count(self, name: str, value: float = 1.0, **labels: str) -> None:  # noqa: ARG002 (only errors matter)
        if labels.get("result") == "error":
            raise UnexpectedError(f"{labels.get('action')} failed unexpectedly; see the log")

    def observe(self, name: str, value: float, **labels: str) -> None: ...


class SweepWork:
    """What the passes cost: records, and wall seconds (a processor clock is too slow to read)."""

    def __init__(self) -> None:
        self.passes = 0
        self.records_read = 0
        self.records_read_max = 0
        self.seconds = 0.0
        self.seconds_max = 0.0

    def add(self, records: int, seconds: float) -> None:
        self.passes += 1
        self.records_read += records
        self.records_read_max = max(self.records_read_max, records)
        self.seconds += seconds
        self.seconds_max = max(self.seconds_max, seconds)


class PlannedManager:
    def __init__(self, timeline: Timeline, scenario: Scenario, store: CountingStore, engine: PlannedEngine) -> None:
        self.work = SweepWork()
        self.requests = 0
        self._timeline, self._scenario, self._store = timeline, scenario, store
        self.world = World(
            store=store,
            runner=engine,
            homes=engine,
            agent=engine,
            clock=timeline,
            ids=NumberedIds(),
            metrics=StrictMetrics(),
            policy=scenario.policy,
            wake=self.wake,
        )
        self._next_at = float("inf")
        self._rested_at = timeline.time
        self._changed: list[str] = []
        """Tasks that an event of the engine named."""
        engine.ready = self._task_ready
        self._sleep_until(timeline.time)

    def create(self, request: CreateRequest) -> None:
        self.requests += 1
        lifetime.create(self.world, request)

    def put_cohort(self, request: CohortRequest) -> None:
        self.requests += 1
        cohorts.put(self.world, request)

    def expect(self, request: ExpectRequest) -> None:
        self.requests += 1
        expect(self.world, request)

    def launch(self, workspace_id: str) -> Workspace:
        """Raises ApraNovaError."""
        self.requests += 1
        return launch(self.world, workspace_id)

    def stop(self, workspace_id: str) -> None:
        self.requests += 1
        stop(self.world, workspace_id)

    def decisions(self) -> tuple[str, ...]:
        """Why the pool was as it was, newest first."""
        return self._store.find_outlook().decisions

    def wake(self) -> None:
        """Schedule a pass soon, but not one for each event of a rush."""
        at = max(self._timeline.time, self._rested_at)
        if at < self._next_at:
            self._sleep_until(at)

    def _task_ready(self, task_id: str) -> None:
        self._changed.append(task_id)
        self.wake()

    def _sleep_until(self, at: float) -> None:
        self._next_at = at
        self._timeline.at(at, self._sweep, at)

    def _sweep(self, asked_for: float) -> None:
        if asked_for != self._next_at:
            return  # an earlier pass took its place
        now = self._timeline.time
        self._rested_at = now + self._scenario.wake_pause_s
        self._next_at = self._rested_at  # what wakes it meanwhile is seen by the pass after this one
        read_before, began = self._store.records_read, time.perf_counter()
        changed, self._changed = self._changed, []
        try:
            if changed:
                reconcile_named(self.world, changed)
            plan = reconcile_pass(self.world)
            look_again_at = plan.look_again_at
        except ApraNovaError:
            look_again_at = now + self.world.policy.engine_retry_s
        self.work.add(self._store.records_read - read_before, time.perf_counter() - began)
        next_due_at = self._store.find_next_due_at()
        next_at = look_again_at if next_due_at is None else min(look_again_at, next_due_at)
        policy = self.world.policy
        self._sleep_until(now + min(policy.pass_interval_s, max(policy.transient_tick_s, next_at - now)))
