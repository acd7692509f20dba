"""How much memory the product takes, and how much CPU an idle workspace uses.

Memory is proportional (PSS): a page that several processes share counts once among them.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from benchmarks import charts
from benchmarks.editor import at_dashboard, click_launch, fresh_profile
from benchmarks.measure import Findings, Measure, Target
from benchmarks.superset import template_when_there
from single_machine.status import resident_bytes
from tests.chromium import running_chromium
from tests.product import fixed_pool
from tests.school import School, Student, Unexpected, pool_of, running_school
from tests.waiting import until

MB = 1e6
_EXTENSION_HOST = "extension host"
_PYTHON_HELP, TYPESCRIPT_HELP = "Python help", "TypeScript help"
NEXT, POSTGRESQL = "next dev", "PostgreSQL"
PLATFORM = Target("median", 700)
WARM = Target("median", 100)
SESSION = Target("median", 450)
IDLE_TAB = Target("median", 0.3)
POOL = 3

_PYTHON = 'names: list[str] = ["a", "b"]; print([name.upper() for name in names])'
_TYPESCRIPT = 'const names: string[] = ["a", "b"]; console.log(names.map((name) => name.toUpperCase()));'


@dataclass(frozen=True)
class Size:
    settle_s: float
    """Wait before a reading, so that garbage of the start is collected."""
    idle_minutes: int
    """A third of an idle tab's life. V8 collects old objects mostly in the first minutes."""
    minute_s: float


FULL = Size(settle_s=15, idle_minutes=10, minute_s=60)
QUICK = Size(settle_s=4, idle_minutes=1, minute_s=8)


def run(*, quick: bool) -> Findings:
    size = QUICK if quick else FULL
    with running_school(pool_of(POOL)) as school:
        school.until_pool_is_full()
        time.sleep(size.settle_s)
        platform_idle = _platform(school)
        warm = [memory_by_sort(task) for task in sorted(school.sandboxes())]
        student = school.demo_student("amira")
        stages, burned, platform_burned = _session(school, student, size)
        platform_used = _platform(school)
        stages["another one with a file, a terminal and TypeScript help"] = _typescript_alone(school, size)
    return _findings(
        size,
        platform={
            "after the start": platform_idle,
            "after a session": platform_used,
            "of both kinds, Superset's prefork template included": _both_kinds(size),
        },
        warm=warm,
        stages=stages,
        burned=burned,
        platform_burned=platform_burned,
    )


def _session(
    school: School, student: Student, size: Size
) -> tuple[dict[str, dict[str, float]], list[float], list[float]]:
    """Memory of the workspace by stage; CPU seconds per idle minute of it and the platform."""
    waiting = school.sandboxes()
    stages: dict[str, dict[str, float]] = {}
    with running_chromium() as browser, fresh_profile(browser) as context:
        code = click_launch(at_dashboard(context, school, student))[1]
        task = _claimed_sandbox(school, student, waiting)
        code.open_file("README.md")
        time.sleep(size.settle_s)
        stages["a file open"] = memory_by_sort(task)
        school.until_pool_is_full()
        burned, platform_burned = _idle(school, task, size)
        code.terminal("git status")
        time.sleep(size.settle_s)
        stages["and a terminal"] = memory_by_sort(task)
        for name, text, help_ in (("a.py", _PYTHON, _PYTHON_HELP), ("b.ts", _TYPESCRIPT, TYPESCRIPT_HELP)):
            code.make_file(name, text)
            code.open_from_explorer(name)
            _until_there(task, help_)
            time.sleep(size.settle_s)
            stages[f"and {help_}"] = memory_by_sort(task)
    return stages, burned, platform_burned


def _typescript_alone(school: School, size: Size) -> dict[str, float]:
    """Memory of a workspace whose student writes in TypeScript only."""
    school.until_pool_is_full()
    (student,), waiting = school.enroll(1, track="FSD"), school.sandboxes()
    with running_chromium() as browser, fresh_profile(browser) as context:
        code = click_launch(at_dashboard(context, school, student))[1]
        task = _claimed_sandbox(school, student, waiting)
        code.open_file("README.md")
        code.terminal("git status")
        code.make_file("b.ts", _TYPESCRIPT)
        code.open_from_explorer("b.ts")
        _until_there(task, TYPESCRIPT_HELP)
        time.sleep(size.settle_s)
        return memory_by_sort(task)


def _until_there(task: psutil.Process, sort: str) -> None:
    """Without the process that a stage is named after, the stage would look cheap."""
    until(
        lambda: sort in memory_by_sort(task),
        lambda: f"no process of {sort}, only {sorted(memory_by_sort(task))}",
        every_s=0.5,
    )


def _claimed_sandbox(school: School, student: Student, waiting: set[int]) -> psutil.Process:
    """The waiting sandbox that has an extension host: only a workspace that was opened has one."""
    if student.launch().path != "existing":
        raise Unexpected("the workspace was expected to run")

    def opened() -> list[int]:
        return [pid for pid in waiting & school.sandboxes() if _EXTENSION_HOST in memory_by_sort(pid)]

    return psutil.Process(until(opened, "no workspace has an extension host, so none was opened", every_s=0.5)[0])


