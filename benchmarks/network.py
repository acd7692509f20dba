"""The first page on a real network: VS Code through the product, and the same code-server bare.

Chromium slows each request of the page down by itself (DevTools' network conditions), so server and
browser are on this machine and the network is between them. HTTP/1.1 without TLS for both.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks import charts
from benchmarks.direct import code_server
from benchmarks.editor import fresh_profile
from benchmarks.measure import Findings, Measure, Target
from tests.chromium import running_chromium
from tests.school import image_folder, pool_of, running_school
from tests.student import VSCode

OURS, BARE = "ApraNova", "bare code-server"
FIRST, AGAIN = "first visit", "second visit"
OF_BARE = 0.8
AGAIN_S = 2.0


@dataclass(frozen=True)
class Line:
    megabits: float
    """Per second, each way."""
    latency_ms: float
    """Added to each request."""

    def __str__(self) -> str:
        return f"{self.megabits:.0f} Mbit/s and {self.latency_ms:.0f} ms"

    def slow_down(self, page: Page) -> None:
        bytes_per_s = self.megabits * 1e6 / 8
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": self.latency_ms,
                "downloadThroughput": bytes_per_s,
                "uploadThroughput": bytes_per_s,
            },
        )


HOME, MOBILE = Line(20, 40), Line(5, 150)


def run(*, quick: bool) -> Findings:
    rounds = 1 if quick else 5
    found: dict[tuple[Line, str, str], list[float]] = defaultdict(list)
    with running_school(pool_of(1)) as school, running_chromium() as browser:
        school.until_pool_is_full()
        (student,) = school.enroll(1)
        student.launch()
        url = str(student.workspaces()[0]["url"])
        with code_server(image_folder(school)) as bare:
            ways: dict[str, tuple[str, Callable[[BrowserContext], None]]] = {
                OURS: (url, lambda context: context.add_cookies(student.cookies())),
                BARE: (bare, lambda _: None),
            }
            for _ in range(rounds):
                for line in (HOME, MOBILE):
                    for way, (address, prepare) in ways.items():
                        first, again = _visit_twice(browser, address, line, prepare)
                        found[line, way, FIRST].append(first)
                        found[line, way, AGAIN].append(again)
    target = {(HOME, OURS, AGAIN): Target("median", AGAIN_S)}
    measures = {
        key: Measure(f"{line}, {visit}, {way}", "s", found[key], target.get(key))
        for line in (HOME, MOBILE)
        for visit in (FIRST, AGAIN)
        for way in (OURS, BARE)
        for key in [(line, way, visit)]
    }
    part = measures[HOME, OURS, FIRST].summary()["median"] / measures[HOME, BARE, FIRST].summary()["median"]
    facts = {f"{HOME}, first visit: {part:.2f} × bare, at most {OF_BARE}": part <= OF_BARE}
    return Findings("The first page on a slow network", list(measures.values()), facts)


def _visit_twice(
    browser: Browser, url: str, line: Line, prepare: Callable[[BrowserContext], None]
) -> tuple[float, float]:
    """Seconds from the click until VS Code is painted with its file tree."""
    with fresh_profile(browser) as context:
        prepare(context)
        page = context.new_page()
        line.slow_down(page)
        took = []
        for _ in range(2):
            began = time.perf_counter()
            page.goto(url, wait_until="commit")
            VSCode(page)
            took.append(time.perf_counter() - began)
            page.goto("about:blank")
    return took[0], took[1]


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=1, height=3.6) as (axes,):
        charts.dots(axes, findings.measures, "Click → workbench with its file tree", "seconds")
