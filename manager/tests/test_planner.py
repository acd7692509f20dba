"""The pool's planner on plain data: who is expected, how many tasks that is worth, and when the
schedule holds."""

from __future__ import annotations

import datetime as dt
import math
import zoneinfo
from dataclasses import replace

import pytest

from contract.manager import ClassTime
from contract.names import WorkspaceKind, WorkspaceSize
from contract.sizes import SizeLimits, on_fargate
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.workspace import Workspace, with_arrival
from manager.domain.policy import Policy, PoolPolicy, PoolSchedule, Shape
from manager.domain.pool import planner
from manager.domain.pool.attendance import learned
from manager.domain.pool.cohort import OPENS_BEFORE_S, Cohort, RecordPrepared, prepare
from manager.domain.pool.demand import Demand
from manager.domain.pool.forecast import Forecast, Recent, usual_launches
from manager.domain.pool.outlook import Curve, Outlook, Target
from manager.domain.pool.reconcile import DueCohort, PoolFacts, reconcile_pool

CODE, DATA = Shape(WorkspaceKind.VSCODE), Shape(WorkspaceKind.SUPERSET)
BERLIN = "Europe/Berlin"
ZONE = zoneinfo.ZoneInfo(BERLIN)
HOUR, DAY = 3_600.0, 86_400.0
POLICY = Policy(schedule=PoolSchedule(3, 5, 1, 2, time_zone=BERLIN), start_lead_s=45.0)


def at(month: int, day: int, hour: int, minute: int = 0) -> float:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=ZONE).timestamp()


CLASS = at(11, 23, 9)
PAST = tuple(at(11, day, 9) for day in (9, 10, 11, 12, 13, 16, 17, 18, 19, 20))


def member(number: int, arrivals: tuple[float, ...], **changes: object) -> Workspace:
    plain = Workspace(f"ws-{'abcdefghijklmnopqrstuvwxyz'[number] * 10}", "x", CODE.kind, home_id=f"home-{number}")
    return replace(plain, home_created_at=PAST[0] - DAY, state_since=PAST[0] - DAY, arrivals=arrivals, **changes)


def comes(number: int = 0, offset_s: float = -60.0) -> Workspace:
    return member(number, tuple(class_at + offset_s for class_at in PAST))


def cohort(*members: Workspace, **changes: object) -> Cohort:
    plain = Cohort(
        "b", "Berlin-3", CODE.kind, (ClassTime(CLASS, CLASS + 3 * HOUR),), tuple(m.workspace_id for m in members)
    )
    return replace(plain, past=PAST, due_at=CLASS - OPENS_BEFORE_S, **changes)


def prepared(group: Cohort, *members: Workspace) -> RecordPrepared:
    now = CLASS - OPENS_BEFORE_S
    return prepare(group, members, RecordPrepared((), Outlook(), ()), now=now, policy=POLICY)


def decided(now: float, policy: Policy = POLICY, **known: object) -> dict[Shape, Target]:
    facts = {"demand": Demand(), "outlook": Outlook(), "recent": Recent(), "shapes": [CODE], **known}
    return planner.targets(now=now, policy=policy, **facts)  # type: ignore[arg-type]


def counted(launches: dict[float, int], *, now: float, shape: Shape = CODE) -> Demand:
    demand = Demand()
    for when, count in launches.items():
        for _ in range(count):
            demand = demand.with_launch(shape, at=when, now=now)
    return demand


def test_who_has_no_home_yet_is_expected_too() -> None:
    newcomer = replace(comes(), home_id=None, home_created_at=None, arrivals=(), state_since=CLASS - HOUR)
    done = prepared(cohort(newcomer, newcomers=3), newcomer)
    assert done.outlook.expected(CODE, CLASS - HOUR, CLASS + HOUR) == pytest.approx(4 * 0.8)


