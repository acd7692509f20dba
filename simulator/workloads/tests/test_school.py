"""The drawn school: hours, attendance and spread as given; the same seed gives the same weeks."""

from __future__ import annotations

import datetime as dt
import statistics
from dataclasses import replace
from itertools import pairwise

import pytest

from simulator.operator_input import BadInput
from simulator.workloads.habits import Habits
from simulator.workloads.school import School, plan_cohorts
from simulator.workloads.timetable import ClassHours, Term, weekly
from simulator.workloads.visit import Visit

TERM = Term(dt.date(2026, 9, 28), 30, "Europe/Vienna")


def school(habits: Habits | None = None, *, students: int = 100, seed: int = 1, term: Term = TERM) -> School:
    habits = habits or Habits()
    classes = weekly(term, start_hour=9, hours=habits.class_hours)
    cohorts = plan_cohorts(students, cohort_size=25, timetables=[classes], data_share=habits.data_share)
    return School(term, cohorts, habits, seed=seed)


def worked_h(visits: list[Visit]) -> float:
    return sum(visit.ends - visit.begins for visit in visits) / 3_600


def first_of_class(visits: list[Visit], one: ClassHours) -> Visit | None:
    near = [
        v for v in visits if not v.returns and abs(v.begins - one.starts_at) < 3_600 and v.ends > one.starts_at + 900
    ]
    return near[0] if near else None


def test_each_student_works_the_documents_ninety_hours():
    drawn = school()

    hours = [worked_h(list(drawn.visits(student))) for student in range(drawn.students)]

    assert statistics.mean(hours) == pytest.approx(90.0, abs=0.5)
    assert min(hours) > 88.0
    assert max(hours) < 92.0


def test_other_hours_are_worked_when_others_are_asked_for():
    drawn = school(Habits(hours=75.0), students=25)

    hours = [worked_h(list(drawn.visits(student))) for student in range(25)]

    assert statistics.mean(hours) == pytest.approx(75.0, abs=1.0)


def test_stays_for_self_study_last_as_long_as_they_should_in_the_mean():
    drawn = school(Habits(class_hours=0.0, break_share=0.0))

    lengths = [(v.ends - v.begins) / 3_600 for student in range(100) for v in drawn.visits(student)]

    assert statistics.mean(lengths) == pytest.approx(3.0, rel=0.1)


def test_attendance_and_the_spread_of_arrivals_are_those_of_the_habits():
    habits = Habits(
        attendance=0.8,
        attendance_spread=0.05,
        arrival_minutes=-2.0,
        arrival_spread_minutes=4.0,
        late_share=0.0,
        hours=66.0,
        break_share=0.0,
    )
    drawn = school(habits)
    classes = drawn.cohorts[0].classes
    offsets = sorted(
        (visit.begins - one.starts_at) / 60
        for student in range(100)
        for one in classes
        if (visit := first_of_class(list(drawn.visits(student)), one)) is not None
    )
    # Half the width of the middle two thirds: some visits near a class are self-study.
    spread = (offsets[int(0.84 * len(offsets))] - offsets[int(0.16 * len(offsets))]) / 2

    assert len(offsets) / (100 * len(classes)) == pytest.approx(0.8, abs=0.03)
    assert statistics.mean(offsets) == pytest.approx(-2.0, abs=0.4)
    assert spread == pytest.approx(4.0, abs=0.6)


def test_a_seed_gives_the_same_weeks_in_whatever_order_they_are_asked_for():
    first, again, other = school(seed=7, students=50), school(seed=7, students=50), school(seed=8, students=50)

    forwards = {student: list(first.visits(student)) for student in range(50)}
    backwards = {student: list(again.visits(student)) for student in reversed(range(50))}

    assert forwards == backwards
    assert forwards[3] != list(other.visits(3))


def test_a_student_stays_the_same_when_others_join():
    assert list(school(students=25).visits(3)) == list(school(students=100).visits(3))


def test_nobody_is_in_two_places():
    drawn = school(Habits(break_share=0.5, attendance=1.0))

    for student in range(100):
        visits = list(drawn.visits(student))
        assert visits[0].begins >= drawn.starts_at
        assert visits[-1].ends <= drawn.ends_at
        for visit, following in pairwise(visits):
            assert visit.begins < visit.ends <= following.begins


def test_holidays_have_no_class():
    holiday = dt.date(2026, 10, 1)
    with_holiday = replace(TERM, holidays=frozenset({holiday}))

    days = {
        dt.datetime.fromtimestamp(one.starts_at, dt.UTC).date() for one in weekly(with_holiday, start_hour=9, hours=3)
    }

    assert holiday not in days
    assert len(days) == 21
    assert all(day.weekday() < 5 for day in days)


def test_breaks_double_clicks_jobs_and_stops_happen_as_often_as_they_should():
    habits = Habits(break_share=0.5, double_click_share=0.3, job_share=0.4, stop_share=0.2, second_tab_share=0.25)
    visits = [visit for student in range(100) for visit in school(habits).visits(student)]
    stays = [visit for visit in visits if not visit.returns]

    assert sum(v.returns for v in visits) / len(stays) == pytest.approx(0.5, abs=0.05)
    assert sum(v.clicks_again_after_s > 0 for v in stays) / len(stays) == pytest.approx(0.3, abs=0.04)
    assert sum(v.opens_again_at > 0 for v in stays) / len(stays) == pytest.approx(0.25, abs=0.04)
    assert sum(v.stops for v in visits) / len(stays) == pytest.approx(0.2, abs=0.04)
    assert all(v.job_until > v.ends for v in visits if v.job_until)
    assert any(v.job_until for v in visits)


def test_a_habit_that_cannot_be_is_refused_by_name():
    with pytest.raises(BadInput, match=r"attendance must be from 0 to 1, not 1\.5"):
        Habits(attendance=1.5)
