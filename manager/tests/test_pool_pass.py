"""One pass over the warm pool, on plain data: what is started, retired and told."""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import replace
from typing import Any

import pytest

from contract.names import TaskState, WorkspaceKind, WorkspaceSize
from manager.adapters.dynamodb.items import to_item
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.task import ObservedTask, Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, PoolPolicy, PoolSchedule, Shape
from manager.domain.pool import attendance, planner
from manager.domain.pool.attendance import learned
from manager.domain.pool.cohort import OPENS_BEFORE_S
from manager.domain.pool.forecast import Expected, Recent
from manager.domain.pool.outlook import COHORTS_MAX, CohortSize, Outlook
from manager.domain.pool.reconcile import PoolFacts, PoolPlan, RetireTask, StartWarmTask, reconcile_pool
from manager.use_cases.pool_note import in_words

NOW = 1_790_000_000.0
CODE = WorkspaceKind.VSCODE


def berlin(now: float) -> dt.datetime:
    return PoolSchedule(time_zone="Europe/Berlin").local(now)


def schedule(size: int, **limits: Any) -> Policy:
    limits = {"pool_policy": PoolPolicy.SCHEDULE, "refill_delay_s": 0.0, "warming_max": 9, **limits}
    return Policy(schedule=PoolSchedule(size, size, size, size), **limits)


def task(name: str, age_s: float = 100.0, **changes: Any) -> Task:
    return Task(name, CODE, "vscode-1", NOW - age_s, "token", **{"state": TaskState.READY, **changes})


def decided(policy: Policy, *tasks: Task, gone: str = "", **facts: Any) -> PoolPlan:
    observed = tuple(ObservedTask(t.task_id, t.task_id not in gone, t.created_at) for t in tasks)
    pool = PoolFacts(**{"images": {CODE: "vscode-1"}, **facts})
    found = reconcile_pool(Fleet(tasks, observed=observed), pool, NOW, policy)
    assert found is not None
    return found


def retired(found: PoolPlan) -> list[str]:
    return [action.task.task_id for action in found.actions if isinstance(action, RetireTask)]


def started(found: PoolPlan) -> int:
    return sum(isinstance(action, StartWarmTask) for action in found.actions)


@pytest.mark.parametrize("left", range(5))
def test_a_pool_that_shrinks_retires_what_is_least_ready_and_youngest_first(left: int) -> None:
    tasks = [
        task("c-ready", 50.0),
        task("b-ready", 90.0),
        task("a-starting", 90.0, state=TaskState.STARTING),
        task("d-starting", 80.0, state=TaskState.STARTING),
    ]
    found = decided(schedule(left), *tasks)
    assert retired(found) == ["d-starting", "a-starting", "c-ready", "b-ready"][: 4 - left]
    assert tuple(in_words(found.actions)) == (
        (f"retired {4 - left} VS Code: fewer are needed now",) if left < 4 else ()
    )
    assert (found.warm, found.look_again_at) == (4, math.inf)


@pytest.mark.parametrize(
    ("warm", "limits", "facts", "starts", "again_s"),
    [
        (0, {}, {}, 4, math.inf),
        (3, {}, {}, 1, math.inf),
        (0, {"warming_max": 3}, {}, 3, math.inf),
        (0, {"memory_max_mib": 7_680}, {"used_mib": 6_144}, 2, math.inf),
        (0, {"memory_max_mib": 7_680}, {"used_mib": 9_216}, 0, math.inf),
        (0, {"memory_max_mib": None}, {"used_mib": 6_144}, 4, math.inf),
        (0, {"refill_delay_s": 2.0}, {"claimed_at": NOW - 2.0}, 4, math.inf),
        (0, {"refill_delay_s": 2.0}, {"claimed_at": NOW - 1.0}, 0, 1.0),
        (0, {}, {"images": {}}, 0, math.inf),
        (0, {}, {"recent": Recent(hints={Shape(CODE): 3})}, 4, math.inf),  # the schedule listens to no hint
    ],
)  # fmt: skip
def test_what_is_missing_is_started_as_far_as_there_is_room(
    warm: int, limits: dict[str, Any], facts: dict[str, Any], starts: int, again_s: float
) -> None:
    found = decided(schedule(4, **limits), *(task(str(number)) for number in range(warm)), **facts)
    assert (started(found), found.look_again_at, retired(found)) == (starts, NOW + again_s, [])
    assert tuple(in_words(found.actions)) == ((f"started {starts} VS Code: by the schedule",) if starts else ())