def test_classes_before_the_oldest_launch_that_a_workspace_remembers_count_neither_way() -> None:
    late = member(0, tuple(class_at - 60.0 for class_at in PAST[2:]))
    assert learned([late], PAST).rate == pytest.approx((8 + 1.6) / (8 + 2))
    half_an_hour_late = member(0, (PAST[-1] + HOUR / 2,))
    assert learned([half_an_hour_late], PAST).rate == pytest.approx((1 + 1.6) / (1 + 2))
    new = replace(member(0, ()), state_since=PAST[-1])
    assert learned([new], PAST).rate == pytest.approx((0 + 1.6) / (1 + 2))


def test_everybody_counts_for_the_size() -> None:
    members = [comes(number) for number in range(20)]
    done = prepared(cohort(*members), *members)
    assert done.outlook.expected(CODE, CLASS - HOUR, CLASS + 2 * HOUR) == pytest.approx(20, abs=1)
    assert "about 20 of Berlin-3 are expected: class at 09:00, 100% usually come" in done.decisions


def test_a_prepared_class_is_reported_once_and_its_cohort_is_no_longer_due() -> None:
    done = prepared(cohort(comes()), *[comes()] * 250)
    assert len(done.decisions) == 1
    assert done.outlook.expected(CODE, CLASS - HOUR, CLASS + HOUR) == pytest.approx(250, abs=0.1)
    (group,) = done.cohorts
    assert (group.due_at, group.prepared_until) == (None, CLASS)


def test_a_pass_records_all_classes_that_it_prepares_in_one_write() -> None:
    """Members of another kind are not counted: they launch something else."""
    other = replace(comes(1), kind=DATA.kind)
    due = (DueCohort(cohort(comes(), other), (comes(), other)), DueCohort(cohort(comes(2)), (comes(2),)))
    facts = PoolFacts(cohorts=due)
    found = reconcile_pool(Fleet(), facts, CLASS - OPENS_BEFORE_S, POLICY).actions
    (recorded,) = [action for action in found if isinstance(action, RecordPrepared)]
    assert [it.prepared_until for it in recorded.cohorts] == [CLASS, CLASS]
    assert recorded.outlook.expected(CODE, CLASS - HOUR, CLASS + HOUR) == pytest.approx(2 * 11.6 / 12, abs=1e-3)
    assert len(recorded.decisions) == 2
    assert reconcile_pool(Fleet(), PoolFacts(), CLASS, POLICY).actions == ()


def test_a_cancelled_class_is_not_prepared() -> None:
    done = prepared(replace(cohort(comes()), classes=()), comes())
    assert (done.outlook, done.decisions, done.cohorts[0].due_at) == (Outlook(), (), None)


def test_the_pool_follows_a_class_up_and_down_and_does_not_stand_for_hours() -> None:
    members = [comes(number, 60.0 * (number % 10) - 300.0) for number in range(25)]
    outlook = prepared(cohort(*members), *members).outlook
    monday_quiet = counted({CLASS - 7 * DAY - 3 * HOUR: 1}, now=CLASS)
    sizes = {
        minute: decided(CLASS + 60.0 * minute, outlook=outlook, demand=monday_quiet)[CODE].size
        for minute in (-60, -5, 0, 120)
    }
    assert sizes[-60] == sizes[120] == 0
    assert min(sizes[-5], sizes[0]) >= 2


def test_hours_follow_the_wall_clock_over_the_end_of_summer_time() -> None:
    """In Berlin 2026-10-25: what came at 09:00 local on Friday is expected at 09:00 local on
    Monday."""
    friday, monday = at(10, 23, 9, 10), at(10, 26, 9, 20)
    assert monday - friday == pytest.approx(3 * DAY + HOUR + 600)
    demand = counted({friday - 3 * HOUR: 1, friday: 9}, now=monday)
    assert usual_launches(demand, CODE, monday, zone=ZONE, now=monday) == 9
    assert usual_launches(demand, CODE, monday - HOUR, zone=ZONE, now=monday) == 0


