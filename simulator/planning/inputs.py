"""Checks every option of the command line, and makes a workload and scenarios of them."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from contract.manager import COHORT_MEMBERS_MAX
from contract.names import WorkspaceKind
from manager.domain.policy import PoolSchedule
from simulator.costs import document as cost_document
from simulator.costs import plan as cost_plan
from simulator.costs.document import DocumentFigures
from simulator.costs.model import Breakdown, cost
from simulator.costs.plan import Plan
from simulator.costs.price_book import PriceBook, load_price_book
from simulator.costs.stack import WorkspaceTask
from simulator.costs.usage import TaskHours
from simulator.operator_input import BadInput, numbers_of, read_numbers
from simulator.planning.jobs import Job
from simulator.planning.result import Result
from simulator.planning.settings import SCHEDULE, EngineSettings, Scenario
from simulator.workloads.habits import Habits
from simulator.workloads.history import Replay, read_history
from simulator.workloads.school import School, plan_cohorts
from simulator.workloads.timetable import Term, read_days, read_timetable, weekly, without_holidays
from simulator.workloads.visit import Workload

STUDENTS_MAX = 1_000_000
POOL_SIZE_MAX = 100_000
_POOL_WORD = re.compile(r"^(base|peak|off|weekend)=(\d+)$")


@dataclass(frozen=True)
class Inputs:
    workload: Workload
    scenarios: tuple[Scenario, ...]
    """The chosen policy first, then those to compare it with."""
    book: PriceBook
    task: WorkspaceTask
    time_zone: str
    hours_a_month: float
    assumed: Sequence[tuple[str, str, str, str]]

    def job(self, scenario: Scenario, name: str) -> Job:
        return Job(name, self.workload, scenario, self.book, self.task)

    def always_on(self, result: Result) -> Breakdown:
        """The same work, with each student's workspace running all the time."""
        period_hours = result.period_s / 3_600
        worked = result.hours.session
        hours = TaskHours(session=worked, idle_tail=max(0.0, result.students * period_hours - worked))
        chosen = Plan(students=result.students)
        return cost(cost_plan.usage(chosen, hours, starts=0.0, period_hours=period_hours), self.book, task=self.task)

    def document(self, result: Result) -> DocumentFigures:
        """Its arithmetic for these hours and students, with a pool of 3."""
        months = result.period_s / 86_400 / 30
        hours = self.hours_a_month * months
        return cost_document.work_out(
            self.book, students=result.students, hours=hours, pool=cost_document.POOL * months
        )


def read_inputs(asked: argparse.Namespace) -> Inputs:
    """Raises BadInput."""
    _within("--students", asked.students, 1, STUDENTS_MAX)
    _within("--cohort-size", asked.cohort_size, 1, COHORT_MEMBERS_MAX)
    _within("--idle-minutes", asked.idle_minutes, 1, 1_440)
    _within("--launches-a-second", asked.launches_a_second, 0.01, 100_000)
    _within("--sweep-pause", asked.sweep_pause, 0.02, 300)
    if asked.jobs is not None:
        _within("--jobs", asked.jobs, 1, 256)
    if asked.worth_minutes is not None:
        _within("--worth-minutes", asked.worth_minutes, 0, 100_000)
    book = load_price_book(asked.prices)
    habits = Habits(**read_numbers(asked.habit, Habits, option="--habit", list_option="--habits"))
    term = _term(asked)
    workload = _workload(asked, term, habits)
    names = list(dict.fromkeys([asked.policy, *(asked.compare if asked.compare is not None else [SCHEDULE])]))
    engine = EngineSettings(
        launches_per_s=asked.launches_a_second,
        calls_per_s=asked.launches_a_second,
    )
    return Inputs(
        workload=workload,
        scenarios=tuple(
            Scenario(
                policy_name=name,
                engine=engine,
                kinds=tuple(kind for kind in WorkspaceKind if any(one.kind is kind for one in workload.cohorts)),
                schedule=_schedule(asked.pool, asked.time_zone),
                idle_timeout_s=60.0 * asked.idle_minutes,
                worth_s=None if asked.worth_minutes is None else 60.0 * asked.worth_minutes,
                wake_pause_s=asked.sweep_pause,
                seed=asked.seed,
            )
            for name in names
        ),
        book=book,
        task=WorkspaceTask(arch=asked.arch, spot_share=asked.spot),
        time_zone=asked.time_zone,
        hours_a_month=_worked_in_30_days(workload) if isinstance(workload, Replay) else habits.hours,
        assumed=[
            (name, f"{getattr(habits, name):g}", item.metadata["meaning"], item.metadata["source"])
            for name, item in numbers_of(Habits).items()
        ],
    )


def _workload(asked: argparse.Namespace, term: Term, habits: Habits) -> Workload:
    if asked.history is not None:
        entries = read_history(asked.history)
        return Replay(entries, idle_timeout_s=60.0 * asked.idle_minutes, stay_s=3_600.0 * habits.study_hours)
    timetables = [without_holidays(read_timetable(file, term), term) for file in asked.timetable] or [
        weekly(term, start_hour=hour, hours=habits.class_hours) for hour in _hours(asked.class_starts)
    ]
    cohorts = plan_cohorts(
        asked.students, cohort_size=asked.cohort_size, timetables=timetables, data_share=habits.data_share
    )
    return School(term, cohorts, habits, seed=asked.seed)


def _worked_in_30_days(replay: Replay) -> float:
    worked = sum(visit.ends - visit.begins for student in range(replay.students) for visit in replay.visits(student))
    days = (replay.ends_at - replay.starts_at) / 86_400
    return worked / 3_600 / replay.students / days * 30


def _term(asked: argparse.Namespace) -> Term:
    try:
        first = dt.date.fromisoformat(asked.start)
    except ValueError:
        raise BadInput(f"--start: a day like 2026-09-28 is expected, not {asked.start!r}") from None
    return Term(first, asked.days, asked.time_zone, read_days(asked.holidays))


def _hours(text: str) -> list[float]:
    try:
        hours = [float(word) for word in text.split(",")]
    except ValueError:
        hours = []
    if not hours or not all(0 <= hour < 24 for hour in hours):
        raise BadInput(f"--class-starts: hours like 9 or 9,13.5,18 are expected, not {text!r}")
    return hours


def _schedule(text: str, time_zone: str) -> PoolSchedule:
    sizes: dict[str, int] = {}
    for word in text.split():
        match = _POOL_WORD.fullmatch(word)
        if match is None or int(match[2]) > POOL_SIZE_MAX:
            raise BadInput(f"--pool: words like base=3 peak=5 off=1 weekend=2 are expected, not {word!r}")
        sizes[match[1]] = int(match[2])
    return PoolSchedule(**sizes, time_zone=time_zone)


def _within(option: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise BadInput(f"{option} must be from {least:,g} to {most:,g}, not {value:,g}")