def test_starting_tasks_take_from_the_room_and_dead_ones_neither_count_nor_are_retired() -> None:
    warming = [task(name, state=TaskState.STARTING) for name in "ab"]
    assert started(decided(schedule(4, warming_max=3), *warming)) == 1
    assert started(decided(schedule(2, warming_max=3), *warming, gone="ab")) == 2
    both = {CODE: "vscode-1", WorkspaceKind.SUPERSET: "superset-1"}
    assert started(decided(schedule(4, warming_max=3), images=both)) == 3  # the room is one for all kinds
    found = decided(schedule(0), task("a"), task("b"), gone="a")
    assert retired(found) == ["b"]


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"age_s": 21_599.0}, ""),
        ({"age_s": 21_600.0}, "it waited too long"),
        ({"image": "vscode-0"}, "a newer image is installed"),
    ],
)  # fmt: skip
def test_a_task_that_has_had_its_time_is_retired(changes: dict[str, Any], because: str) -> None:
    changed = {"image": "vscode-1", "age_s": 100.0, **changes}
    image = changed.pop("image")
    found = decided(schedule(1), replace(task("a", changed.pop("age_s")), image=image, **changed))
    assert [action.because for action in found.actions if isinstance(action, RetireTask)] == (
        [because] if because else []
    )
    assert found.look_again_at == math.inf


def test_the_forecast_keeps_young_tasks_and_hints_add_to_its_size() -> None:
    policy = schedule(0, pool_policy=PoolPolicy.PREDICTED, start_lead_s=45.0)
    found = decided(policy, task("young", 89.0), task("old", 90.0), demand=planner.Demand())
    assert retired(found) == ["old"]
    assert retired(decided(replace(policy, start_lead_s=10.0), task("young", 59.0), task("old", 60.0))) == ["old"]
    assert started(decided(policy, task("one"), recent=Recent(hints={Shape(CODE): 3}))) == 2
    assert retired(decided(policy, task("a", 91.0), task("b", 92.0), recent=Recent(hints={Shape(CODE): 1}))) == ["a"]


@pytest.mark.parametrize("lead_s", [1.0, 45.0, 300.0])
@pytest.mark.parametrize("worth_s", [60.0, 4_500.0])
@pytest.mark.parametrize("an_hour", [0.0, 0.5, 3.0, 30.0, 900.0])
def test_the_size_is_the_largest_that_pays(lead_s: float, worth_s: float, an_hour: float) -> None:
    """Against the rule as it is written, term by term."""
    rate = an_hour / 3_600.0
    for mean in (rate * lead_s, rate * lead_s / 4.0, rate * lead_s + 3.0, 0.0):

        def pays(n: int, mean: float = mean) -> bool:
            before = math.exp(-mean) * mean ** (n - 1) / math.factorial(n - 1)
            return rate * before * worth_s >= 1.0

        most = max((n for n in range(1, 150) if pays(n)), default=0)
        below = int(mean) if rate * worth_s >= 1.0 else 0
        assert planner.size(Expected(True, rate, mean), worth_s) == (most if most > int(mean) else below)


def test_warm_seconds_add_up_over_a_day_and_start_again_at_midnight_in_school() -> None:
    midnight = 1_790_028_000.0  # 2026-09-22 00:00 in Berlin
    outlook = Outlook().metered(3, local=berlin(midnight - 120.0), longest_s=600.0)
    assert (outlook.spent_s, outlook.metered_at) == (0.0, midnight - 120.0)  # nothing is known of the time before
    outlook = outlook.metered(3, local=berlin(midnight - 60.0), longest_s=600.0)
    assert (outlook.day, outlook.spent_s) == ("2026-09-21", 180.0)
    assert outlook.metered(2, local=berlin(midnight - 30.0), longest_s=600.0).spent_s == 240.0
    assert outlook.metered(2, local=berlin(midnight - 90.0), longest_s=600.0).spent_s == 180.0  # a clock that goes back
    new_day = outlook.metered(2, local=berlin(midnight), longest_s=600.0)
    assert (new_day.day, new_day.spent_s) == ("2026-09-22", 120.0)
    assert (
        new_day.metered(1, local=berlin(midnight + 9_000.0), longest_s=600.0).spent_s == 720.0
    )  # the manager was down


