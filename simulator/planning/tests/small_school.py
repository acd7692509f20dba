"""Workloads small enough to check by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from contract.names import WorkspaceKind
from simulator.costs.price_book import PriceBook, load_price_book
from simulator.planning.run import PlanningRun
from simulator.planning.settings import Scenario
from simulator.workloads.habits import Habits
from simulator.workloads.school import School, plan_cohorts
from simulator.workloads.timetable import Term, weekly
from simulator.workloads.visit import Cohort, Visit

MONDAY = dt.date(2026, 9, 28)
MIDNIGHT = 1_790_553_600.0
HOUR = 3_600.0
BOOK: PriceBook = load_price_book(None)


class Visits:
    """A workload of given visits, in one cohort without classes, for one day."""

    starts_at = MIDNIGHT
    ends_at = MIDNIGHT + 24 * HOUR

    def __init__(self, *students: Sequence[Visit]) -> None:
        self._visits = students
        self.students = len(students)
        self.cohorts = (Cohort("c", "C", WorkspaceKind.VSCODE, range(len(students)), ()),)

    def visits(self, student: int) -> Iterator[Visit]:
        return iter(self._visits[student])


def visit(begins_h: float, ends_h: float, **more: object) -> Visit:
    return Visit(MIDNIGHT + begins_h * HOUR, MIDNIGHT + ends_h * HOUR, **more)  # type: ignore[arg-type]


def school(*, students: int = 25, days: int = 3, seed: int = 1, habits: Habits | None = None) -> School:
    habits = habits or Habits()
    term = Term(MONDAY, days)
    classes = weekly(term, start_hour=9, hours=habits.class_hours)
    return School(term, plan_cohorts(students, cohort_size=25, timetables=[classes], data_share=0.0), habits, seed=seed)


def ran(workload: School | Visits, **more: object) -> PlanningRun:
    run = PlanningRun(workload, Scenario(**more))  # type: ignore[arg-type]
    run.run()
    return run
