"""One planning run: a workload, a scenario, and the result."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable
from pathlib import Path

from simulator.costs import plan as cost_plan
from simulator.costs.model import Group, cost
from simulator.costs.plan import Plan
from simulator.costs.price_book import PriceBook
from simulator.costs.stack import WorkspaceTask
from simulator.costs.usage import Requests
from simulator.planning.engine import PlannedEngine
from simulator.planning.ledger import Ledger
from simulator.planning.load import Load
from simulator.planning.manager import PlannedManager
from simulator.planning.result import STEP_S, CohortResult, Course, Result, Waits, Work
from simulator.planning.settings import Scenario
from simulator.planning.store import CountingStore
from simulator.planning.students import Students
from simulator.planning.timeline import Timeline
from simulator.quick import quick_records
from simulator.workloads.visit import Workload

HOUR_S = 3_600.0
DECISIONS_SHOWN = 12
Progress = Callable[[float, int], None]
"""Gets the share of the time that has passed, and the launches so far."""


class PlanningRun:
    def __init__(self, workload: Workload, scenario: Scenario, *, name: str = "") -> None:
        self.name = name or scenario.policy_name
        self.workload, self.scenario = workload, scenario
        self.timeline = Timeline(workload.starts_at)
        self.ledger = Ledger(len(workload.cohorts))
        self.store = CountingStore(Load(self.timeline))
        self.engine_load = Load(self.timeline)
        self.engine = PlannedEngine(self.timeline, scenario.engine, self.ledger, self.engine_load, seed=scenario.seed)
        self.manager = PlannedManager(self.timeline, scenario, self.store, self.engine)
        self.students = Students(self.timeline, workload, self.manager, store=self.store, engine=self.engine)
        self.course = Course(workload.starts_at)

    def run(self, progress: Progress = lambda _share, _launches: None) -> None:
        begin, end = self.workload.starts_at, self.workload.ends_at
        self.timeline.at(begin, self._sample, None)
        collected = gc.isenabled()
        gc.disable()  # nothing here makes cycles that last, and looking for them takes a tenth of the time
        try:
            at = begin
            with quick_records():
                while at < end:
                    at = min(end, at + HOUR_S)
                    self.timeline.run_until(at)
                    progress((at - begin) / (end - begin), len(self.students.launches))
        finally:
            if collected:
                gc.enable()
        self.engine.end_of_time()

    def _sample(self, _: None) -> None:
        course, engine = self.course, self.engine
        course.warm.append(engine.waiting_warm)
        course.at_work.append(self.students.at_work)
        self.timeline.at(self.timeline.time + STEP_S, self._sample, None)


def simulate(
    workload: Workload,
    scenario: Scenario,
    book: PriceBook,
    *,
    task: WorkspaceTask | None = None,
    name: str = "",
    progress: Progress = lambda _share, _launches: None,
) -> Result:
    began = time.process_time()
    run = PlanningRun(workload, scenario, name=name)
    run.run(progress)
    return evaluate(run, book, task=task or WorkspaceTask(), machine_s=time.process_time() - began)


def evaluate(run: PlanningRun, book: PriceBook, *, task: WorkspaceTask, machine_s: float) -> Result:
    launches, ledger, workload = run.students.launches, run.ledger, run.workload
    period_s = workload.ends_at - workload.starts_at
    work = _work(run, machine_s)
    hours = ledger.all.hours
    assumed = Plan(students=workload.students)
    usage = cost_plan.usage(
        assumed,
        hours,
        starts=ledger.tasks,
        period_hours=period_s / HOUR_S,
        requests=Requests(
            web=hours.session * assumed.web_requests_an_hour,
            manager=work.sweeps + work.requests,
            store_reads=run.store.load.total - run.store.load.by_name.get("write", 0),
            store_writes=2 * run.store.records_written,  # a record in a transaction takes two units
        ),
    )
    price = cost(usage, book, task=task)
    return Result(
        name=run.name,
        policy_name=run.scenario.policy_name,
        students=workload.students,
        period_s=period_s,
        seed=run.scenario.seed,
        launches=launches,
        waits=Waits.of(launches.waits()),
        start_waits=Waits.of(launches.waits(starts_only=True)),
        hours=hours,
        unclaimed=ledger.unclaimed.hours,
        worked_hours=run.students.active_s / HOUR_S,
        tasks=ledger.tasks,
        never_claimed=ledger.never_claimed,
        bill=price,
        cohorts=tuple(_cohorts(run, price.group(Group.WORKSPACES) / hours.total if hours.total else 0.0)),
        work=work,
        course=run.course,
        decisions=run.manager.decisions()[:DECISIONS_SHOWN],
    )


def _cohorts(run: PlanningRun, dollars_an_hour: float) -> list[CohortResult]:
    launches = run.students.launches
    waits: list[list[float]] = [[] for _ in run.workload.cohorts]
    for cohort, wait_s in zip(launches.cohort, launches.wait_s, strict=True):
        waits[cohort].append(wait_s)
    return [
        CohortResult(
            cohort.label, len(cohort.students), bill.hours, bill.hours.total * dollars_an_hour, Waits.of(sorted(own))
        )
        for cohort, bill, own in zip(run.workload.cohorts, run.ledger.by_cohort, waits, strict=True)
    ]


def _work(run: PlanningRun, machine_s: float) -> Work:
    sweeps, store, engine = run.manager.work, run.store, run.engine
    passes = max(1, sweeps.passes)
    agent_calls = engine.load.by_name.get("agent", 0)
    return Work(
        sweeps=sweeps.passes,
        records_read_a_sweep=sweeps.records_read / passes,
        records_read_max=sweeps.records_read_max,
        sweep_ms=1_000.0 * sweeps.seconds / passes,
        sweep_ms_max=1_000.0 * sweeps.seconds_max,
        requests=run.manager.requests,
        store_calls=store.load.total,
        store_calls_peak_per_s=store.load.peak_per_s,
        records_read=store.records_read,
        records_written=store.records_written,
        run_task=engine.load.by_name.get("RunTask", 0),
        run_task_peak_per_s=engine.run_task.peak_per_s,
        engine_calls=engine.load.total - agent_calls,
        agent_calls=agent_calls,
        launches_delayed=engine.delayed,
        events=run.timeline.events,
        machine_s=machine_s,
        memory_mb=peak_memory_mb(),
    )


def peak_memory_mb() -> float:
    """Of this process alone: Linux's getrusage starts with the memory of the parent."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024.0
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return float(line.split()[1]) / 1_024.0