def test_the_hours_around_count_half_unless_they_differ_by_more_than_chance() -> None:
    monday, week_ago = at(11, 23, 15), at(11, 16, 15)
    alike = counted({week_ago - HOUR: 1, week_ago: 3, week_ago + HOUR: 2}, now=monday)
    assert usual_launches(alike, CODE, monday, zone=ZONE, now=monday) == 4.5 / 2
    rush = counted({week_ago - HOUR: 40, week_ago: 3, week_ago + HOUR: 2}, now=monday)
    assert usual_launches(rush, CODE, monday, zone=ZONE, now=monday) == pytest.approx(4 / 1.5)


def test_weekends_say_nothing_of_weekdays() -> None:
    sunday, monday = at(11, 22, 15), at(11, 23, 15)
    assert usual_launches(counted({sunday: 9}, now=monday), CODE, monday, zone=ZONE, now=monday) is None


def test_where_nothing_is_known_the_schedule_holds() -> None:
    assert decided(CLASS)[CODE].size == 5


def test_where_nothing_is_known_the_schedule_holds_up_to_a_limit() -> None:
    limited = replace(POLICY, unknown_hour_max=2)
    assert [decided(now, limited)[CODE].size for now in (CLASS, at(11, 22, 3))] == [2, 1]
    assert decided(CLASS, replace(limited, pool_policy=PoolPolicy.SCHEDULE))[CODE].size == 5


def test_each_kind_has_a_size_of_its_own() -> None:
    demand = counted({CLASS - 7 * DAY: 30}, now=CLASS)
    targets = decided(CLASS, demand=demand, shapes=[CODE, DATA])
    assert targets[CODE].size > targets[DATA].size == 0


def test_a_dearer_size_keeps_fewer_tasks_for_the_same_launches() -> None:
    small, large = Shape(CODE.kind, WorkspaceSize.SMALL), Shape(CODE.kind, WorkspaceSize.LARGE)
    policy = replace(
        POLICY, size_at_claim=False, sizes=on_fargate(SizeLimits(2_048, 1_024)), default_size=WorkspaceSize.MEDIUM
    )
    assert [policy.cold_start_worth_of(shape) / policy.cold_start_worth_s for shape in (small, CODE, large)] == [
        2,
        1,
        0.5,
    ]
    demand = Demand()
    for shape in (small, large):
        for _ in range(30):
            demand = demand.with_launch(shape, at=CLASS - 7 * DAY, now=CLASS)
    targets = decided(CLASS, policy, demand=demand, shapes=[small, large])
    assert targets[small].size > targets[large].size > 0


@pytest.mark.parametrize(
    ("begin", "end", "launches"),
    [
        (-600.0, -60.0, 0.0),  # before the curve, and after it
        (240.0, 600.0, 0.0),
        (15.0, 45.0, 0.5 * 1.0),  # within a minute
        (30.0, 90.0, 0.5 * 1.0 + 0.5 * 2.0),
        (30.0, 210.0, 0.5 * 1.0 + 2.0 + 4.0 + 0.5 * 8.0),
        (60.0, 180.0, 2.0 + 4.0),  # whole minutes
        (-60.0, 600.0, 15.0),
        (90.0, 60.0, 0.0),
    ],
)
def test_within_a_minute_launches_come_evenly(begin: float, end: float, launches: float) -> None:
    curve = Curve(CODE.kind, CLASS, (1.0, 2.0, 4.0, 8.0))
    assert curve.between(CLASS + begin, CLASS + end) == pytest.approx(launches)


def test_a_wrong_timetable_is_corrected_by_who_comes() -> None:
    outlook = Outlook().with_class(CODE, CLASS, [0.5] * 90, now=CLASS - HOUR)
    nobody, rush = Recent(CLASS - HOUR), Recent(CLASS - HOUR, {CODE: [CLASS - number for number in range(20)]})

    def rate(recent: Recent, known: Outlook) -> float:
        return Forecast(CODE, Demand(), known, recent, ZONE, CLASS).ahead(CLASS, 45.0).rate_per_s

    assert rate(nobody, outlook) < rate(Recent(), outlook) / 2 < rate(rush, outlook)
    assert rate(rush, Outlook()) > 0.0 == rate(nobody, Outlook())


