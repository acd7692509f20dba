"""What the pool remembers: failures in records, until a success, and its own latest starts in the
process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contract.errors import ApraNovaError, Reason
from contract.names import LaunchPath, TaskState, WorkspaceState
from manager.adapters.memory.clock import FakeClock
from manager.adapters.memory.runner import MemoryTaskRunner, RunnerWithoutRoom
from manager.adapters.memory.store import MemoryWorkspaceStore
from manager.domain.lifecycle.task import Task
from manager.ports.task_runner import TaskSpec
from manager.ports.workspace_store import Record
from manager.tests.school import ANNA, School, running
from manager.use_cases.launch import launch
from manager.use_cases.reconcile_pass import reconcile_pass


def failing_school() -> tuple[School, RunnerWithoutRoom]:
    """Its pool of one has failed some times, and waits now."""
    runner = RunnerWithoutRoom(FakeClock())
    school = School(pool=1, runner=runner)
    for failures in (1, 2, 3):
        school.settle()
        assert len(school.store.list_warm_tasks(limit=10)) == failures
        if failures < 3:
            school.later(wait_s(school))
    return school, runner


def wait_s(school: School) -> float:
    failures = len(school.store.list_warm_tasks(limit=10))
    return school.world.policy.back_off_base_s * 2.0 ** (failures - 1)


def test_the_back_off_survives_a_restart_of_the_manager() -> None:
    school, runner = failing_school()
    runner.full = False
    school.crash()
    school.settle()
    assert not runner.tasks
    school.settle(after_s=wait_s(school))
    assert len(runner.tasks) == 1


def test_a_success_ends_the_back_off_also_when_its_task_is_claimed_before_any_pass_sees_it_ready() -> None:
    school, runner = failing_school()
    runner.full = False
    school.enrol(ANNA)
    assert launch(school.world, ANNA).launch_path is LaunchPath.COLD  # bound from the first: it is never READY
    school.reconcile_pass()
    assert school.workspace().state is WorkspaceState.RUNNING
    assert not [task for task in school.store.list_warm_tasks(limit=10) if task.failed_start]
    school.crash()
    school.reconcile_pass()
    assert sum(task.warm for task in school.store.list_tasks(limit=10)) == 1


def test_a_success_forgets_the_failures_before_it() -> None:
    school, runner = failing_school()
    runner.full = False
    school.settle(after_s=100.0)
    (task,) = school.store.list_tasks(limit=10)
    assert task.state is TaskState.READY


def test_failures_that_no_success_follows_are_forgotten_in_their_time() -> None:
    school, _ = failing_school()
    before = {task.task_id for task in school.store.list_tasks(limit=10)}
    school.settle(after_s=school.world.policy.task_memory_s - 60.0)
    assert before <= {task.task_id for task in school.store.list_tasks(limit=10)}
    school.settle(after_s=60.0)
    assert not before & {task.task_id for task in school.store.list_tasks(limit=10)}


def test_where_sessions_fill_the_memory_the_pool_starts_nothing() -> None:
    school = running(pool=2, memory_max_mib=4 * 768)
    assert sum(task.warm for task in school.store.list_tasks(limit=10)) == 2
    school = running(pool=2, memory_max_mib=768)
    assert sum(task.warm for task in school.store.list_tasks(limit=10)) == 0


class StoreWhosePoolLags(MemoryWorkspaceStore):
    """Its index of the pool shows nothing new while it `lags`, as DynamoDB may."""

    lags = False
    shown: tuple[Task, ...] = ()

    def list_warm_tasks(self, *, limit: int) -> tuple[Task, ...]:
        if not self.lags:
            self.shown = super().list_warm_tasks(limit=limit)
        return self.shown


def test_an_index_that_lags_does_not_make_the_pool_start_the_same_task_twice() -> None:
    store = StoreWhosePoolLags()
    school = School(pool=1, store=store)
    store.lags = True
    school.settle()  # it is read by key while it starts, and when it is ready
    assert [task.state for task in store.list_tasks(limit=10)] == [TaskState.READY]
    school.settle()
    assert len(school.runner.tasks) == 1
    store.lags = False
    school.settle()
    assert len(school.runner.tasks) == 1


class StoreThatTakesAMinuteToWrite(StoreWhosePoolLags):
    clock: FakeClock

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        if any(isinstance(record, Task) and record.version == 0 for record in records):
            self.clock.advance(60.0)
        super().write(*records, delete=delete)


def test_a_start_is_remembered_from_its_write_on_however_long_that_took() -> None:
    store = StoreThatTakesAMinuteToWrite()
    school = School(pool=1, store=store)
    store.clock = school.clock
    store.lags = True
    school.reconcile_pass()
    school.reconcile_pass()
    assert len(school.runner.tasks) == 1


def test_a_launch_that_is_shown_a_task_which_is_taken_already_starts_another() -> None:
    store = StoreWhosePoolLags()
    school = School(pool=1, store=store)
    school.enrol(ANNA, "ws-bbbbbbbbbb")
    school.settle()
    store.list_warm_tasks(limit=10)
    store.lags = True
    first = launch(school.world, ANNA)
    second = launch(school.world, "ws-bbbbbbbbbb")
    assert (first.launch_path, second.launch_path) == (LaunchPath.WARM, LaunchPath.COLD)
    assert first.task_id != second.task_id


def scanning(school: School) -> Any:
    school.later(school.world.policy.orphan_scan_s)
    return reconcile_pass(school.world)


def test_a_task_that_runs_although_its_record_says_stopped_is_ended_without_grace() -> None:
    school = running(runner=MemoryTaskRunner(FakeClock()))
    record = school.store.find_task(school.workspace().task_id or "")
    assert record is not None
    school.runner.end(record.task_id, "killed")
    school.settle(after_s=60.0)
    late = school.runner.tasks[record.task_id]
    late.alive, late.started_at = True, school.clock.now() + school.world.policy.orphan_scan_s
    scanning(school)
    assert not late.alive


def test_a_failed_list_of_the_engine_s_tasks_is_asked_for_again_with_the_next_pass() -> None:
    school = School()
    school.runner.start(TaskSpec("task-lost", next(iter(school.runner.images)), "vscode-1", "a token"))
    school.later(school.world.policy.orphan_grace_s)
    works, asked = school.runner.list_tasks, []

    def fails_once() -> Any:
        asked.append(1)
        if len(asked) == 1:
            raise ApraNovaError(Reason.INTERNAL, "a planned fault")
        return works()

    school.runner.list_tasks = fails_once  # type: ignore[method-assign]
    reconcile_pass(school.world)
    assert school.runner.tasks["task-lost"].alive
    reconcile_pass(school.world)
    assert not school.runner.tasks["task-lost"].alive


def test_each_pass_tells_how_many_tasks_it_found_ready_as_long_as_some_are_wanted() -> None:
    school = School(pool=1)
    measured = school.metrics.observed["pool_ready"]
    school.settle()
    assert (measured[0], measured[-1]) == (0, 1)
    school.enrol(ANNA)
    launch(school.world, ANNA)
    school.reconcile_pass()
    assert measured[-1] == 0


def test_a_pool_that_is_empty_by_design_is_not_measured() -> None:
    school = School(pool=0)
    school.settle()
    assert "pool_ready" not in school.metrics.observed
