"""The whole manager under duplicate calls, lost events, dying tasks, errors, crashes between any
two steps, and a second manager that acts in between: the six rules hold at every port call, and all
converges once the faults stop."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from contract.errors import ApraNovaError
from contract.names import TaskState, WorkspaceState
from manager.adapters.memory.clock import CountingIds, FakeClock
from manager.adapters.memory.runner import MemoryTaskRunner
from manager.adapters.memory.store import MemoryWorkspaceStore
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy
from manager.ports.workspace_store import WorkspaceStore
from manager.tests.faults import Crash, Faults, Faulty, crash, fail
from manager.tests.school import School, pool_of
from manager.use_cases import lifetime, stop
from manager.use_cases.launch import launch
from manager.use_cases.reconcile_pass import reconcile_pass
from manager.use_cases.world import InFlight, ProcessMemory, World

WORKSPACES = ("ws-aaaaaaaaaa", "ws-bbbbbbbbbb")
DELETE_GRACE_S = 3_000.0
UP = (WorkspaceState.STARTING, WorkspaceState.RUNNING, WorkspaceState.STOPPING)

CALLS: dict[str, Callable[[World, str], object]] = {
    "launch": launch,
    "stop": stop.stop,
    "restart": stop.restart,
    "keep running": lambda world, workspace_id: stop.keep_running(world, workspace_id, world.clock.now() + 900.0),
    "delete": lifetime.delete,
    "undelete": lifetime.undelete,
    "sweep": lambda world, _: reconcile_pass(world),
}

calls = st.sampled_from(
    ["launch", "launch", "launch", "sweep", "stop", "restart", "delete", "undelete", "keep running"]
)
workspaces = st.sampled_from(WORKSPACES)


@dataclass(frozen=True)
class Trouble:
    """What goes wrong during one call, at the how-manieth point around its port calls."""

    what: str
    at_point: int
    by: str
    workspace_id: str


troubles = st.builds(
    Trouble, st.sampled_from(["crash", "other", "other", "error"]), st.integers(1, 24), calls, workspaces
)


class ManagerMachine(RuleBasedStateMachine):
    @initialize(pool=st.integers(0, 3), ready_after_s=st.sampled_from([0.0, 2.0]))
    def begin(self, pool: int, ready_after_s: float) -> None:
        self.faults = Faults()
        self.school = School(
            runner=MemoryTaskRunner(FakeClock(), ready_after_s=ready_after_s),
            store=self.make_store(),
        )
        self.school.enrol(*WORKSPACES)
        self.claims: dict[str, set[str]] = {}
        self.homes_of: dict[str, str] = {}
        self._watch_claims()
        plain = self.school.world
        self.world = replace(
            plain,
            store=Faulty("store", plain.store, self.faults),
            runner=Faulty("runner", plain.runner, self.faults),
            homes=Faulty("homes", plain.homes, self.faults),
            agent=Faulty("agent", plain.agent, self.faults),
            policy=Policy(
                schedule=pool_of(pool),
                refill_delay_s=0.0,
                memory_max_mib=8 * 768,
                warm_memory_mib=768,
                delete_grace_s=DELETE_GRACE_S,
                idle_timeout_s=600.0,
            ),
        )
        self.other = replace(self.world, ids=CountingIds("other"), in_flight=InFlight(), memory=ProcessMemory())
        self.faults.after_each = self.check
        logging.disable(logging.CRITICAL)
        for _ in range(3):
            reconcile_pass(self.world)
            self.school.later(2.0)

    def make_store(self) -> WorkspaceStore:
        """Empty."""
        return MemoryWorkspaceStore()

    def all_records(self) -> tuple[tuple[Workspace, ...], tuple[Task, ...]]:
        return self.school.store.list_workspaces(limit=100), self.school.store.list_tasks(limit=1_000)

    def _watch_claims(self) -> None:
        agent, asked = self.school.agent, self.school.agent.claim

        def claim(control_address, agent_token, request):
            self.claims.setdefault(control_address, set()).add(request.workspace_id)
            return asked(control_address, agent_token, request)

        agent.claim = claim

    @rule(name=calls, workspace_id=workspaces, trouble=st.lists(troubles, max_size=2))
    def call(self, name: str, workspace_id: str, trouble: list[Trouble]) -> None:
        self._do(lambda: CALLS[name](self.world, workspace_id), trouble)

    @rule(trouble=st.lists(troubles, max_size=2), silent=st.sampled_from([None, None, None, "runner", "agent"]))
    def reconcile_pass(self, trouble: list[Trouble], silent: str | None) -> None:
        self.faults.silent = {silent} if silent else set()
        self._do(lambda: reconcile_pass(self.world), trouble)

    @rule(seconds=st.sampled_from([0.0, 2.0, 6.0]), workspace_id=workspaces)
    def launch_until_it_runs(self, seconds: float, workspace_id: str) -> None:
        self._do(lambda: launch(self.world, workspace_id))
        for _ in range(3):
            self._do(lambda: reconcile_pass(self.world))
            self.school.later(seconds)

    @rule(
        what=st.sampled_from(["time", "time", "a task dies", "a task fails", "saving fails", "saving works"]),
        seconds=st.sampled_from([2.0, 6.0, 40.0, 130.0, 700.0, 3_500.0]),
        index=st.integers(0, 20),
    )
    def something_happens(self, what: str, seconds: float, index: int) -> None:
        alive = [task for task in self.school.runner.tasks.values() if task.alive]
        match what:
            case "time":
                self.school.later(seconds)
            case "a task dies" if alive:
                self.school.runner.end(alive[index % len(alive)].spec.task_id, "killed")
            case "a task fails" if alive:
                alive[index % len(alive)].failure = "the application did not start"
            case "saving fails":
                self.school.agent.save_failure = "the disk is full"
            case _:
                self.school.agent.save_failure = ""

    def the_faults_stop_and_all_converges(self) -> None:
        self.faults.clear()
        self.school.agent.save_failure = ""
        for task in self.school.runner.tasks.values():
            task.failure = ""
        for _ in range(16):
            self._do(lambda: reconcile_pass(self.world))
            self.school.later(20.0)
        for _ in range(20):
            if not reconcile_pass(self.world).actions:
                break
        assert reconcile_pass(self.world).actions == (), "reconciling a converged world must be a no-op"
        self._check_converged()

    def teardown(self) -> None:
        try:
            if hasattr(self, "faults"):
                self.the_faults_stop_and_all_converges()
        finally:
            logging.disable(logging.NOTSET)

    def _do(self, work: Callable[[], object], troubles: Iterable[Trouble] = ()) -> None:
        for trouble in troubles:
            self.faults.plan(trouble.at_point, self._effect(trouble))
        try:
            work()
        except Crash:
            self.world = replace(self.world, in_flight=InFlight(), memory=ProcessMemory())
            self.other = replace(self.other, in_flight=InFlight(), memory=ProcessMemory())
        except (ApraNovaError, OSError):
            pass
        self.faults.clear()
        self.check()

    def _effect(self, trouble: Trouble) -> Callable[[str], None]:
        if trouble.what == "other":

            def interfere(_port: str) -> None:
                with contextlib.suppress(ApraNovaError):
                    CALLS[trouble.by](self.other, trouble.workspace_id)

            return interfere
        return crash if trouble.what == "crash" else fail

    def check(self) -> None:
        """At every port call of every manager."""
        engine = self.school.runner
        workspaces, all_tasks = self.all_records()
        records = {workspace.workspace_id: workspace for workspace in workspaces}
        tasks = {task.task_id: task for task in all_tasks}
        for address, served in self.claims.items():
            assert len(served) == 1, f"{address} was claimed for {served}"
        for workspace_id in WORKSPACES:
            assert len(engine.serving(workspace_id)) <= 1, f"{workspace_id} has two live tasks"
        attached = [task.home_id for task in engine.tasks.values() if task.alive and task.home_id is not None]
        assert len(attached) == len(set(attached)), "two live tasks have the same home"
        for workspace in records.values():
            mine = [task for task in tasks.values() if task.workspace_id == workspace.workspace_id and task.live]
            assert [task.task_id for task in mine] == ([workspace.task_id] if workspace.state in UP else [])
            if workspace.home_id is not None:
                known = self.homes_of.setdefault(workspace.workspace_id, workspace.home_id)
                assert known == workspace.home_id, "a workspace changed its home"
            if workspace.home_created_at is not None and not workspace.purging:
                assert self.school.homes.exists(workspace.home_id or ""), "a home was lost"
            if workspace.purging:
                assert workspace.deleted_at is not None
                assert self.school.clock.now() >= workspace.deleted_at + DELETE_GRACE_S, (
                    "purged within the grace period"
                )
            if workspace.state in (WorkspaceState.STOPPED, WorkspaceState.DELETED):
                assert not engine.serving(workspace.workspace_id), "stopped, but its task is alive"

    def _check_converged(self) -> None:
        engine = self.school.runner
        workspaces, tasks = self.all_records()
        live = {task.task_id: task for task in tasks if task.live}
        alive = {task_id for task_id, task in engine.tasks.items() if task.alive}
        assert alive == set(live), "an orphan, or a record without a task"
        assert all(task.state in (TaskState.READY, TaskState.CLAIMED) for task in live.values())
        for workspace in workspaces:
            assert workspace.state not in (WorkspaceState.STARTING, WorkspaceState.STOPPING)
        warm = sum(task.warm for task in live.values())
        claimed = len(live) - warm
        assert warm == min(self.world.policy.schedule.base, max(0, 8 - claimed))


ManagerMachine.TestCase.settings = settings(
    max_examples=int(os.environ.get("APRANOVA_MACHINE_EXAMPLES", "100")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    report_multiple_bugs=False,
)
TestManagerUnderFaults = ManagerMachine.TestCase