def test_decisions_are_kept_newest_and_bounded() -> None:
    outlook = Outlook().with_decisions(["first"], local=berlin(NOW))
    outlook = outlook.with_decisions([str(number) for number in range(49)], local=berlin(NOW + 60.0))
    assert (outlook.decisions[0], outlook.decisions[-1], len(outlook.decisions)) == ("16:14 0", "16:13 first", 50)
    newest = outlook.with_decisions(["x"], local=PoolSchedule().local(NOW)).decisions
    assert (newest[:2], newest[-1], len(newest)) == (("14:13 x", "16:14 0"), "16:14 48", 50)


def test_classes_add_up_minute_by_minute_and_past_ones_go() -> None:
    at = NOW // 900.0 * 900.0 + 3_600.0
    outlook = (
        Outlook()
        .with_class(Shape(CODE), at, [1.0, 2.0, 4.0], now=NOW)
        .with_class(Shape(CODE), at + 60.0, [8.0], now=NOW)
    )
    begin = at + attendance.FROM_S
    assert [outlook.expected(Shape(CODE), begin + 60.0 * n, begin + 60.0 * (n + 1)) for n in range(-1, 4)] == [
        0,
        1,
        10,
        4,
        0,
    ]
    data = WorkspaceKind.SUPERSET
    again = outlook.with_class(Shape(CODE), at + 959.0, [1.0], now=NOW).with_class(Shape(data), at, [1.0], now=NOW)
    assert [(it.kind, it.begins_at - begin, it.launches) for it in again.curves] == [
        (CODE, 0.0, (1.0, 10.0, 4.0)),
        (CODE, 900.0, (1.0,)),
        (data, 0.0, (1.0,)),
    ]
    for ago_s, kept in ((4_259.0, 3), (4_260.0, 2), (4_380.0, 1), (5_160.0, 0)):  # 70 minutes after the end of each
        assert len(again.with_class(Shape(CODE), at + 9_000.0, [1.0], now=begin + ago_s).curves) == kept + 1


def test_a_class_in_each_minute_for_each_size_fits_into_a_record_of_dynamodb() -> None:
    outlook = Outlook()
    for number in range(COHORTS_MAX):
        outlook = outlook.with_cohort(f"{number:036}", CohortSize(f"{number:036}", 2_000, CODE))
    shapes = [Shape(kind, size) for kind in WorkspaceKind for size in (None, *WorkspaceSize)]
    for minute in range(240):  # longer than a curve is kept
        now = NOW + 60.0 * minute
        for shape in shapes:
            outlook = outlook.with_class(shape, now + OPENS_BEFORE_S, [12.34567] * 90, now=now)
    words = f"about 2000 of {'c' * 100} are expected: class at 09:00, 100% usually come"
    outlook = outlook.with_decisions([words] * 50, local=berlin(NOW))
    assert 100_000 < len(json.dumps(to_item(outlook, written_by="x"))) < 400_000


def test_attendance_is_learned_by_the_minute() -> None:
    nothing = learned((), ())
    assert nothing.rate == pytest.approx(0.8)
    assert sum(nothing.shares) == pytest.approx(1.0)
    past = [NOW + 86_400.0 * day for day in range(4)]
    came = ((0, -1_800.0), (1, 59.9), (2, 60.0), (2, 90.0), (3, 3_599.0))  # the second time on one day counts no more
    member = Workspace("ws-a", "o", CODE, state_since=NOW - 1_800.0, arrivals=tuple(past[day] + s for day, s in came))
    outside = replace(member, arrivals=(past[0] - 1_801.0, past[1] + 3_600.0))
    seen = learned([member, outside], past)
    assert seen.rate == pytest.approx((4 + 1.6) / (8 + 2))
    assert sum(seen.shares) == pytest.approx(1.0)
    total = 12.0 - 2 * 0.3  # of the first and the last minute, three tenths lie outside
    assert [seen.shares[minute] * total for minute in (0, 1, 2, 3, 86, 87, 88, 89)] == pytest.approx(
        [0.4, 0.2, 0.1, 0.0, 0.0, 0.1, 0.2, 0.4]
    )
    assert seen.shares[30] * total == pytest.approx(0.32 + 0.4 + 0.2)


