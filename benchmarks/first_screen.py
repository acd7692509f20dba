"""What a student sees after the click: the first paint, the file tree, the first typed letter.

The image, the agent and the browser are real; the workspace runs already, and the portal and Envoy
are not part of it (`launch` measures those).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from benchmarks import charts
from benchmarks.databases import opened
from benchmarks.editor import fresh_profile
from benchmarks.measure import Findings, Measure
from images.vscode.tests.gateway import Gateway
from tests.chromium import running_chromium
from tests.student import VSCode

FILE = "notes.txt"
MILESTONES = ("first paint", "file tree", "first letter in an editor")
_LOOK_AT_THE_FIRST_PAINT = """
new PerformanceObserver((list, observer) => {
  const at = performance.timeOrigin + list.getEntries()[0].startTime;
  window.firstPaint = { at, background: getComputedStyle(document.documentElement).backgroundImage };
  observer.disconnect();
}).observe({ type: "paint", buffered: true });
"""


@dataclass
class _Seen:
    ms: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    colored: list[bool] = field(default_factory=list)
    """Whether the page had the workbench's colors (page/colors.js) when it was first painted."""


def run(*, quick: bool) -> Findings:
    seen = _Seen()
    with opened() as desk, running_chromium() as browser:
        (desk.home / "project" / FILE).write_text("")
        gateway = Gateway(desk.task.socket_path, desk.image["static"])
        try:
            for _ in range(2 if quick else 12):
                with fresh_profile(browser) as context:
                    context.add_init_script(_LOOK_AT_THE_FIRST_PAINT)
                    for visit in ("first visit", "again"):
                        _visit(context, gateway.url, visit, seen)
        finally:
            gateway.close()
    measures = [Measure(f"click → {what}, {visit}", "ms", samples) for (visit, what), samples in seen.ms.items()]
    return Findings("The first screen", measures, facts={"painted in the workbench's colors": all(seen.colored)})


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=1, height=3.6) as (axes,):
        charts.dots(axes, findings.measures, "From the click", "ms")


def _visit(context: BrowserContext, url: str, visit: str, seen: _Seen) -> None:
    page = context.new_page()
    page.set_content(f'<a href="{url}" target="_blank">open</a>')
    began = time.time()
    with context.expect_page() as new:
        page.get_by_role("link").click()
    tab = new.value
    code = VSCode(tab)
    tree = time.time()
    _type_a_letter(code, tab)
    typed = time.time()
    paint = tab.evaluate("window.firstPaint")
    seen.colored.append("linear-gradient" in paint["background"])
    for what, moment in zip(MILESTONES, (paint["at"] / 1e3, tree, typed), strict=True):
        seen.ms.setdefault((visit, what), []).append((moment - began) * 1e3)
    tab.close()
    page.close()


def _type_a_letter(code: VSCode, tab: Page) -> None:
    """As soon as the file can be opened; no person is that fast."""
    code.open_from_explorer(FILE)
    lines = tab.locator(".monaco-editor .view-lines").last
    lines.click()
    before = lines.inner_text()
    tab.keyboard.type("x")
    tab.wait_for_function(
        "before => [...document.querySelectorAll('.monaco-editor .view-lines')].at(-1).innerText !== before", arg=before
    )