def test_the_schedule_asks_no_forecast() -> None:
    demand = counted({CLASS - 7 * DAY: 100}, now=CLASS)
    scheduled = decided(CLASS, replace(POLICY, pool_policy=PoolPolicy.SCHEDULE), demand=demand)
    assert scheduled[CODE].size == 5
    assert soon(LECTURE, pool_policy=PoolPolicy.SCHEDULE) == math.inf


def test_a_restart_is_no_second_arrival_and_memory_is_bounded() -> None:
    arrivals: tuple[float, ...] = ()
    for hour in range(100):
        arrivals = with_arrival(with_arrival(arrivals, hour * HOUR), hour * HOUR + 60.0)
    assert arrivals == tuple(hour * HOUR for hour in range(68, 100))


AUTUMN = counted(
    {at(11, 16, 9): 7, at(11, 16, 10): 2, at(11, 17, 9): 5, at(11, 13, 8): 4, at(11, 12, 9): 1, at(11, 9, 9): 3,
     at(11, 2, 9): 9, at(11, 14, 9): 50, at(10, 20, 9): 2}, now=CLASS,
)  # fmt: skip
LECTURE = Outlook().with_class(CODE, CLASS, [0.5] * 90, now=CLASS - HOUR)
SEMINAR = Outlook().with_class(CODE, CLASS + 2_400.0, [0.02] * 90, now=CLASS - HOUR)
FIVE_CAME, RUSH = (Recent(CLASS - 600.0, {CODE: [CLASS - n for n in range(1, came)]}) for came in (6, 30))
NOBODY_CAME = Recent(CLASS - 60.0, {CODE: [CLASS - 300.0]})


def test_what_is_usual_is_the_mean_over_the_same_weekdays_of_four_weeks() -> None:
    """On four Mondays 7, 3, 9 and 0 came at nine, and 2 on one of them at ten."""
    hours = ((23, 9, 30), (23, 9, 0), (23, 10, 30), (24, 9, 10), (28, 9, 0))
    usual = [usual_launches(AUTUMN, CODE, at(11, *hour), zone=ZONE, now=CLASS) for hour in hours]
    assert usual == pytest.approx([4.75, 4.75, 2 / 1.5 / 4, 1.25, 12.5])


@pytest.mark.parametrize(("came", "a_second"), [(0, 0.0), (2, 0.0), (3, 3 / 600.0), (9, 9 / 600.0)])
def test_three_launches_that_nobody_expected_are_no_chance(came: int, a_second: float) -> None:
    recent = Recent(CLASS - 600.0, {CODE: [CLASS - 1.0] * came})
    forecast = Forecast(CODE, Demand(), Outlook(), recent, ZONE, CLASS)
    assert forecast.ahead(CLASS, 45.0).rate_per_s == pytest.approx(a_second)


def test_an_hour_is_known_as_soon_as_it_is_over() -> None:
    demand = counted({CLASS - HOUR: 3}, now=CLASS)
    for now, usual in ((CLASS, 1.5), (CLASS - 1.0, None)):  # the hours on either side count half
        assert usual_launches(demand, CODE, CLASS + 23 * HOUR, zone=ZONE, now=now) == usual


