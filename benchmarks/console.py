"""The console's list of workspaces in a school of 2,000, half of them up, thirty changing a second.

Portal, gateway, backend, database, manager and browser are the product's own; the workspaces are
records without tasks (console_school.py).
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import CDPSession, Page, expect

from benchmarks import charts
from benchmarks.editor import fresh_profile
from benchmarks.measure import Findings, Measure, Target
from tests.chromium import running_chromium
from tests.product import SOURCE, fixed_pool
from tests.school import School, Student, Unexpected, running_school

API = "/api/console/workspaces/"
PARTS = ("backend", "manager", "postgres", "envoy")
CALL = Target("p95", 200.0)
MAIN_THREAD = Target("median", 50.0)
BACKEND = Target("median", 10.0)
BLOCK_S = 5.0
_LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((it) => it.duration)))
  .observe({ type: "longtask" });
"""


@dataclass(frozen=True)
class _Watched:
    main_thread_ms: list[float]
    cpu: dict[str, list[float]]


class _Crowd:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def begin(self, which: str, seconds: float) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{which} {seconds}\n")
        self._process.stdin.flush()

    def until(self, word: str) -> None:
        assert self._process.stdout
        if self._process.stdout.readline().strip() != word:
            raise Unexpected(f"the school was not {word}")


def run(*, quick: bool) -> Findings:
    seconds = 10.0 if quick else 60.0
    with running_school(fixed_pool(0)) as school, _crowd(school) as crowd, running_chromium() as browser:
        account = school.product.accounts()["admin"]
        admin = Student(school.product.url)
        admin.sign_in(account.email, account.password)
        crowd.begin("all", seconds)
        nobody = _cpu_blocks(school, seconds, time.sleep)
        crowd.until("done")
        with fresh_profile(browser) as context:
            context.add_cookies(admin.cookies())
            context.add_init_script(_LONG_TASKS)
            page = context.new_page()
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            page.goto(f"{school.product.url}/administration/workspaces")
            expect(_rows(page)).to_have_count(50)
            watched = {which: _watch(school, crowd, page, which, seconds) for which in ("all", "page")}
            calls_of_page = [url for url in asked[20:] if url.partition("?")[0].endswith(API)]
            longest = page.evaluate("Math.max(0, ...window.longTasks.splice(0))")
            crowd.begin("page", seconds)
            steady = _stays_in_place(page, seconds / 2)
            calls = _calls(admin, 10 if quick else 50)
            crowd.until("done")
            crowd.begin("all", seconds)
            searches = [_search(page, number) for number in range(700, 703 if quick else 720)]
            crowd.until("done")
    return _findings(nobody, watched, calls, searches, longest, steady=steady, polled=len(calls_of_page) > 1)


def plot(findings: Findings, path: Path) -> None:
    units = dict.fromkeys(measure.unit for measure in findings.measures)
    with charts.figure(path, findings.title, rows=len(units), height=3.2) as panels:
        for axes, unit in zip(panels, units, strict=True):
            charts.dots(axes, [measure for measure in findings.measures if measure.unit == unit], "", unit)


def _findings(
    nobody: dict[str, list[float]],
    watched: dict[str, _Watched],
    calls: Sequence[float],
    searches: Sequence[float],
    longest: float,
    *,
    steady: bool,
    polled: bool,
) -> Findings:
    words = {"all": "30 changes a second in the school", "page": "all 30 on the page that is open"}
    measures = [
        Measure("a call of the list, from click to answer", "ms", calls, CALL),
        Measure("a search, from the last letter to its rows", "ms", searches),
        Measure("longest task of the page's main thread", "ms", [longest]),
    ]
    measures += [
        Measure(f"page's main thread, {words[which]}", "ms a second", it.main_thread_ms, MAIN_THREAD)
        for which, it in watched.items()
    ]
    for part in PARTS:
        measures.append(Measure(f"{part}, nobody looks", "% of a core", nobody[part]))
        measures += [
            Measure(
                f"{part}, a page is open, {words[which]}",
                "% of a core",
                it.cpu[part],
                BACKEND if part == "backend" else None,
            )
            for which, it in watched.items()
        ]
    facts = {
        "the row under the pointer stays in its place": steady,
        "the page asks for the list once, and then hears of it": not polled,
    }
    return Findings("Workspaces of a school of 2,000, 1,000 up, 30 changes a second", measures, facts)


