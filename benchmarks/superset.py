"""How soon a data student works in Superset, and what twenty of them need."""

from __future__ import annotations

import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from playwright.sync_api import Browser, BrowserContext, Request, expect

from benchmarks import charts
from benchmarks.editor import TIMEOUT_MS, fresh_profile
from benchmarks.measure import Findings, Measure, Target
from contract.names import WorkspaceKind
from tests.chromium import running_chromium, running_profile
from tests.school import Launch, School, Student, Unexpected, pool_of, running_school
from tests.waiting import until

CLAIM = Target("median", 150)
HOME_PAGE = Target("median", 1500)
COLD = Target("median", 8000)
OWN = Target("median", 40)
TWENTY = Target("median", 1200)
TEMPLATE_WITHIN_S = 60.0
MB = 1e6
_STATIC = re.compile(r"/static/|\.(js|css|woff2?|png|svg|gif|ico)(\?|$)")
_STATIC_AT_THE_EDGE = re.compile(r"^http://[^/]+/_shared/")


@dataclass(frozen=True)
class Size:
    warm: int
    cold: int
    pages: int
    students: int
    settle_s: float


FULL = Size(warm=30, cold=5, pages=10, students=20, settle_s=15)
QUICK = Size(warm=3, cold=1, pages=1, students=4, settle_s=3)


@dataclass
class _Seen:
    claim_ms: list[float] = field(default_factory=list)
    url_ms: dict[str, list[float]] = field(default_factory=dict)
    page_ms: dict[str, list[float]] = field(default_factory=dict)
    memory_mb: dict[str, list[float]] = field(default_factory=dict)
    facts: dict[str, bool] = field(default_factory=dict)
    requests: dict[str, list[str]] = field(default_factory=dict)


def run(*, quick: bool) -> Findings:
    size = QUICK if quick else FULL
    seen = _Seen()
    tasks = {"APRANOVA_MEMORY_GB": str(size.students + 10)}
    with running_school({**pool_of(5, WorkspaceKind.SUPERSET), **tasks}) as school:
        students = school.enroll(size.students, track="DP")
        school.until_pool_is_full()
        _warm(school, students[:5], size.warm, seen)
        with running_chromium() as browser:
            _first_visits(school, students[0], browser, size.pages, seen)
        with running_profile() as profile:
            _later_visits(school, students[0], profile, size.pages, seen)
        school.stop_all(students)
        _all_at_once(school, students, seen, settle_s=size.settle_s)
    with running_school(pool_of(0, WorkspaceKind.SUPERSET)) as school:
        _cold(school, school.demo_student("deepa"), size.cold, seen)
    return _findings(seen, size)


def _warm(school: School, students: list[Student], count: int, seen: _Seen) -> None:
    while len(seen.claim_ms) < count:
        school.until_pool_is_full()
        for student in students:
            launch = student.launch()
            seen.url_ms.setdefault(launch.path, []).append(launch.url_ms)
            if launch.path == "warm":
                seen.claim_ms.append(_between(launch, "task_claimed", "application_ready"))
        school.stop_all(students)


def _between(launch: Launch, first: str, last: str) -> float:
    return (launch.steps_at[last] - launch.steps_at[first]) * 1e3


def _first_visits(school: School, student: Student, browser: Browser, count: int, seen: _Seen) -> None:
    for _ in range(count):
        for path in ("warm", "existing"):
            with fresh_profile(browser) as context:
                context.add_cookies(student.cookies())
                _visit(school, student, context, path, seen, "first visit of a browser")
        school.stop_all([student])


def _later_visits(school: School, student: Student, profile: BrowserContext, count: int, seen: _Seen) -> None:
    profile.set_default_timeout(TIMEOUT_MS)
    profile.add_cookies(student.cookies())
    unseen = _Seen()  # V8 caches compiled code at the second visit and uses it from the third on
    for number in range(-2, count):
        for path in ("warm", "existing"):
            _visit(school, student, profile, path, seen if number >= 0 else unseen, "a browser that was there before")
        school.stop_all([student])


def _visit(school: School, student: Student, context: BrowserContext, path: str, seen: _Seen, who: str) -> None:
    school.until_pool_is_full()
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    portal = context.new_page()
    portal.goto(f"{student.url}/dashboard")
    button = portal.get_by_role("button" if path == "warm" else "link", name=re.compile("(Launch|Open) Workspace"))
    expect(button).to_be_enabled(timeout=60_000)
    context.on("request", note)
    began = time.perf_counter()
    with context.expect_page() as opened:
        button.click()
    home = opened.value
    home.get_by_role("navigation").first.wait_for()
    home.get_by_text("Dashboards").first.wait_for()
    seen.page_ms.setdefault(f"{path}, {who}", []).append((time.perf_counter() - began) * 1e3)
    home.wait_for_load_state("networkidle")
    context.remove_listener("request", note)
    origin = f"{home.url.split('//')[0]}//{home.url.split('/')[2]}"
    urls = [request.url for request in asked if request.url.startswith(origin)]
    seen.requests[f"{path}, {who}"] = urls
    static = [url for url in urls if _STATIC.search(url.partition("?")[0])]
    stray = [url for url in static if not _STATIC_AT_THE_EDGE.match(url)]
    seen.facts[f"first page, {path}: every static request served by the edge"] = bool(static) and not stray
    for page in (portal, home):
        page.close()


