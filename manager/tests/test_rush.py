"""A class that nobody announced clicks within a second: who is started, and in which order."""

from __future__ import annotations

from collections.abc import Iterable

from contract.names import LaunchPath, TaskState, WorkspaceState
from manager.adapters.memory.clock import FakeClock
from manager.adapters.memory.runner import MemoryTaskRunner
from manager.adapters.memory.store import MemoryWorkspaceStore
from manager.domain.lifecycle.starts import HOLDS_UP_MAX_S
from manager.ports.workspace_store import Record, VersionConflict
from manager.tests.school import ANNA, BEN, School, enrolled
from manager.use_cases.launch import launch

CLASS = tuple(f"ws-{letter * 10}" for letter in "zyxwvuts")
"""In the order of their clicks, which is not that of their names."""


def rush(*, pool: int = 0, starts_max: int | None = 2, ready_after_s: float = 1.0) -> School:
    """All of the class have clicked, one after the other, and the next pass has seen it."""
    runner = MemoryTaskRunner(FakeClock(), ready_after_s=ready_after_s)
    school = School(pool=pool, runner=runner, starts_max=starts_max)
    school.enrol(*CLASS)
    for student in CLASS:
        launch(school.world, student)
        school.later(0.01)
    school.reconcile_pass()
    return school


def started(school: School) -> list[str]:
    """Whose tasks the engine was asked for, in that order; the pool's are ''."""
    records = {task.task_id: task.workspace_id or "" for task in school.store.list_tasks(limit=99)}
    return [records[task_id] for task_id in school.runner.tasks]


def test_a_class_is_started_few_at_a_time_in_the_order_of_its_clicks() -> None:
    school = rush()
    assert started(school) == list(CLASS[:2])
    school.reconcile_pass(3)
    assert started(school) == list(CLASS[:2]), "both still start"
    for place in (2, 4, 6):
        school.later(1.0)
        school.reconcile_pass(2)
        assert [school.workspace(student).state for student in CLASS[:place]] == [WorkspaceState.RUNNING] * place
        assert started(school) == list(CLASS[: place + 2])
    school.settle(after_s=1.0)
    assert {school.workspace(student).state for student in CLASS} == {WorkspaceState.RUNNING}


def test_who_waits_in_line_is_told_the_truth_and_may_click_again() -> None:
    school = rush()
    waits = launch(school.world, CLASS[-1])
    assert (waits.state, waits.launch_path) == (WorkspaceState.STARTING, LaunchPath.COLD)
    assert [step.name for step in waits.steps] == ["requested", "task_starting"]
    school.reconcile_pass()
    assert len(school.runner.tasks) == 2


def test_a_start_that_hangs_holds_up_the_line_for_half_a_minute() -> None:
    school = rush(ready_after_s=float("inf"))
    school.later(HOLDS_UP_MAX_S - 0.2)
    school.reconcile_pass()
    assert len(school.runner.tasks) == 2
    school.later(0.2)
    school.reconcile_pass()
    assert started(school) == list(CLASS[:4])


def test_a_start_that_is_refused_gives_its_place_to_the_next() -> None:
    school = rush()
    school.runner.end(school.workspace(CLASS[0]).task_id or "", "killed")
    school.reconcile_pass(2)
    assert started(school)[2] == CLASS[2]


def test_the_pool_starts_nothing_while_somebody_waits() -> None:
    school = rush(pool=3)
    for _ in range(3):
        assert "" not in started(school)
        school.later(1.0)
        school.reconcile_pass(2)
    school.settle(after_s=1.0)
    school.settle(after_s=1.0)
    assert started(school).count("") == 3


def test_a_start_that_hangs_keeps_the_pool_empty_no_longer_than_it_holds_up_others() -> None:
    school = School(pool=1, runner=MemoryTaskRunner(FakeClock(), ready_after_s=float("inf")), starts_max=2)
    school.enrol(ANNA)
    launch(school.world, ANNA)
    school.reconcile_pass()
    school.later(HOLDS_UP_MAX_S - 0.2)
    school.reconcile_pass()
    assert started(school) == [ANNA]
    school.later(0.2)
    school.reconcile_pass()
    assert started(school) == [ANNA, ""]


def test_a_line_is_kept_by_the_records_when_the_manager_starts_again() -> None:
    school = rush()
    school.crash()
    school.later(1.0)
    school.reconcile_pass(2)
    assert started(school) == list(CLASS[:4])


def test_where_the_engine_has_room_for_all_everybody_is_started_at_the_click() -> None:
    school = rush(starts_max=None)
    assert started(school) == list(CLASS)


class StoreInWhichBenClicksToo(MemoryWorkspaceStore):
    """Between Anna's look at the pool and her claim; counts claims that came too late."""

    conflicts = 0

    def __init__(self) -> None:
        super().__init__()
        self.school: School | None = None

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        school, self.school = self.school, None
        if school is not None:
            launch(school.world, BEN)
        try:
            super().write(*records, delete=delete)
        except VersionConflict:
            self.conflicts += 1
            raise


def test_two_who_click_together_do_not_want_the_same_warm_task() -> None:
    store = StoreInWhichBenClicksToo()
    school = enrolled(pool=2, store=store)
    school.enrol(BEN)
    store.school = school
    launch(school.world, ANNA)
    assert (school.workspace(ANNA).launch_path, school.workspace(BEN).launch_path) == (LaunchPath.WARM, LaunchPath.WARM)
    assert store.conflicts == 0
    assert sum(task.state is TaskState.CLAIMED for task in store.list_tasks(limit=9)) == 2