@contextmanager
def _crowd(school: School) -> Iterator[_Crowd]:
    environment = psutil.Process(school.product.pids()["backend"]).environ()
    environment["DJANGO_SETTINGS_MODULE"] = "backend.config.settings"
    store = school.product.home / "h/data/manager.sqlite3"
    command = [sys.executable, "-m", "benchmarks.console_school", str(store)]
    process = subprocess.Popen(
        command, env=environment, cwd=SOURCE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        crowd = _Crowd(process)
        crowd.until("ready")
        yield crowd
    finally:
        process.kill()
        process.wait()


def _watch(school: School, crowd: _Crowd, page: Page, which: str, seconds: float) -> _Watched:
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    samples: list[float] = []

    def wait(duration: float) -> None:
        for _ in range(int(duration)):
            before, began = _busy_s(devtools), time.monotonic()
            page.wait_for_timeout(1_000)
            samples.append(1e3 * (_busy_s(devtools) - before) / (time.monotonic() - began))

    crowd.begin(which, seconds)
    cpu = _cpu_blocks(school, seconds, wait)
    crowd.until("done")
    devtools.detach()
    return _Watched(samples, cpu)


def _busy_s(devtools: CDPSession) -> float:
    metrics = {it["name"]: it["value"] for it in devtools.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def _cpu_blocks(school: School, seconds: float, wait) -> dict[str, list[float]]:  # type: ignore[no-untyped-def]
    found: dict[str, list[float]] = {part: [] for part in PARTS}
    for _ in range(int(seconds / BLOCK_S)):
        before, began = _cpu_s(school), time.monotonic()
        wait(BLOCK_S)
        after, took = _cpu_s(school), time.monotonic() - began
        for part in PARTS:
            found[part].append(100 * (after[part] - before[part]) / took)
    return found


def _cpu_s(school: School) -> dict[str, float]:
    """With what has ended of each part: PostgreSQL has a process for each connection."""
    pids = school.product.pids()
    used = {}
    for part in PARTS:
        process = psutil.Process(pids[part])
        times = [it.cpu_times() for it in (process, *process.children(recursive=True))]
        used[part] = sum(it.user + it.system for it in times) + times[0].children_user + times[0].children_system
    return used


def _rows(page: Page):  # type: ignore[no-untyped-def]
    return page.get_by_role("list", name="Workspaces").get_by_role("listitem")


def _stays_in_place(page: Page, seconds: float) -> bool:
    """Whether the third row is the same and where it was, as long as the pointer rests on it."""
    row = _rows(page).nth(2)
    row.scroll_into_view_if_needed()
    row.hover()
    page.wait_for_timeout(500)
    seen = set()
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        box = row.bounding_box()
        seen.add(
            (row.get_by_role("checkbox", include_hidden=True).get_attribute("aria-label"), box and round(box["y"]))
        )
        page.wait_for_timeout(200)
    page.mouse.move(0, 0)
    return len(seen) == 1


def _calls(admin: Student, count: int) -> list[float]:
    spent = []
    for number in range(count):
        began = time.perf_counter()
        answer = admin.http.get(API, params={"up": "true", "page": 1 + number % 15})
        spent.append(1e3 * (time.perf_counter() - began))
        if len(answer.json()["items"]) != 50:
            raise Unexpected(f"not a full page: {answer.text[:300]}")
    return spent


def _search(page: Page, number: int) -> float:
    """All workspaces, so that it does not matter which are up."""
    page.get_by_label("Show", exact=True).select_option("all")
    page.get_by_label("Search").fill(f"student {number:04}")
    began = time.perf_counter()
    expect(_rows(page)).to_have_count(1)
    expect(_rows(page)).to_contain_text(f"Student {number:04}")
    return 1e3 * (time.perf_counter() - began)
