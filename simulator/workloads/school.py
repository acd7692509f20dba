"""A school drawn from a seed: every student works the given hours, in class and on their own."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from random import Random

from contract.names import WorkspaceKind
from simulator.workloads.habits import STUDY_DAYS, STUDY_WEEKDAY, STUDY_WEEKEND, USUAL_HOURS, Habits
from simulator.workloads.timetable import SATURDAY, ClassHours, Term
from simulator.workloads.visit import Cohort, Visit

HOUR_S = 3_600.0
_WEEK_DAYS = 7
_SHORTEST_H = 0.25
"""Less than this moves to the next week."""
_APART_S = 1_800.0
"""Two stays of a student are at least this far apart."""
_TRIES = 30
_WEEKDAY_SUMS, _WEEKEND_SUMS = tuple(accumulate(STUDY_WEEKDAY)), tuple(accumulate(STUDY_WEEKEND))


@dataclass(frozen=True)
class _Traits:
    attendance: float
    usual: tuple[tuple[int, float], ...]
    """(day of the week, hour) at which this student usually studies."""


def plan_cohorts(
    students: int, *, cohort_size: int, timetables: Sequence[tuple[ClassHours, ...]], data_share: float
) -> tuple[Cohort, ...]:
    """Cohorts of one size (the last may be smaller), which take the timetables in turns."""
    count = math.ceil(students / cohort_size)
    data = round(count * data_share)
    return tuple(
        Cohort(
            cohort_id=f"cohort-{index + 1}",
            label=f"Cohort {index + 1}",
            kind=WorkspaceKind.SUPERSET if index < data else WorkspaceKind.VSCODE,
            students=range(index * cohort_size, min(students, (index + 1) * cohort_size)),
            classes=timetables[index % len(timetables)],
        )
        for index in range(count)
    )


class School:
    """A `Workload`. A student's week depends only on the seed, the student's number and the week:
    neither the order of reading nor other students change it."""

    def __init__(self, term: Term, cohorts: Sequence[Cohort], habits: Habits, *, seed: int) -> None:
        self.term, self.habits, self.seed = term, habits, seed
        self.cohorts = tuple(cohorts)
        self.students = sum(len(cohort.students) for cohort in self.cohorts)
        self.starts_at, self.ends_at = term.starts_at, term.ends_at
        self._midnights = [term.at(index, 0.0) for index in range(term.days + 1)]
        self._first_weekday = term.first_day.weekday()
        self._holidays = [term.day(index) in term.holidays for index in range(term.days)]
        self._firsts = [cohort.students.start for cohort in self.cohorts]
        self._weeks_of_classes = [self._by_week(cohort.classes) for cohort in self.cohorts]

    def visits(self, student: int) -> Iterator[Visit]:
        cohort = bisect.bisect_right(self._firsts, student) - 1
        traits = self._traits(student)
        carried_h = 0.0
        for week in range(math.ceil(self.term.days / _WEEK_DAYS)):
            chance = Random(f"{self.seed}/student/{student}/week/{week}")
            days = range(week * _WEEK_DAYS, min(self.term.days, (week + 1) * _WEEK_DAYS))
            wanted_h = carried_h + self.habits.hours / 30.0 * len(days)
            stays, worked_h = self._classes(self._weeks_of_classes[cohort][week], traits, chance)
            carried_h = wanted_h - worked_h - self._study(stays, wanted_h - worked_h, days, traits, chance)
            for visits in sorted(stays):
                yield from visits

    def _by_week(self, classes: tuple[ClassHours, ...]) -> list[tuple[ClassHours, ...]]:
        bounds = [*self._midnights[::_WEEK_DAYS], self.ends_at]
        return [tuple(one for one in classes if begin <= one.starts_at < end) for begin, end in pairwise(bounds)] + [()]

    def _traits(self, student: int) -> _Traits:
        habits, chance = self.habits, Random(f"{self.seed}/student/{student}")
        attendance = min(1.0, max(0.0, chance.gauss(habits.attendance, habits.attendance_spread)))
        if habits.attendance in (0.0, 1.0):
            attendance = habits.attendance
        days = chance.choices(range(_WEEK_DAYS), STUDY_DAYS, k=USUAL_HOURS)
        return _Traits(attendance, tuple((day, _hour(day, chance)) for day in days))

    def _classes(
        self, classes: tuple[ClassHours, ...], traits: _Traits, chance: Random
    ) -> tuple[list[list[Visit]], float]:
        """The stays of the classes this student comes to, and the hours worked in them."""
        habits = self.habits
        stays: list[list[Visit]] = []
        worked_s, free_from = 0.0, self.starts_at
        for one in classes:
            comes = chance.random() < traits.attendance
            late = chance.random() < habits.late_share
            offset_s = (
                chance.expovariate(1.0 / (60.0 * habits.late_minutes))
                if late
                else 60.0 * chance.gauss(habits.arrival_minutes, habits.arrival_spread_minutes)
            )
            leaves_s = 60.0 * chance.gauss(0.0, habits.leaving_minutes)
            begins = max(one.starts_at + offset_s, free_from)
            ends = min(one.ends_at + leaves_s, self.ends_at)
            if comes and ends - begins >= HOUR_S * _SHORTEST_H:
                visits, seconds = self._stay(begins, ends - begins, chance, extends=False, at_home=False)
                stays.append(visits)
                worked_s += seconds
                free_from = ends + 60.0
        return stays, worked_s / HOUR_S

    def _study(self, stays: list[list[Visit]], wanted_h: float, days: range, traits: _Traits, chance: Random) -> float:
        """Add stays of self-study until the wanted hours are worked; returns the hours added."""
        studied_h = 0.0
        for hours in self._lengths(wanted_h, chance):
            for _ in range(_TRIES):
                begins = self._study_begins(days, traits, chance)
                visits, seconds = self._stay(begins, hours * HOUR_S, chance, extends=True, at_home=True)
                ends = visits[-1].ends
                if self.starts_at <= begins and ends <= self._midnights[days[-1] + 1] and _free(stays, begins, ends):
                    stays.append(visits)
                    studied_h += seconds / HOUR_S
                    break
        return studied_h

    def _lengths(self, wanted_h: float, chance: Random) -> list[float]:
        """Hours of a week's stays, which add up to what is wanted."""
        if wanted_h < _SHORTEST_H:
            return []
        mean_h, shape = self.habits.study_hours, 1.0 / self.habits.study_spread**2
        number = int(wanted_h / mean_h + chance.random()) or 1
        drawn = [max(0.2, chance.gammavariate(shape, 1.0 / shape)) for _ in range(number)]
        return [wanted_h * one / sum(drawn) for one in drawn]

    def _study_begins(self, days: range, traits: _Traits, chance: Random) -> float:
        if chance.random() < self.habits.regular_share:
            weekday, hour = traits.usual[chance.randrange(len(traits.usual))]
            day = days[0] + (weekday - self._first_weekday - days[0]) % _WEEK_DAYS
            if day in days and not self._holidays[day]:
                return (
                    self._midnights[day] + HOUR_S * hour + 60.0 * chance.gauss(0.0, self.habits.regular_spread_minutes)
                )
        day = chance.choice(days)
        if chance.random() * max(STUDY_DAYS) > STUDY_DAYS[self._weekday(day)]:
            day = chance.choice(days)
        return self._midnights[day] + HOUR_S * _hour(self._weekday(day), chance)

    def _weekday(self, day: int) -> int:
        """A holiday is like a Sunday."""
        return SATURDAY + 1 if self._holidays[day] else (self._first_weekday + day) % _WEEK_DAYS

    def _stay(
        self, begins: float, length_s: float, chance: Random, *, extends: bool, at_home: bool
    ) -> tuple[list[Visit], float]:
        """One stay as visits, and the seconds worked. At home, a break is made up for."""
        habits = self.habits
        double_s = chance.uniform(1.0, 5.0) if chance.random() < habits.double_click_share else 0.0
        again_at = begins + chance.uniform(0.2, 0.8) * length_s if chance.random() < habits.second_tab_share else 0.0
        signs_in = chance.random() < habits.sign_in_share
        sign_in_s = habits.sign_in_seconds * chance.uniform(0.5, 1.5) if signs_in else 0.0
        stops = chance.random() < habits.stop_share
        has_break = chance.random() < habits.break_share and length_s > HOUR_S
        job_s = 0.0
        if at_home and chance.random() < habits.job_share:
            job_s = chance.expovariate(1.0 / (HOUR_S * habits.job_hours))
        if not has_break:
            ends = begins + length_s
            job_until = ends + job_s if job_s else 0.0
            return [Visit(begins, ends, False, double_s, again_at, job_until, stops, sign_in_s)], length_s
        break_s = 60.0 * habits.break_minutes * chance.uniform(1 / 3, 5 / 3)
        first_s = length_s * chance.uniform(0.3, 0.7)
        if not extends:
            break_s = min(break_s, length_s - first_s - 60.0)
        ends = begins + length_s + (break_s if extends else 0.0)
        job_until = ends + job_s if job_s else 0.0
        again_at = min(again_at, begins + first_s)
        visits = [
            Visit(begins, begins + first_s, False, double_s, again_at, 0.0, False, sign_in_s),
            Visit(begins + first_s + break_s, ends, True, 0.0, 0.0, job_until, stops),
        ]
        return visits, (length_s if extends else length_s - break_s)


def _hour(weekday: int, chance: Random) -> float:
    sums = _WEEKEND_SUMS if weekday >= SATURDAY else _WEEKDAY_SUMS
    return bisect.bisect_right(sums, chance.random() * sums[-1]) + chance.random()


def _free(stays: list[list[Visit]], begins: float, ends: float) -> bool:
    return all(ends + _APART_S <= other[0].begins or other[-1].ends + _APART_S <= begins for other in stays)