def _all_at_once(school: School, students: list[Student], seen: _Seen, *, settle_s: float) -> None:
    school.until_pool_is_full()
    with ThreadPoolExecutor(len(students)) as everybody:
        launches = [future.result() for future in [everybody.submit(student.launch) for student in students]]
    seen.facts[f"{len(students)} launches at once: all in"] = len({it.workspace_id for it in launches}) == len(students)
    time.sleep(settle_s)
    template, children = family(school)
    claimed = _largest(children, len(students))
    seen.memory_mb["memory of its own, an idle child after its first page"] = [_own(child) for child in claimed]
    waiting = [child for child in children if child not in claimed]
    if waiting:
        seen.memory_mb["memory of its own, a child that waits for a claim"] = [_own(child) for child in waiting]
    seen.memory_mb["the prefork template"] = [_shared([template])]
    supersets = _shared([template, *children])
    seen.memory_mb[f"Superset of {len(students)} students, of the pool and the template, in all"] = [supersets]
    sandboxes = [psutil.Process(pid) for pid in school.sandboxes()]
    around = [process for root in sandboxes for process in [root, *root.children(recursive=True)]]
    seen.memory_mb["their agents and sandboxes in addition"] = [_shared(around)]


def _cold(school: School, student: Student, count: int, seen: _Seen) -> None:
    """The template is ended before each launch, so that none is warm."""
    for _ in range(count):
        began = time.perf_counter()
        launch = student.launch()
        seen.url_ms.setdefault("cold, no prefork template", []).append(launch.url_ms)
        if launch.path != "cold":
            raise Unexpected(f"a cold launch was expected, not {launch.path} after {time.perf_counter() - began:.1f} s")
        school.stop_all([student])
        _end_template(school)


def _end_template(school: School) -> None:
    """Once it is warm. If it ended before, the engine would count a failure and pause templates."""
    template = template_when_there(school)
    busy_s, deadline = -1.0, time.monotonic() + TEMPLATE_WITHIN_S
    while (now_busy_s := sum(template.cpu_times()[:2])) > busy_s and time.monotonic() < deadline:
        busy_s = now_busy_s
        time.sleep(1)
    template.kill()
    template.wait(10)


def template_when_there(school: School) -> psutil.Process:
    """The engine starts it ten seconds after a cold start."""
    return until(lambda: family(school)[0], "there is no prefork template", every_s=0.5, ignoring=Unexpected)


def family(school: School) -> tuple[psutil.Process, list[psutil.Process]]:
    """The prefork template and what it has forked. Raises Unexpected while there is none."""
    shim = psutil.Process(school.product.pids()["shim"])
    templates = [child for child in shim.children() if "agent.prefork_template" in child.cmdline()]
    if len(templates) != 1:
        raise Unexpected(f"one prefork template was expected, there are {len(templates)}")
    return templates[0], templates[0].children()


def _own(process: psutil.Process) -> float:
    """MB of pages that only this process has."""
    return process.memory_full_info().uss / MB


def _shared(processes: list[psutil.Process]) -> float:
    """MB; a page that several processes share counts once."""
    return sum(process.memory_full_info().pss for process in processes) / MB


def _largest(processes: list[psutil.Process], count: int) -> list[psutil.Process]:
    return sorted(processes, key=_own, reverse=True)[:count]


def _findings(seen: _Seen, size: Size) -> Findings:
    targets = {"cold, no prefork template": COLD}
    measures = [Measure("claim → Superset's /health answers", "ms", seen.claim_ms, CLAIM)]
    measures += [
        Measure(f"click → URL, {path}", "ms", samples, targets.get(path)) for path, samples in seen.url_ms.items()
    ]
    measures += [
        Measure(
            f"click → home page usable in Chromium, {path}",
            "ms",
            samples,
            HOME_PAGE if path.startswith("warm") else None,
        )
        for path, samples in seen.page_ms.items()
    ]
    for name, samples in seen.memory_mb.items():
        target = OWN if "of its own" in name else TWENTY if name.endswith("in all") else None
        measures.append(Measure(name, "MB", samples, target))
    requests = {path: len(urls) for path, urls in seen.requests.items()}
    details = {**vars(size), "requests_of_the_first_page": requests}
    return Findings("Superset: how soon, and how much memory", measures, seen.facts, details)


def plot(findings: Findings, path: Path) -> None:
    times = [measure for measure in findings.measures if measure.unit == "ms"]
    memory = [measure for measure in findings.measures if measure.unit == "MB"]
    supersets = next(measure for measure in memory if measure.name.endswith("in all"))
    with charts.figure(path, "Superset for data students", rows=2, height=3.4) as (above, below):
        charts.dots(above, times, "Waiting (dots: each launch; red: target)", "milliseconds, log")
        above.set_xscale("log")
        own = [measure for measure in memory if "of its own" in measure.name]
        title = f"Memory of its own (in all: {statistics.median(supersets.samples):.0f} MB)"
        charts.dots(below, own, title, "MB, private pages")
