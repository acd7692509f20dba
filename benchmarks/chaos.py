"""What a student feels when a part of the platform dies, or is stopped, under their click."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from benchmarks import charts
from benchmarks.measure import Findings, Measure, Target
from tests.school import APPLICATION_PAGE, BROWSING, School, Student, pool_of, running_school

PARTS = ("backend", "postgres", "redis", "manager", "engine", "portal", "envoy")
SIGNALS = (signal.SIGKILL, signal.SIGSTOP)
WAIT_MAX_S = {"backend": 8.0, "postgres": 8.0}
"""The longest that a click may take; 4 s for the other parts."""
RETRIES, RETRY_S = 8, 1.25
"""As portal/src/features/workspace/api/workspace-actions.ts waits out an outage."""
GIVE_UP_S = 60.0
MARK = "chaos.txt"


@dataclass
class Blows:
    """One part and one signal, again and again."""

    waits_s: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """What the student saw each time before they had to click again."""
    lost: int = 0


def run(*, quick: bool) -> Findings:
    """Launch, strike, click; then look whether the file of before is still there."""
    count = 1 if quick else 30
    found: dict[tuple[str, signal.Signals], Blows] = {}
    with running_school(pool_of(2)) as school:
        student = school.demo_student("amira")
        student.launch()
        home = _home(school)
        (home / "project" / MARK).write_text("before")
        for part in PARTS:
            for blow in SIGNALS:
                found[part, blow] = Blows()
                for _ in range(count):
                    _strike(school, student, part, blow, found[part, blow])
                    found[part, blow].lost += (home / "project" / MARK).read_text() != "before"
    measures = [
        Measure(f"{part}, {blow.name}", "s", blows.waits_s, Target("max", WAIT_MAX_S.get(part, 4.0)))
        for (part, blow), blows in found.items()
    ]
    second = sum(len(blows.errors) for blows in found.values())
    lost = sum(blows.lost for blows in found.values())
    facts = {f"{second} second clicks": second == 0, f"{lost} homes lost": lost == 0}
    details = {f"{part}, {blow.name}": dict(Counter(blows.errors)) for (part, blow), blows in found.items()}
    return Findings("From the click to the application's page, a part struck just before", measures, facts, details)


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=1, height=4.0) as (axes,):
        charts.dots(axes, findings.measures, "", "s")


def _strike(school: School, student: Student, part: str, blow: signal.Signals, blows: Blows) -> None:
    school.stop_all([student])
    school.until_pool_is_full()
    pid = school.product.pids()[part]
    os.kill(pid, blow)
    began = time.monotonic()
    while error := _click(student):
        blows.errors.append(error)
        time.sleep(RETRY_S)
        if time.monotonic() - began > GIVE_UP_S:
            raise AssertionError(f"nobody gets in after {blow.name} of {part}" + school.product.logs())
    blows.waits_s.append(time.monotonic() - began)
    with contextlib.suppress(psutil.NoSuchProcess):  # the supervisor has replaced it
        psutil.Process(pid).resume()


def _click(student: Student) -> str:
    """What portal and browser do after one click. Returns the error that the student sees."""
    answer = _patiently(lambda: student.post("/api/workspace/create/", {}))
    if answer is None or answer.is_error:
        return _words(answer)
    workspace = answer.json()
    deadline = time.monotonic() + GIVE_UP_S
    while time.monotonic() < deadline:
        page = _patiently(lambda: student.http.get(workspace["url"], headers=BROWSING, follow_redirects=True))
        if page is not None and APPLICATION_PAGE[workspace["kind"]] in page.text:
            return ""
        if page is None or "http-equiv" not in page.text:  # our page does not try again by itself
            return _words(page)
        time.sleep(0.5)
    return "the page waits forever"


def _patiently(ask: Callable[[], httpx.Response]) -> httpx.Response | None:
    """The answer, after an outage has been waited out; None when nobody answers."""
    answer = None
    for _ in range(RETRIES + 1):
        with contextlib.suppress(httpx.TransportError):
            answer = ask()
            away = answer.status_code in (502, 503, 504) and "http-equiv" not in answer.text
            if not away or _reason(answer) in ("no_capacity", "launch_failed"):
                return answer
        time.sleep(RETRY_S)
    return answer


def _words(answer: httpx.Response | None) -> str:
    return "no answer" if answer is None else f"{answer.status_code} {answer.text[:200]}"


def _reason(answer: httpx.Response) -> str:
    with contextlib.suppress(ValueError):
        return str(answer.json().get("reason", ""))
    return ""


def _home(school: School) -> Path:
    (home,) = (school.product.home / "h" / "data" / "homes").glob("home-*")
    return home
