"""The pool's size is shared between kinds by how often each was launched in the last four weeks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.names import TaskState, WorkspaceKind
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.task import ObservedTask, Task
from manager.domain.policy import Policy, PoolSchedule, Shape
from manager.domain.pool.demand import HABIT_DAYS, DayOfLaunches, Demand
from manager.domain.pool.planner import share
from manager.domain.pool.reconcile import PoolFacts, StartWarmTask
from manager.domain.reconcile import Observation, reconcile
from manager.tests.school import ANNA, BEN, School
from manager.use_cases.launch import launch
from manager.use_cases.stop import stop

CODE, DATA = Shape(WorkspaceKind.VSCODE), Shape(WorkspaceKind.SUPERSET)
BOTH = (CODE, DATA)
DAY = 86_400.0
MONDAY_10H = 1_790_000_000.0 - 1_790_000_000.0 % DAY + 10 * 3600  # 2026-09-21
SATURDAY_10H = MONDAY_10H + 5 * DAY


@pytest.mark.parametrize(
    ("size", "launches", "one_of_each", "expected"),
    [
        (5, {CODE: 60, DATA: 40}, True, {CODE: 3, DATA: 2}),
        (5, {CODE: 99, DATA: 1}, True, {CODE: 4, DATA: 1}),
        (5, {CODE: 99, DATA: 1}, False, {CODE: 5, DATA: 0}),
        (5, {CODE: 100}, True, {CODE: 4, DATA: 1}),
        (3, {CODE: 50, DATA: 50}, False, {CODE: 2, DATA: 1}),
        (1, {CODE: 40, DATA: 60}, True, {CODE: 0, DATA: 1}),
        (5, {}, True, {CODE: 3, DATA: 2}),
        (0, {CODE: 1}, True, {CODE: 0, DATA: 0}),
    ],
)
def test_shares(size: int, launches: dict[Shape, int], one_of_each: bool, expected: object) -> None:
    assert share(size, launches, BOTH, one_of_each=one_of_each) == expected


def test_a_kind_that_is_not_installed_gets_nothing() -> None:
    assert share(5, {CODE: 10, DATA: 90}, [CODE], one_of_each=True) == {CODE: 5}
    assert share(5, {CODE: 10}, [], one_of_each=True) == {}


launches = st.dictionaries(st.sampled_from(BOTH), st.integers(0, 10_000))


@given(st.integers(0, 100), launches, st.booleans())
def test_shares_add_up_to_the_size_and_none_is_far_from_its_quota(
    size: int, wanted: dict[Shape, int], one_of_each: bool
) -> None:
    shares = share(size, wanted, BOTH, one_of_each=one_of_each)
    assert sum(shares.values()) == size
    assert all(count >= 0 for count in shares.values())
    total = sum(wanted.values())
    for kind in BOTH:
        quota = size * wanted.get(kind, 0) / total if total else size / 2
        assert abs(shares[kind] - quota) <= 1
        if one_of_each and size >= len(BOTH):
            assert shares[kind] >= 1


@given(st.integers(2, 50), launches)
def test_more_launches_of_a_kind_never_give_it_less(size: int, wanted: dict[Shape, int]) -> None:
    more = {**wanted, DATA: wanted.get(DATA, 0) + 10}
    if sum(wanted.values()):
        before, after = (share(size, given, BOTH, one_of_each=True) for given in (wanted, more))
        assert after[DATA] >= before[DATA]


def test_launches_are_forgotten_after_four_weeks() -> None:
    demand = Demand().with_launch(CODE, at=MONDAY_10H, now=MONDAY_10H).with_launch(DATA, at=MONDAY_10H, now=MONDAY_10H)
    last_day = MONDAY_10H + HABIT_DAYS * DAY
    assert demand.with_launch(CODE, at=last_day, now=last_day).by_shape() == {CODE: 2, DATA: 1}
    later = demand.with_launch(CODE, at=last_day + DAY, now=last_day + DAY)
    assert [(entry.shape, entry.launches) for entry in later.days] == [(CODE, 1)]
    assert later.by_shape() == {CODE: 1}


def _started(now: float, launches: dict[Shape, int], tasks: tuple[Task, ...] = ()) -> list[Shape]:
    policy = Policy(schedule=PoolSchedule(base=3, peak=5, off=1, weekend=2), warming_max=10, refill_delay_s=0.0)
    images = {CODE.kind: "vscode-1", DATA.kind: "superset-1"}
    days = tuple(DayOfLaunches(int(now // DAY), shape.kind, count) for shape, count in launches.items())
    observed = tuple(ObservedTask(task.task_id, alive=True, started_at=now) for task in tasks)
    observation = Observation(Fleet(tasks, (), observed), PoolFacts(images, demand=Demand(days=days)))
    return [a.shape for a in reconcile(observation, now, policy).actions if isinstance(a, StartWarmTask)]


def test_the_pool_starts_each_kinds_share() -> None:
    assert _started(MONDAY_10H, {CODE: 90, DATA: 10}) == [CODE] * 4 + [DATA]
    assert _started(MONDAY_10H, {CODE: 10, DATA: 90}) == [CODE] + [DATA] * 4
    assert _started(SATURDAY_10H, {CODE: 90, DATA: 10}) == [CODE, CODE]


def test_a_task_of_one_kind_does_not_stand_for_another() -> None:
    warm = tuple(
        Task(f"task-{n}", CODE.kind, "vscode-1", MONDAY_10H, "t", state=TaskState.STARTING, state_since=MONDAY_10H)
        for n in range(3)
    )
    assert _started(MONDAY_10H, {CODE: 60, DATA: 40}, warm) == [DATA, DATA]


def test_each_launch_is_counted_once_when_its_task_is_forgotten() -> None:
    school = School(pool=1)
    school.enrol(ANNA, BEN)
    for student in (ANNA, BEN):
        school.settle()
        launch(school.world, student)
        stop(school.world, student)
    school.settle()
    assert school.store.find_demand().version == 0
    school.settle(after_s=school.world.policy.task_memory_s + 1)
    assert school.store.find_demand().by_shape()[CODE] == 2
    school.settle(after_s=1000)
    assert school.store.find_demand().by_shape()[CODE] == 2


def test_a_school_that_does_not_offer_a_kind_neither_warms_nor_launches_it() -> None:
    school = School(pool=2)
    school.world = replace(school.world, policy=replace(school.world.policy, kinds=(DATA.kind,)))
    school.settle()
    assert not [task for task in school.runner.tasks.values() if task.spec.kind is CODE.kind]