@pytest.mark.parametrize(
    ("demand", "outlook", "recent", "an_hour", "launches"),
    [
        (AUTUMN, LECTURE, Recent(), 30.0, 0.375), (AUTUMN, Outlook(), Recent(), 4.75, 0.059375),
        (Demand(), LECTURE, Recent(), 30.0, 0.375), (Demand(), Outlook(), Recent(), 0.0, 0.0),
        (AUTUMN, LECTURE, NOBODY_CAME, 24.0, 0.3), (AUTUMN, Outlook(), NOBODY_CAME, 4.75, 0.059375),
        (AUTUMN, Outlook(), FIVE_CAME, 30.0, 0.375), (Demand(), Outlook(), FIVE_CAME, 30.0, 0.375),
        (AUTUMN, Outlook(), RUSH, 174.0, 2.175), (AUTUMN, SEMINAR, Recent(), 2.75, 0.034375),
    ],
)  # fmt: skip
def test_a_forecast_is_classes_and_habit_corrected_by_who_came(
    demand: Demand, outlook: Outlook, recent: Recent, an_hour: float, launches: float
) -> None:
    ahead = Forecast(CODE, demand, outlook, recent, ZONE, CLASS).ahead(CLASS, 45.0)
    assert (ahead.rate_per_s * HOUR, ahead.launches) == pytest.approx((an_hour, launches), rel=1e-4)
    assert ahead.known is bool(demand.days)


def test_the_first_class_of_a_cohort_is_expected_evenly_from_ten_minutes_before_it() -> None:
    rising = [0.004, 0.012, 0.028, 0.036]
    expected = [*[0.0] * 18, *rising, *[0.04] * 21, *reversed(rising), *[0.0] * 43]
    assert learned((), ()).shares == pytest.approx(expected)


def soon(outlook: Outlook, **limits: object) -> float:
    return planner.look_again_s([CODE], outlook, now=CLASS, policy=replace(POLICY, **limits))


def test_targets_of_a_forecast() -> None:
    lecture, rush = decided(CLASS, outlook=LECTURE, demand=AUTUMN), decided(CLASS, demand=AUTUMN, recent=RUSH)
    words = "0.4 launches expected within 45 s, then 30.0 an hour"
    assert lecture[CODE] == Target.of(CODE, 3, words, retire_above=3)
    assert rush[CODE].size == 8


def test_what_was_wanted_one_lead_time_ago_may_stay() -> None:
    """Of a rush of one minute: a task that is started now would come too late for it."""
    outlook = Outlook().with_class(CODE, CLASS, [*[0.0] * 30, 20.0, *[0.0] * 30], now=CLASS - HOUR)
    quiet = counted({CLASS - 7 * DAY - 3 * HOUR: 1}, now=CLASS)
    wanted = decided(CLASS + 30.0, outlook=outlook, demand=quiet)[CODE]
    assert wanted.size == 1 < wanted.retire_above


def test_while_somebody_may_still_come_to_a_class_one_task_is_kept_though_nobody_is_expected() -> None:
    """Who comes half an hour late finds it; one RunTask on the way of a launch is a wait of half a
    minute."""
    outlook = Outlook().with_class(CODE, CLASS, [*[0.0] * 30, 20.0, *[0.0] * 59], now=CLASS - HOUR)
    quiet = counted({CLASS - 7 * DAY - 3 * HOUR: 1}, now=CLASS)
    for since_s, kept in ((-1_846.0, 0), (-1_844.0, 1), (1_800.0, 1), (3_554.0, 1), (3_556.0, 0)):
        assert decided(CLASS + since_s, outlook=outlook, demand=quiet)[CODE].size == kept
    assert decided(CLASS + 1_800.0, outlook=outlook, demand=quiet, shapes=[DATA])[DATA].size == 0
    of_nobody = Outlook().with_class(CODE, CLASS, [0.0] * 90, now=CLASS - HOUR)
    assert decided(CLASS + 1_800.0, outlook=of_nobody, demand=quiet)[CODE].size == 0


def test_the_pool_is_looked_at_often_while_it_follows_a_class() -> None:
    assert soon(LECTURE) == 15.0
    assert (soon(Outlook()), soon(SEMINAR)) == (math.inf, math.inf)  # SEMINAR's first launches come in ten minutes
    assert soon(Outlook().with_class(CODE, CLASS + 2_100.0, [0.02] * 90, now=CLASS - HOUR)) == 15.0
    assert planner.look_again_s([DATA], LECTURE, now=CLASS, policy=POLICY) == math.inf
