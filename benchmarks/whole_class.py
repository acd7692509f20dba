"""A class begins: thirty students click together, and each sees the app of today's exercise.

Announced: a warm task waits for each, as before a class in the timetable. Unannounced: a pool
fixed at 5. The app is handed out with a `devcontainer.json`, its packages are in the school's
store, and an instructor's wall is open all the while. Then a few newcomers of the same class in
real Chromium, one after the other.
"""

from __future__ import annotations

import base64
import io
import json
import tempfile
import threading
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as BrowserError

from benchmarks import charts
from benchmarks.class_desk import Desk
from benchmarks.editor import at_dashboard, click_launch, fresh_profile
from benchmarks.footprint import MB, memory_by_sort
from benchmarks.measure import Findings, Measure, Target
from benchmarks.packages import PROJECT, with_addresses
from benchmarks.rush import POOL, ROOM, until_ready
from single_machine.status import resident_bytes
from tests.chromium import running_chromium
from tests.school import School, Student, Unexpected, pool_of, running_school
from tests.waiting import until

STUDENTS, IN_CHROMIUM = 30, 3
ANNOUNCED, UNANNOUNCED = "announced", f"unannounced, pool of {POOL}"
FIRST, AGAIN, PLAIN = "Vite, first lesson", "Vite, its packages are there", "plain Node.js"
VISIBLE = Target("p95", 5.0)
VITE_PORT, PLAIN_PORT = 5173, 3000
VITE_WORDS, PLAIN_WORDS = "First words", "Hello from plain Node.js"
SIZES = (20, 50, 100)
"""Of classes, for which a server is worked out."""
FOR_THE_PLATFORM_GB = 2.0
"""What admission leaves to the platform on one machine."""
SETTLE_S = 10.0

_SHOWN = {"onAutoForward": "openPreview"}
_PLAIN = f"""\
require("node:http")
  .createServer((_, answer) => answer.setHeader("Content-Type", "text/html").end("<h1>{PLAIN_WORDS}</h1>"))
  .listen({PLAIN_PORT});
"""


@dataclass
class _Seen:
    page_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    app_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Of the server, for each student."""
    memory_mb: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Of each workspace, with its app shown."""
    platform_mb: list[float] = field(default_factory=list)
    paths: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    facts: dict[str, bool] = field(default_factory=dict)


