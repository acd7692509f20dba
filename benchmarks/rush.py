"""Thirty students of one cohort click within the same second: what each of them waits for.

Unannounced with a pool that is fixed at 5, unannounced by the default settings, and with a warm
task for each, as for a class that the timetable announced. In turns, on one machine.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import charts
from benchmarks.measure import Findings, Measure, Target
from contract.names import TaskState, WorkspaceKind
from tests.school import School, Student, pool_of, running_school
from tests.waiting import until

POOL = 5
POOL_GROWS_WITHIN_S = 300.0
SETTLE_S = 10.0
"""A class does not come in the second in which the last task of the pool is ready: tasks that have
just started, and snapshots of the round before, still want the processor."""
ROOM = {"APRANOVA_KINDS": WorkspaceKind.VSCODE, "APRANOVA_MEMORY_GB": "48"}
"""Lets thirty small workspaces in, with memory left for a pool, whatever the machine has."""
ALL_IN_MOST_S = {"unannounced, pool of 5": 8.0, "unannounced, default settings": 3.0, "announced": 1.8}


def run(*, quick: bool) -> Findings:
    people, rounds = (4, 1) if quick else (30, 3)
    settings = {
        "unannounced, pool of 5": {**pool_of(min(POOL, people // 2)), **ROOM},
        "unannounced, default settings": ROOM,
        "announced": {**pool_of(people), **ROOM},
    }
    all_in_s: dict[str, list[float]] = defaultdict(list)
    page_s: dict[str, list[float]] = defaultdict(list)
    paths: dict[str, Counter[str]] = defaultdict(Counter)
    for case, its in settings.items():
        with running_school(its) as school:
            students = school.enroll(people, cohort="Rush")
            wanted = people if case != "unannounced, pool of 5" else min(POOL, people // 2)
            for _ in range(rounds):
                until_ready(school, wanted)
                everybody = _click_together(students)
                all_in_s[case].append(max(seconds for _, seconds in everybody))
                page_s[case] += [seconds for _, seconds in everybody]
                paths[case].update(path for path, _ in everybody)
                school.stop_all(students)
    measures = [
        Measure(f"{people} at once, {case}: until all are in", "s", all_in_s[case], Target("median", most))
        for case, most in ALL_IN_MOST_S.items()
    ]
    measures += [Measure(f"{people} at once, {case}: each", "s", page_s[case]) for case in ALL_IN_MOST_S]
    details = {"paths": {case: dict(found) for case, found in paths.items()}, "rounds": rounds}
    return Findings("A class at once", measures, {}, details)


def until_ready(school: School, wanted: int) -> None:
    def ready() -> bool:
        return sum(task.state is TaskState.READY for task in school.fleet().tasks) >= wanted

    school.until_pool_is_full()
    until(ready, school.product.logs, within_s=POOL_GROWS_WITHIN_S, every_s=0.5)
    time.sleep(SETTLE_S)


def _click_together(students: list[Student]) -> list[tuple[str, float]]:
    """For each student the path of the launch, and the seconds until VS Code's first page."""
    began = time.perf_counter()

    def one(student: Student) -> tuple[str, float]:
        path = student.launch().path
        return path, time.perf_counter() - began

    with ThreadPoolExecutor(len(students)) as together:
        return list(together.map(one, students))


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, "A class at once", rows=1) as (axes,):
        charts.dots(axes, [it for it in findings.measures if it.name.endswith("each")], "Click → first page", "seconds")