def _idle(school: School, task: psutil.Process, size: Size) -> tuple[list[float], list[float]]:
    """CPU seconds per minute of an open tab that nobody uses."""
    tasks, platforms = [], []
    pids = list(school.product.pids().values())
    for _ in range(size.idle_minutes):
        before, platform_before = _cpu_s(task.pid), sum(_cpu_s(pid, deep=False) for pid in pids)
        time.sleep(size.minute_s)
        per_minute = 60 / size.minute_s
        tasks.append((_cpu_s(task.pid) - before) * per_minute)
        platforms.append((sum(_cpu_s(pid, deep=False) for pid in pids) - platform_before) * per_minute)
    return tasks, platforms


def _platform(school: School) -> dict[str, float]:
    """MB of each process of the platform, without workspaces."""
    return {name: (resident_bytes(pid) or 0) / MB for name, pid in school.product.pids().items()}


def _both_kinds(size: Size) -> dict[str, float]:
    """A school with idle data students: the prefork template of the first launch stays."""
    with running_school(fixed_pool(0)) as school:
        student = school.demo_student("deepa")
        student.launch()
        school.stop_all([student])
        template_when_there(school)
        time.sleep(size.settle_s)
        return _platform(school)


def memory_by_sort(task: int | psutil.Process) -> dict[str, float]:
    """MB of each sort of process in a sandbox."""
    root = psutil.Process(task) if isinstance(task, int) else task
    parts: dict[str, float] = defaultdict(float)
    for process in [root, *root.children(recursive=True)]:
        try:
            parts[_sort(process)] += process.memory_full_info().pss / MB
        except psutil.NoSuchProcess:
            continue
    return dict(parts)


def _sort(process: psutil.Process) -> str:
    """The sort of a process, from its command line."""
    words = " ".join(process.cmdline())
    if process.name() == "bwrap" or "apranova/task.py" in words:
        return "agent and sandbox"
    for mark, name in (
        ("--type=extensionHost", _EXTENSION_HOST),
        ("--type=ptyHost", "terminal host"),
        ("--type=fileWatcher", "file watcher"),
        ("tsserver", TYPESCRIPT_HELP),
        ("typingsInstaller", TYPESCRIPT_HELP),
        ("langserver", _PYTHON_HELP),
        ("next dev", NEXT),
        ("next-server", NEXT),
        ("/next/dist/", NEXT),
        ("/.next/", NEXT),
        ("npm run dev", NEXT),
        ("code-server/server.js", "code-server"),
        ("/opt/node/bin/node", "code-server"),
        ("postgres", POSTGRESQL),
    ):
        if mark in words:
            return name
    return "shell and others"


def _cpu_s(pid: int, *, deep: bool = True) -> float:
    """CPU seconds of a process and its ended children; `deep`: also of all descendants."""
    root = psutil.Process(pid)
    total = 0.0
    for process in [root, *(root.children(recursive=True) if deep else ())]:
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


def _findings(
    size: Size,
    *,
    platform: dict[str, dict[str, float]],
    warm: list[dict[str, float]],
    stages: dict[str, dict[str, float]],
    burned: list[float],
    platform_burned: list[float],
) -> Findings:
    measures = [
        Measure(f"platform {when}, in all", "MB", [sum(parts.values())], PLATFORM) for when, parts in platform.items()
    ]
    measures += [
        Measure(f"platform after the start, {name}", "MB", [value])
        for name, value in platform["after the start"].items()
    ]
    measures.append(Measure("waiting warm workspace", "MB", [sum(parts.values()) for parts in warm], WARM))
    measures += [
        Measure(f"workspace in use: {stage}", "MB", [sum(parts.values())], SESSION) for stage, parts in stages.items()
    ]
    measures += [
        Measure("idle open tab: CPU of the workspace", "CPU-s/min", burned, IDLE_TAB),
        Measure("idle open tab: CPU of the whole platform", "CPU-s/min", platform_burned),
    ]
    details = {**vars(size), "pool": POOL, "platform_mb": platform, "warm_mb": warm, "stages_mb": stages}
    return Findings("Footprint: memory (PSS) and idle CPU", measures, details=details)


def plot(findings: Findings, path: Path) -> None:
    details = findings.details
    platform, warm, stages = details["platform_mb"], details["warm_mb"], details["stages_mb"]
    assert isinstance(platform, dict)
    assert isinstance(warm, list)
    assert isinstance(stages, dict)
    with charts.figure(path, "What the product needs", rows=2, height=3.6) as (above, below):
        charts.stacks(
            above, list(platform.items()), "Platform without workspaces (red: 700 MB)", "MB, proportional (PSS)"
        )
        for row in range(len(platform)):
            charts.limit(above, row, PLATFORM.most)
        rows = [("waiting, warm", _medians(warm)), *stages.items()]
        charts.stacks(below, rows, "One VS Code workspace (red: target)", "MB, proportional (PSS)")
        for row in range(len(rows)):
            charts.limit(below, row, SESSION.most if row else WARM.most)


def _medians(tasks: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(task.get(name, 0.0) for task in tasks) for name in tasks[0]}
