"""How long a student waits: click → URL, click → editor, one student or a class at once."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import Browser

from benchmarks import charts
from benchmarks.direct import code_server
from benchmarks.editor import at_dashboard, click_launch, click_link, click_open, fresh_profile
from benchmarks.measure import Findings, Measure, Target
from contract.names import TaskState
from tests.chromium import running_chromium
from tests.school import Launch, School, Student, Unexpected, image_folder, pool_of, running_school

POOL = 5
"""The default pool at peak hours."""
CLASS_SIZES = (1, 10, 30)
CLICKS_AT_ONCE = 50
TARGETS = {"existing": Target("p95", 50), "warm": Target("p95", 300), "cold": Target("median", 2000)}
EDITOR_OVER_DIRECT = Target("median", 500)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Size:
    existing: int
    warm_rounds: int
    cold: int
    editor_rounds: int
    classes: tuple[int, ...]
    clicks: int


FULL = Size(existing=100, warm_rounds=6, cold=15, editor_rounds=12, classes=CLASS_SIZES, clicks=CLICKS_AT_ONCE)
QUICK = Size(existing=10, warm_rounds=1, cold=2, editor_rounds=1, classes=(1, 3), clicks=10)


@dataclass
class _Seen:
    url_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    page_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    editor_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    class_ms: dict[int, list[float]] = field(default_factory=dict)
    class_all_in_ms: dict[int, float] = field(default_factory=dict)
    class_paths: dict[int, dict[str, int]] = field(default_factory=dict)
    facts: dict[str, bool] = field(default_factory=dict)

    def add(self, launch: Launch) -> None:
        """Under the path that the product reports: without a warm task, a launch is not warm."""
        self.url_ms[launch.path].append(launch.url_ms)
        self.page_ms[launch.path].append(launch.page_ms)


def run(*, quick: bool) -> Findings:
    size = QUICK if quick else FULL
    seen = _Seen()
    with running_school({**pool_of(POOL), "APRANOVA_MEMORY_GB": str(max(size.classes) + 10)}) as school:
        students = school.enroll(max(*size.classes, POOL))
        _warm(school, students[:POOL], size.warm_rounds, seen)
        _existing(school, students[0], size.existing, seen)
        school.stop_all(students)
        with running_chromium() as browser:
            _editors(school, students[:2], browser, size.editor_rounds, seen)
        school.stop_all(students)
        for count in size.classes:
            _class_at_once(school, students[:count], seen)
            school.stop_all(students)
    with running_school(pool_of(0)) as school:
        student = school.demo_student("amira")
        _cold(school, student, size.cold, seen)
        with running_chromium() as browser:
            _editor_cold(school, student, browser, size.editor_rounds // 2 or 1, seen)
        _clicks_at_once(school, student, size.clicks, seen)
    return _findings(seen, size)


def _warm(school: School, students: list[Student], rounds: int, seen: _Seen) -> None:
    """As many students as the pool has tasks, one after the other. Nearly all resume a home."""
    for _ in range(rounds):
        school.until_pool_is_full()
        for student in students:
            seen.add(student.launch())
        school.stop_all(students)


def _existing(school: School, student: Student, count: int, seen: _Seen) -> None:
    student.launch()
    school.until_pool_is_full()  # the replacement of its task has been started: that is measured with the warm launches
    for _ in range(count):
        seen.add(student.launch())


def _cold(school: School, student: Student, count: int, seen: _Seen) -> None:
    for _ in range(count):
        seen.add(student.launch())
        school.stop_all([student])


def _editor_cold(school: School, student: Student, browser: Browser, rounds: int, seen: _Seen) -> None:
    for _ in range(rounds):
        with fresh_profile(browser) as context:
            seen.editor_ms["cold"].append(click_launch(at_dashboard(context, school, student))[0])
        school.stop_all([student])


def _editors(school: School, students: list[Student], browser: Browser, rounds: int, seen: _Seen) -> None:
    """Alternating with the same code-server served directly.

    'first': not opened since it started, as after a warm launch; 'again': opened before, as an
    existing workspace.
    """
    student = students[0]
    school.until_pool_is_full()
    image = image_folder(school)
    for _ in range(rounds):
        school.until_pool_is_full()
        with fresh_profile(browser) as context:
            seen.editor_ms["warm"].append(click_launch(at_dashboard(context, school, student))[0])
        with fresh_profile(browser) as context:
            seen.editor_ms["existing"].append(click_open(at_dashboard(context, school, student)))
        school.stop_all([student])
        school.until_pool_is_full()
        with code_server(image) as url:
            for name in ("direct, first", "direct, again"):
                with fresh_profile(browser) as context:
                    seen.editor_ms[name].append(click_link(context, url))


def _class_at_once(school: School, students: list[Student], seen: _Seen) -> None:
    school.until_pool_is_full()
    before = school.sandboxes()
    began = time.perf_counter()
    launches = _all_at_once([student.launch for student in students])
    count = len(students)
    seen.class_all_in_ms[count] = (time.perf_counter() - began) * 1e3
    seen.class_ms[count] = [launch.page_ms for launch in launches]
    paths = [launch.path for launch in launches]
    seen.class_paths[count] = {path: paths.count(path) for path in sorted(set(paths))}
    fleet = school.fleet()
    tasks = {it.workspace_id: it.task_id for it in fleet.tasks if it.state is TaskState.CLAIMED and it.workspace_id}
    wanted = {launch.workspace_id for launch in launches}
    seen.facts[f"{count} at once: all got in"] = len(wanted) == count
    seen.facts[f"{count} at once: no two share a task"] = wanted == tasks.keys() and len(
        set(tasks.values())
    ) == count <= len(before | school.sandboxes())


def _clicks_at_once(school: School, student: Student, count: int, seen: _Seen) -> None:
    before = school.sandboxes()
    if before:
        raise Unexpected(f"no sandbox was expected without a pool, there are {len(before)}")
    ids = _all_at_once([student.click] * count)
    student.launch()
    claimed = [task for task in school.fleet().tasks if task.workspace_id and task.state is not TaskState.STOPPED]
    seen.facts[f"{count} clicks at once by one student: one workspace, one task, one sandbox"] = (
        len(set(ids)) == len(claimed) == len(school.sandboxes()) == 1
    )


def _all_at_once(calls: list[Callable[[], Result]]) -> list[Result]:
    with ThreadPoolExecutor(len(calls)) as everybody:
        return [future.result() for future in [everybody.submit(call) for call in calls]]


def _findings(seen: _Seen, size: Size) -> Findings:
    measures = [
        Measure(f"click → URL, {path}", "ms", seen.url_ms[path], TARGETS[path]) for path in TARGETS if seen.url_ms[path]
    ]
    measures += [
        Measure(f"click → VS Code's first page over HTTP, {path}", "ms", seen.page_ms[path])
        for path in TARGETS
        if seen.page_ms[path]
    ]
    measures += [
        Measure(f"click → editor usable in Chromium, {path}", "ms", samples) for path, samples in seen.editor_ms.items()
    ]
    for path, direct in (("warm", "direct, first"), ("existing", "direct, again")):
        pairs = zip(seen.editor_ms[path], seen.editor_ms[direct], strict=True)
        over = [value - base for value, base in pairs]  # of one round: the machine is not as fast in the next one
        measures.append(
            Measure(
                f"editor usable, {path}: over direct", "ms", over, EDITOR_OVER_DIRECT, note="minus direct of that round"
            )
        )
    measures += [
        Measure(f"{count} at once: click → VS Code's first page", "ms", samples)
        for count, samples in seen.class_ms.items()
    ]
    details = {
        "pool": POOL,
        "rounds": vars(size),
        "class_all_in_ms": seen.class_all_in_ms,
        "class_paths": seen.class_paths,
    }
    return Findings("Launch: how long a student waits", measures, seen.facts, details)


def plot(findings: Findings, path: Path) -> None:
    by_name = {measure.name: measure for measure in findings.measures}

    def pick(*prefixes: str) -> list[Measure]:
        return [measure for name, measure in by_name.items() if name.startswith(prefixes)]

    with charts.figure(path, "How long a student waits", rows=3) as (urls, editors, classes):
        charts.dots(urls, pick("click → URL"), "Click → URL (dots: each launch; red: target)", "milliseconds, log")
        urls.set_xscale("log")
        charts.dots(editors, pick("click → editor"), "Click → editor usable in Chromium, fresh profile", "milliseconds")
        charts.dots(classes, pick(*"0123456789"), "A class at once: click → VS Code's first page", "milliseconds")