SPARE = Policy(
    schedule=PoolSchedule(2, 2, 2, 2), refill_delay_s=0.0, warming_max=99, memory_max_mib=16_384, spare_memory_part=0.5
)
THIRTY = Outlook().with_cohort("a", CohortSize("a", 30, CODE)).with_cohort("b", CohortSize("b", 12, CODE))
"""Half of 16 GB is room for 64 warm tasks."""


@pytest.mark.parametrize(
    ("used_mib", "part", "target"),
    [
        (0, 0.5, 30),
        (0, 0.1, 12),  # a tenth of the memory
        (12_288, 0.5, 16),  # half of what 16 sessions leave
        (16_384, 0.5, 2),
        (20_480, 0.5, 2),
        (0, 0.0, 2),
    ],
)
def test_while_memory_is_free_there_is_a_warm_task_for_each_of_the_largest_cohort(
    used_mib: int, part: float, target: int
) -> None:
    found = decided(replace(SPARE, spare_memory_part=part), used_mib=used_mib, outlook=THIRTY)
    (line,) = found.targets
    assert line.size == target
    assert (line.because == "the largest cohort has 30, and memory is free") is (target > 2)


@pytest.mark.parametrize(("sessions", "target"), [(0, 66), (50, 50), (194, 2), (210, 2)])
def test_spare_tasks_leave_the_engine_room_for_launches_of_another_kind(sessions: int, target: int) -> None:
    """It runs 200 tasks, however much memory a machine has."""
    large = replace(SPARE, memory_max_mib=1_000_000)
    year = Outlook().with_cohort("year", CohortSize("year", 400, CODE))
    (line,) = decided(large, used_mib=0, sessions=sessions, outlook=year).targets
    assert line.size == target


def test_by_the_schedule_or_where_memory_is_not_counted_no_task_is_spare() -> None:
    for policy in (replace(SPARE, pool_policy=PoolPolicy.SCHEDULE), replace(SPARE, memory_max_mib=None)):
        assert started(decided(policy, used_mib=0, outlook=THIRTY)) == 2


def test_spare_tasks_give_way_to_sessions_but_not_at_each_launch() -> None:
    waiting = [task(f"t{number:02}") for number in range(30)]
    warm_mib = 30 * SPARE.warm_memory_mib
    some = decided(SPARE, *waiting, used_mib=warm_mib + 12_288, outlook=THIRTY)
    assert (retired(some), started(some)) == ([], 0)  # 16 would be started, up to 32 may stay
    assert len(retired(decided(SPARE, *waiting, used_mib=warm_mib + 14_336, outlook=THIRTY))) == 14


def test_a_task_that_the_engine_is_still_to_start_is_not_lost() -> None:
    facts = PoolFacts({CODE: "vscode-1"})
    for state, starts in ((TaskState.STARTING, 0), (TaskState.READY, 1)):
        found = reconcile_pool(Fleet((task("new", state=state),), observed=()), facts, NOW, schedule(1))
        assert started(found) == starts


def test_where_the_engine_fixes_the_size_only_other_sizes_have_a_shape_of_their_own() -> None:
    fixed = Policy(size_at_claim=False)
    sizes = [fixed.shape(CODE, size).size for size in (None, fixed.default_size, WorkspaceSize.LARGE)]
    assert sizes == [None, None, WorkspaceSize.LARGE]
    assert Policy().shape(CODE, WorkspaceSize.LARGE) == Shape(CODE)


def test_two_kinds_share_what_is_free() -> None:
    data = WorkspaceKind.SUPERSET
    outlook = THIRTY.with_cohort("c", CohortSize("c", 50, data))
    found = decided(SPARE, outlook=outlook, used_mib=0, images={CODE: "vscode-1", data: "superset-1"})
    assert {line.kind: line.size for line in found.targets} == {CODE: 30, data: 34}


def test_the_outlook_knows_the_largest_cohorts_and_forgets_one_that_is_gone() -> None:
    smaller = THIRTY.with_cohort("a", CohortSize("a", 5, CODE))
    assert (THIRTY.largest_cohort(CODE), smaller.largest_cohort(CODE)) == (30, 12)
    assert THIRTY.with_cohort("a", None).with_cohort("b", None) == Outlook()
    many = Outlook()
    for number in range(COHORTS_MAX + 9):
        many = many.with_cohort(f"c{number}", CohortSize(f"c{number}", number, CODE))
    assert (len(many.cohorts), many.largest_cohort(CODE)) == (COHORTS_MAX, COHORTS_MAX + 8)
