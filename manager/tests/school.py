"""A whole manager over in-memory adapters, with the few verbs that tests speak in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contract.manager import CreateRequest
from contract.names import WorkspaceKind, WorkspaceState
from manager.adapters.memory.clock import CountingIds, FakeClock, MemoryMetrics
from manager.adapters.memory.homes import MemoryHomeVolumes
from manager.adapters.memory.runner import MemoryTaskAgent, MemoryTaskRunner, PretendedTask
from manager.adapters.memory.snapshots import ImmediateBackupWorker, MemorySnapshots
from manager.adapters.memory.store import MemoryWorkspaceStore
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, PoolSchedule
from manager.use_cases.backups import BackupContext
from manager.use_cases.launch import launch
from manager.use_cases.lifetime import create
from manager.use_cases.reconcile_pass import reconcile_pass
from manager.use_cases.world import InFlight, ProcessMemory, World

ANNA = "ws-aaaaaaaaaa"
BEN = "ws-bbbbbbbbbb"


def pool_of(size: int) -> PoolSchedule:
    return PoolSchedule(base=size, peak=size, off=size, weekend=size)


class School:
    def __init__(
        self, *, pool: int = 0, runner: MemoryTaskRunner | None = None, store: Any = None, **limits: Any
    ) -> None:
        self.clock = FakeClock()
        if runner is not None:
            runner.clock = self.clock
        self.runner = runner or MemoryTaskRunner(self.clock)
        self.agent = MemoryTaskAgent(self.runner)
        self.homes = MemoryHomeVolumes()
        self.metrics = MemoryMetrics()
        self.store = store or MemoryWorkspaceStore()
        self.snapshots = MemorySnapshots(self.homes, self.clock)
        self.backup_context = BackupContext(self.store, self.snapshots, self.clock, self.metrics)
        self.world = World(
            store=self.store,
            runner=self.runner,
            homes=self.homes,
            agent=self.agent,
            clock=self.clock,
            ids=CountingIds(),
            metrics=self.metrics,
            policy=Policy(schedule=pool_of(pool), refill_delay_s=0.0, **limits),
            backup_worker=ImmediateBackupWorker(self.backup_context),
        )

    def enrol(self, *workspace_ids: str) -> None:
        for workspace_id in workspace_ids:
            create(
                self.world,
                CreateRequest(workspace_id, f"owner of {workspace_id}", WorkspaceKind.VSCODE, "Anna", "a@x.org"),
            )

    def reconcile_pass(self, times: int = 1) -> None:
        for _ in range(times):
            reconcile_pass(self.world)

    def settle(self, *, after_s: float = 0.0) -> None:
        """Run passes until one finds nothing to do; a fleet that never settles is a bug."""
        self.later(after_s)
        for _ in range(50):
            if not reconcile_pass(self.world).actions:
                return
        raise AssertionError(f"the fleet does not settle: {reconcile_pass(self.world).actions}")

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def crash(self) -> None:
        """The manager's process dies and starts again: what was only in its memory is gone."""
        self.world = replace(self.world, in_flight=InFlight(), memory=ProcessMemory())

    def workspace(self, workspace_id: str = ANNA) -> Workspace:
        found = self.store.find_workspace(workspace_id)
        assert found is not None
        return found

    def task(self, workspace_id: str = ANNA) -> PretendedTask:
        task_id = self.workspace(workspace_id).task_id
        assert task_id is not None
        return self.runner.tasks[task_id]


def enrolled(**options: Any) -> School:
    """Anna has a workspace, and the pool is ready."""
    school = School(**options)
    school.enrol(ANNA)
    school.settle()
    return school


def running(**options: Any) -> School:
    """Anna's workspace runs."""
    school = School(**options)
    school.enrol(ANNA)
    launch(school.world, ANNA)
    school.settle()
    assert school.workspace().state is WorkspaceState.RUNNING
    return school