def run(*, quick: bool, sizes: tuple[int, ...] = ()) -> Findings:
    """`sizes`: one number of students, another one than usual."""
    people = max(sizes, default=4 if quick else STUDENTS)
    in_chromium = 1 if quick else IN_CHROMIUM
    seen = _Seen()
    pools = {ANNOUNCED: people + in_chromium, UNANNOUNCED: min(POOL, people // 2 or 1)}
    for case, pool in pools.items():
        with running_school({**pool_of(pool), **ROOM}) as school:
            _fill_store(school)
            students = school.enroll(people + in_chromium, cohort="Class")
            lesson = _Lesson(school)
            lesson.announce()
            lesson.hand_out("Vite", _vite())
            with lesson.open_wall():
                _hold(school, lesson, students, people, case, pool, seen)
    return _findings(people, seen)


def _hold(
    school: School, lesson: _Lesson, students: list[Student], people: int, case: str, pool: int, seen: _Seen
) -> None:
    class_, newcomers = students[:people], students[people:]
    for row, words in ((FIRST, VITE_WORDS), (AGAIN, VITE_WORDS), (PLAIN, PLAIN_WORDS)):
        if row == PLAIN:
            lesson.hand_out("Plain", _plain())
        until_ready(school, pool)
        with _together(school, class_, words, f"{row}, {case}", seen):
            seen.facts[f"{row}, {case}: the wall shows all at work"] = lesson.shows_running(people)
            if case == ANNOUNCED and row != PLAIN:
                with running_chromium() as browser:
                    for one in newcomers:
                        _in_chromium(school, one, browser, f"{row}, in Chromium", seen)
        school.stop_all(newcomers)


@contextmanager
def _together(school: School, class_: list[Student], words: str, row: str, seen: _Seen) -> Iterator[None]:
    """All click at once; while the apps run, the caller may look around."""
    desks = [Desk(school, student) for student in class_]
    try:
        before = _cpu_s(school)
        with ThreadPoolExecutor(len(desks)) as together:
            found = list(together.map(lambda desk: desk.open_app(words), desks))
        used = _cpu_s(school) - before + sum(_tree_cpu_s(desk.started()) for desk in desks)
        for path, page_s, app_s in found:
            seen.paths[row][path] += 1
            seen.page_s[row].append(page_s)
            seen.app_s[row].append(app_s)
        seen.cpu_s[row].append(used / len(desks))
        time.sleep(SETTLE_S)
        seen.memory_mb[row] += [sum(desk.memory_mb().values()) for desk in desks]
        seen.platform_mb.append(sum((resident_bytes(pid) or 0) / MB for pid in school.product.pids().values()))
        yield
    finally:
        school.stop_all(class_)
        for desk in desks:
            desk.close()


def _in_chromium(school: School, student: Student, browser: Browser, row: str, seen: _Seen) -> None:
    """From the click in the portal until the app is in a frame beside the editor. It stays open."""
    before = _cpu_s(school)
    with fresh_profile(browser) as context:
        person = at_dashboard(context, school, student)
        began = time.perf_counter()
        page_ms, code = click_launch(person)
        until(lambda: _is_shown(code.page), f"{student.email}: no app", within_s=120, ignoring=BrowserError)
        seen.app_s[row].append(time.perf_counter() - began)
        seen.page_s[row].append(page_ms / 1e3)
        time.sleep(SETTLE_S)  # with what VS Code still does afterwards
        seen.cpu_s[row].append(_cpu_s(school) - before)
        (task,) = (pid for pid in school.sandboxes() if _has_app(pid))
        seen.memory_mb[row].append(sum(memory_by_sort(task).values()))
    school.stop_all([student])


def _is_shown(page: Page) -> bool:
    page.wait_for_timeout(50)  # only then does Playwright hear of new frames
    frames = [frame for frame in page.frames if frame.url.startswith(f"http://p{VITE_PORT}--")]
    return any(VITE_WORDS in frame.locator("h1").all_inner_texts() for frame in frames)


def _has_app(pid: int) -> bool:
    """Below the agent itself: the apps of those without a browser were started from outside."""
    return any("vite" in " ".join(it.cmdline()) for it in psutil.Process(pid).children(recursive=True))


class _Lesson:
    """The instructor's side."""

    def __init__(self, school: School) -> None:
        self._teacher = school.demo_student("instructor")
        found = self._checked(self._teacher.http.get("/api/cohorts/")).json()["items"]
        self._address = f"/api/cohorts/{next(it['id'] for it in found if it['name'] == 'Class')}/"

    def announce(self) -> None:
        """A class that meets now, every day."""
        begins = datetime.now(UTC).replace(minute=0, second=0)
        at = {"DTSTAMP": begins, "DTSTART": begins, "DTEND": begins + timedelta(hours=3)}
        moments = (f"{name}:{moment:%Y%m%dT%H%M%SZ}" for name, moment in at.items())
        lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//benchmark//EN", "BEGIN:VEVENT", "UID:one",
                 *moments, "RRULE:FREQ=DAILY", "SUMMARY:Class", "END:VEVENT", "END:VCALENDAR")  # fmt: skip
        body = {"file_name": "class.ics", "content": "\r\n".join(lines) + "\r\n"}
        self._checked(self._teacher.put(f"{self._address}timetable/", body))

    def hand_out(self, title: str, packed: bytes) -> None:
        body = {"title": title, "file": base64.b64encode(packed).decode()}
        self._checked(self._teacher.post(f"{self._address}assignments/", body))

    def shows_running(self, people: int) -> bool:
        tiles = self._checked(self._teacher.http.get(f"{self._address}wall/")).json()["items"]
        return sum(tile["state"] == "running" for tile in tiles) == people

    @contextmanager
    def open_wall(self) -> Iterator[None]:
        """As the page has it open: its stream is read."""
        ended = threading.Event()

        def read() -> None:
            address = f"{self._address}wall/events/"
            with suppress(httpx.TransportError), self._teacher.http.stream("GET", address, timeout=None) as stream:
                for _ in stream.iter_lines():
                    if ended.is_set():
                        return

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield
            if not reader.is_alive():
                raise Unexpected("the wall's stream ended during the class")
        finally:
            ended.set()

    @staticmethod
    def _checked(answer: httpx.Response) -> httpx.Response:
        if answer.status_code >= 400:
            raise Unexpected(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}")
        return answer


def _fill_store(school: School) -> None:
    """As the operator does before a class."""
    with tempfile.TemporaryDirectory() as folder:
        done = school.product.run("packages", str(with_addresses(Path(folder) / "project")))
    if done.returncode:
        raise Unexpected(f"the store was not filled: {done.stdout}{done.stderr}")


def _vite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        project = with_addresses(Path(folder) / "project")
        files = {file.name: file.read_text() for file in project.iterdir()}
    for name in ("index.html", "vite.config.js", "src/App.jsx", "src/main.jsx"):
        files[name] = (PROJECT / name).read_text()
    return _packed(files, {"postCreateCommand": "npm ci", "postAttachCommand": "npm run dev"}, VITE_PORT)


def _plain() -> bytes:
    return _packed({"app.js": _PLAIN}, {"postAttachCommand": "node app.js"}, PLAIN_PORT)


def _packed(files: dict[str, str], commands: dict[str, str], port: int) -> bytes:
    declared = {**commands, "portsAttributes": {str(port): _SHOWN}}
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**files, ".devcontainer/devcontainer.json": json.dumps(declared)}.items():
            archive.writestr(name, text)
    return kept.getvalue()


