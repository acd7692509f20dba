"""Bugs that the fault machine and the simulator found, each under its own name."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import pytest

from contract.agent import AgentStatus
from contract.errors import ApraNovaError, Reason
from contract.names import StopReason, TaskState, WorkspaceKind, WorkspaceState
from manager.adapters.memory.clock import FakeClock
from manager.adapters.memory.homes import MemoryHomeVolumes
from manager.adapters.memory.runner import MemoryTaskAgent, MemoryTaskRunner, RunnerWithoutRoom
from manager.adapters.memory.store import MemoryWorkspaceStore
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.home_volumes import HomeOwner
from manager.ports.task_runner import TaskSpec
from manager.ports.workspace_store import Record
from manager.tests.faults import Faults, Faulty
from manager.tests.school import ANNA, School, running
from manager.use_cases.launch import launch
from manager.use_cases.reconcile_pass import reconcile_pass
from manager.use_cases.stop import restart, stop
from manager.use_cases.world import InFlight


def test_a_restart_that_another_managers_stop_overtakes_between_two_reads_is_tried_again() -> None:
    """The workspace was read RUNNING, its task, read later, was STOPPING already: that is a
    conflict, not a bug."""
    school = running()
    faults = Faults()
    hindered = replace(school.world, store=Faulty("store", school.store, faults), in_flight=InFlight())
    faults.plan(2, lambda _port: stop(school.world, ANNA) and None)
    assert restart(hindered, ANNA).state is WorkspaceState.STOPPING
    school.settle()
    assert school.workspace().state is WorkspaceState.RUNNING


class RunnerThatDoesNotAnswerForOneKind(MemoryTaskRunner):
    silent_for: WorkspaceKind | None = None

    def image(self, kind: WorkspaceKind) -> str:
        if kind is self.silent_for:
            raise ApraNovaError(Reason.INTERNAL, "The engine does not answer")
        return super().image(kind)


def test_a_kind_whose_look_up_fails_once_keeps_its_share_of_the_pool() -> None:
    """It was taken for a kind that is not installed: the other kind got the whole pool, and lost it
    with the next pass."""
    runner = RunnerThatDoesNotAnswerForOneKind(FakeClock())
    runner.images[WorkspaceKind.SUPERSET] = "superset-1"
    school = School(pool=3, runner=runner)
    school.settle()
    assert sum(task.alive for task in runner.tasks.values()) == 3
    runner.silent_for = WorkspaceKind.SUPERSET
    assert reconcile_pass(school.world).actions == ()
    runner.silent_for = None
    assert reconcile_pass(school.world).actions == ()


def test_a_kind_that_is_not_installed_leaves_the_pool_to_the_others() -> None:
    school = School(pool=3)
    school.settle()
    kinds = [task.kind for task in school.store.list_tasks(limit=10)]
    assert kinds == [WorkspaceKind.VSCODE] * 3


def test_a_task_of_a_replaced_image_that_just_became_ready_is_retired_by_the_pass_that_sees_it() -> None:
    """It was marked ready and retired in one plan; the second write was refused, and with the next
    image there were three."""
    runner = MemoryTaskRunner(FakeClock(), ready_after_s=5.0)
    school = School(pool=1, runner=runner)
    school.reconcile_pass()
    (old,) = runner.tasks
    school.later(5.0)
    runner.images[WorkspaceKind.VSCODE] = "vscode-2"
    school.reconcile_pass()
    record = school.store.find_task(old)
    assert record is not None
    assert record.state is TaskState.STOPPING


class RunnerWhoseStopsTakeLong(RunnerWithoutRoom):
    """Refuses every start, and no stop is done while `stopping`."""

    stopping = True

    def __init__(self) -> None:
        super().__init__(FakeClock())
        self.starts = 0

    def start(self, spec: TaskSpec) -> None:
        self.starts += 1
        super().start(spec)

    def stop(self, task_id: str, *, grace_s: float) -> None:
        if self.stopping:
            raise ApraNovaError(Reason.INTERNAL, "The stop has not ended yet")
        super().stop(task_id, grace_s=grace_s)


def test_a_failed_start_holds_the_pool_up_while_its_stop_still_takes_its_seconds() -> None:
    """It counted only once its end was recorded: until then start after start was tried."""
    runner = RunnerWhoseStopsTakeLong()
    school = School(pool=1, runner=runner)
    school.reconcile_pass(4)
    assert [task.state for task in school.store.list_tasks(limit=10)] == [TaskState.STOPPING]
    assert runner.starts == 1
    runner.stopping = False
    school.settle()
    assert runner.starts == 1
    school.later(school.world.policy.back_off_base_s)
    school.reconcile_pass()
    assert runner.starts == 2


class StoreWhoseIndexesStandStill(MemoryWorkspaceStore):
    """What is due, and the pool, stay as they are from now on; a look-up by key tells what is."""

    due: tuple[Workspace, ...] | None = None
    due_tasks: tuple[Task, ...] = ()
    warm: tuple[Task, ...] = ()

    def stand_still(self) -> None:
        self.due_tasks = super().list_due_tasks(math.inf, limit=100)
        self.warm = super().list_warm_tasks(limit=100)
        self.due = super().list_due_workspaces(math.inf, limit=100)

    def list_due_workspaces(self, now: float, *, limit: int) -> tuple[Workspace, ...]:
        return super().list_due_workspaces(now, limit=limit) if self.due is None else self.due

    def list_due_tasks(self, now: float, *, limit: int) -> tuple[Task, ...]:
        return super().list_due_tasks(now, limit=limit) if self.due is None else self.due_tasks

    def list_warm_tasks(self, *, limit: int) -> tuple[Task, ...]:
        return super().list_warm_tasks(limit=limit) if self.due is None else self.warm


class RunnerThatRefusesOnce(MemoryTaskRunner):
    refused = False

    def start(self, spec: TaskSpec) -> None:
        if not self.refused:
            self.refused = True
            raise ApraNovaError(Reason.INTERNAL, "The engine does not answer")
        super().start(spec)


def test_a_launch_that_was_cut_short_goes_on_with_the_next_pass_though_no_event_tells_and_the_index_lags() -> None:
    """The pass saw nothing to do, and the next one came after the deadline: what this process
    recorded lately is read by key."""
    store = StoreWhoseIndexesStandStill()
    store.stand_still()
    school = School(runner=RunnerThatRefusesOnce(FakeClock()), store=store)
    school.enrol(ANNA)
    with pytest.raises(ApraNovaError):
        launch(school.world, ANNA)
    assert not school.runner.tasks
    school.settle(after_s=school.world.policy.takeover_s)
    assert school.workspace().state is WorkspaceState.RUNNING


class HomesThatRefuseOnce(MemoryHomeVolumes):
    refused = False

    def create(self, home_id: str, owner: HomeOwner | None = None) -> None:
        if not self.refused:
            self.refused = True
            raise ApraNovaError(Reason.INTERNAL, "The disk does not answer")
        super().create(home_id, owner)


def test_a_claim_that_was_cut_short_goes_on_with_the_next_pass_though_the_index_shows_the_task_as_it_was() -> None:
    """The pass took the task for one that nobody has, and the next one came after the deadline of
    the launch."""
    store = StoreWhoseIndexesStandStill()
    school = School(pool=1, store=store)
    school.world = replace(school.world, homes=HomesThatRefuseOnce())
    school.enrol(ANNA)
    school.settle()
    store.stand_still()
    with pytest.raises(ApraNovaError):
        launch(school.world, ANNA)
    plan = reconcile_pass(school.world)
    assert plan.look_again_at < school.clock.now() + school.world.policy.takeover_s
    school.settle(after_s=school.world.policy.takeover_s)
    assert school.workspace().state is WorkspaceState.RUNNING


class AgentAfterWhoseAnswerTheManagerIsHeldUp(MemoryTaskAgent):
    held_up_s = 0.0

    def status(self, control_address: str, agent_token: str) -> AgentStatus:
        answer = super().status(control_address, agent_token)
        self.runner.clock.advance(self.held_up_s)
        return answer


def anna_works_under(school: School, agent: MemoryTaskAgent) -> None:
    school.world = replace(school.world, agent=agent)
    school.enrol(ANNA)
    launch(school.world, ANNA)
    school.settle()
    school.task().last_activity_at = school.clock.now()


def test_a_pass_that_is_held_up_after_the_agent_answered_does_not_take_the_minute_for_idleness() -> None:
    """It judged by the time of its plan: a student who came back in that minute was stopped as
    idle."""
    school = School()
    agent = AgentAfterWhoseAnswerTheManagerIsHeldUp(school.runner)
    anna_works_under(school, agent)
    school.later(school.world.policy.idle_timeout_s - 30.0)
    agent.held_up_s = 60.0
    school.reconcile_pass()
    assert school.workspace().state is WorkspaceState.RUNNING
    agent.held_up_s = 0.0
    school.task().last_activity_at = school.clock.now() - 5.0
    school.settle(after_s=school.world.policy.idle_timeout_s - 10.0)
    assert school.workspace().state is WorkspaceState.RUNNING
    school.settle(after_s=10.0)
    assert school.workspace().state is WorkspaceState.STOPPED


class AgentWhoseStudentComesBackOnceItHasAnswered(MemoryTaskAgent):
    comes_back = False

    def status(self, control_address: str, agent_token: str) -> AgentStatus:
        answer = super().status(control_address, agent_token)
        if self.comes_back:
            for task in self.runner.tasks.values():
                task.last_activity_at = self.runner.clock.now()
        return answer


def test_a_student_who_comes_back_while_the_pass_waits_for_other_agents_is_not_stopped() -> None:
    """An agent that hangs held the pass up for seconds; a stop for being idle asks once more."""
    school = School()
    agent = AgentWhoseStudentComesBackOnceItHasAnswered(school.runner)
    anna_works_under(school, agent)
    school.later(school.world.policy.idle_timeout_s)
    agent.comes_back = True
    school.reconcile_pass()
    assert school.workspace().state is WorkspaceState.RUNNING
    assert school.workspace().stops_at == school.clock.now() + school.world.policy.idle_timeout_s
    agent.comes_back = False
    school.settle(after_s=school.world.policy.idle_timeout_s)
    assert school.workspace().state is WorkspaceState.STOPPED


class StoreWhoseStopIsUnderWayForLong(MemoryWorkspaceStore):
    """Meanwhile the student comes back."""

    school: School | None = None

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        stops = any(isinstance(record, Workspace) and record.state is WorkspaceState.STOPPING for record in records)
        if self.school is not None and stops:
            school, self.school = self.school, None
            school.later(97.0)
            school.task().last_activity_at = school.clock.now() - 11.0
        super().write(*records, delete=delete)


def anna_is_stopped_as_idle_while_she_comes_back() -> School:
    """Up to the pass that saves."""
    store = StoreWhoseStopIsUnderWayForLong()
    school = running(store=store)
    school.later(school.world.policy.idle_timeout_s)
    store.school = school
    school.reconcile_pass()
    assert school.workspace().state is WorkspaceState.STOPPING
    return school


def test_a_student_who_comes_back_while_the_stop_is_being_written_has_the_workspace_again_without_a_click() -> None:
    """No question before a stop helps when its write is held up after the answer: the save asks
    once more."""
    school = anna_is_stopped_as_idle_while_she_comes_back()
    first = school.task()
    school.reconcile_pass()
    assert school.workspace().launch_wanted_at is not None
    assert [step.name for step in school.workspace().steps][-3:] == ["came_back", "saved", "task_stopped"]
    school.settle()
    assert (first.saves, first.alive) == (1, False)
    assert school.workspace().state is WorkspaceState.RUNNING


def test_a_job_that_has_become_busy_when_the_work_is_saved_is_no_student_who_comes_back() -> None:
    school = anna_is_stopped_as_idle_while_she_comes_back()
    school.task().last_activity_at, school.task().busy = None, "vim -c :wq"
    school.settle()
    workspace = school.workspace()
    assert (workspace.state, workspace.stop_reason) == (WorkspaceState.STOPPED, StopReason.IDLE)


def test_who_says_stop_to_a_workspace_that_stops_as_idle_has_the_last_word() -> None:
    school = anna_is_stopped_as_idle_while_she_comes_back()
    stop(school.world, ANNA)
    school.settle()
    workspace = school.workspace()
    assert (workspace.state, workspace.stop_reason) == (WorkspaceState.STOPPED, StopReason.BY_PERSON)