def _cpu_s(school: School) -> float:
    """Processor seconds of the whole product until now; not of this benchmark, nor of a browser."""
    assert school.product.process is not None
    return _tree_cpu_s(school.product.process.pid)


def _tree_cpu_s(pid: int) -> float:
    used = 0.0
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system + times.children_user + times.children_system
    return used


def servers(cpu_s: float, memory_mb: float) -> dict[str, dict[str, float]]:
    """For classes of each size: what a server must have, worked out from one student's processor
    seconds until their app is there, and the memory of their workspace."""
    return {
        str(students): {
            "cores, all click in one second": round(students * cpu_s / VISIBLE.most, 1),
            "cores, all click within a minute": round(students * cpu_s / 60, 1),
            "memory, GB": round(FOR_THE_PLATFORM_GB + students * memory_mb / 1e3, 1),
        }
        for students in SIZES
    }


def _findings(people: int, seen: _Seen) -> Findings:
    measures: list[Measure] = []
    for row, samples in seen.app_s.items():
        target = VISIBLE if row.endswith(f", {ANNOUNCED}") else None
        measures += [
            Measure(f"app, {row}", "s", samples, target, note=f"{people} click together, unless in Chromium"),
            Measure(f"VS Code, {row}", "s", seen.page_s[row]),
            Measure(f"processor time of each, {row}", "CPU-s", seen.cpu_s[row]),
            Measure(f"workspace, {row}", "MB", seen.memory_mb[row], note="PSS, ten seconds after the last app"),
        ]
    measures.append(Measure("platform, while the class works", "MB", seen.platform_mb))
    whole = f"{FIRST}, in Chromium"
    details: dict[str, Any] = {
        "paths": {row: dict(found) for row, found in seen.paths.items()},
        "a server for": servers(median(seen.cpu_s[whole]), median(seen.memory_mb[whole])),
    }
    return Findings(f"A class of {people} begins", measures, seen.facts, details)


def plot(findings: Findings, path: Path) -> None:
    apps = [it for it in findings.measures if it.name.startswith("app, ")]
    with charts.figure(path, findings.title, rows=1, height=4.4) as (axes,):
        charts.dots(axes, apps, "Click → the exercise's app", "seconds")
