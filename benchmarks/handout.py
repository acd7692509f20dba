"""A lesson in a class of a hundred, of whom thirty are at work: hand out, collect, look, go back.

A running school with real workspaces, whose students and instructor act over HTTP as the portal
does. The seventy who are not at work have opened their workspace once and stopped it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from benchmarks import charts
from benchmarks.measure import Findings, Measure, Target
from contract.names import WorkspaceKind
from tests.school import BROWSING, School, Student, Unexpected, pool_of, running_school
from tests.waiting import until

STUDENTS, RUNNING, LOOKS, TILES = 100, 30, 20, 60
AT_A_TIME = 6
"""Workspaces that are opened for the first time together."""
WALL_S = 60.0
ASKED_EVERY_S = 0.05
WITHIN_S = 180.0
_STARTER_FILES = 40
_SETTINGS = {"APRANOVA_MEMORY_GB": "48", "APRANOVA_HELP_VISITS": "always", "APRANOVA_HISTORY_EVERY_S": "2"}


def run(*, quick: bool) -> Findings:
    people, awake, looks, rounds = (6, 3, 2, 1) if quick else (STUDENTS, RUNNING, LOOKS, 3)
    with running_school({**pool_of(2), **_SETTINGS, "APRANOVA_KINDS": WorkspaceKind.VSCODE}) as school:
        school.until_pool_is_full()
        students = school.enroll(people, cohort="Handout")
        lesson = _Lesson(school)
        lesson.prepare()
        _open_once(school, students, awake)
        before = _digests(school)
        handed_out, all_handed_out = lesson.hand_out(rounds, awake)
        changed = _changed(before, school)
        collected = lesson.collect(rounds, people)
        inside = lesson.visits(students[:looks])
        shown, put_back = _go_back(school, students[-looks:])
        lesson.leave(students[TILES:])
        wall = lesson.wall(5.0 if quick else WALL_S)
    return Findings(
        f"A lesson for {people} students, {awake} of them at work",
        (
            Measure(f"handed out to {awake} running homes", "s", all_handed_out, Target("max", 10.0)),
            Measure("each assignment, from the request to the answer", "s", handed_out),
            Measure(f"{people} copies are there", "s", collected, Target("max", 60.0)),
            Measure("an instructor's first page in a student's VS Code", "s", inside, Target("p95", 1.0)),
            Measure("a file of a checkpoint is shown", "s", shown, Target("p95", 2.0)),
            Measure("a file is put back", "s", put_back, Target("p95", 3.0)),
            Measure(
                f"the wall of {min(people, TILES)} tiles, processor time of the backend",
                "% of a core",
                wall,
                Target("median", 2.0),
                note=f"the stream of one page for {WALL_S:.0f} s, against the same time without it",
            ),
        ),
        facts={"no file of a student changed": changed == 0},
        details={"students": people, "running": awake, "files of an assignment": _STARTER_FILES},
    )


class _Lesson:
    """The instructor's side."""

    def __init__(self, school: School) -> None:
        self._school = school
        self.teacher = school.demo_student("instructor")
        found = self._get("/api/cohorts/")["items"]
        self.cohort = next(it["id"] for it in found if it["name"] == "Handout")
        self.address = f"/api/cohorts/{self.cohort}/"
        self.assignment = ""

    def _get(self, path: str) -> Any:
        return _checked(self.teacher.http.get(path)).json()

    def prepare(self) -> None:
        """An assignment that everybody gets when they open their workspace: what is collected."""
        body = {"title": "Lesson", "file": base64.b64encode(_starter(0)).decode()}
        made = _checked(self.teacher.post(f"{self.address}assignments/", body)).json()
        self.assignment = f"{self.address}assignments/{made['id']}/"

    def hand_out(self, rounds: int, awake: int) -> tuple[list[float], list[float]]:
        """Seconds until the API answered, and until the last running home had the files."""
        answered, arrived = [], []
        for turn in range(1, rounds + 1):
            body = {"title": f"Lesson {turn}", "file": base64.b64encode(_starter(turn)).decode()}
            began = time.perf_counter()
            made = _checked(self.teacher.post(f"{self.address}assignments/", body)).json()
            answered.append(time.perf_counter() - began)
            address = f"{self.address}assignments/{made['id']}/"
            _until(lambda at=address: self._get(at)["assignment"]["handed_out"] >= awake)
            arrived.append(time.perf_counter() - began)
        return answered, arrived

    def collect(self, rounds: int, people: int) -> list[float]:
        """Seconds until there is a copy of everybody, of those at rest from the disk."""
        taken = []
        for _ in range(rounds):
            began = time.perf_counter()
            _checked(self.teacher.post(f"{self.assignment}submissions/collect/", {}))
            _until(lambda: self._settled() == people)
            taken.append(time.perf_counter() - began)
        return taken

    def _settled(self) -> int:
        """How many have a copy, and wait for none."""
        items = self._get(f"{self.assignment}submissions/")["items"]
        return sum(it["state"] == "collected" for it in items)

    def visits(self, students: list[Student]) -> list[float]:
        """Seconds from the click to VS Code's first page; the first one warms up and does not
        count."""
        ids = self._ids()
        taken = []
        for student in (students[0], *students):
            address = f"{self.address}members/{ids[student.email]}/visit/"
            began = time.perf_counter()
            visit = _checked(self.teacher.post(address, {})).json()
            page = _checked(self.teacher.http.get(visit["url"], headers=BROWSING, follow_redirects=True))
            if "vscode-workbench-web-configuration" not in page.text:
                raise Unexpected(f"{page.url} is not VS Code: {page.text[:200]}")
            taken.append(time.perf_counter() - began)
            _checked(self.teacher.http.request("DELETE", address, headers=_token(self.teacher)))
        return taken[1:]

    def leave(self, students: list[Student]) -> None:
        """Take students out of the cohort."""
        ids = self._ids()
        for student in students:
            address = f"{self.address}members/{ids[student.email]}/"
            _checked(self.teacher.http.request("DELETE", address, headers=_token(self.teacher)))

    def _ids(self) -> dict[str, str]:
        return {it["email"]: it["id"] for it in self._get(self.address)["members"]}

    def wall(self, seconds: float) -> list[float]:
        """Percent of a core that the wall's stream adds to the backend, three times."""
        return [self._backend_s(seconds, self._watched) - self._backend_s(seconds, time.sleep) for _ in range(3)]

    def _watched(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with self.teacher.http.stream("GET", f"{self.address}wall/events/") as stream:
            for _ in stream.iter_lines():
                if time.monotonic() > deadline:
                    return

    def _backend_s(self, seconds: float, during: Callable[[float], None]) -> float:
        backend = _backend(self._school)
        before, began = _cpu_s(backend), time.monotonic()
        during(seconds)
        return 100 * (_cpu_s(backend) - before) / (time.monotonic() - began)


def _open_once(school: School, students: list[Student], awake: int) -> None:
    """Everybody has a home; the first `awake` are at work."""

    def enter(student: Student) -> None:
        student.launch()

    asleep = students[awake:]
    for start in range(0, len(asleep), AT_A_TIME):
        group = asleep[start : start + AT_A_TIME]
        with ThreadPoolExecutor(len(group)) as together:
            list(together.map(enter, group))
        _work(school)
        school.stop_all(group)
    with ThreadPoolExecutor(AT_A_TIME) as together:
        list(together.map(enter, students[:awake]))
    _work(school)


def _work(school: School) -> None:
    """Each home that is new gets a file of its student's own."""
    for home in _homes(school):
        if not (file := home / "project/mine.py").exists():
            file.write_text("mine = 1\n" * 50)


def _go_back(school: School, students: list[Student]) -> tuple[list[float], list[float]]:
    """Seconds until a file of a checkpoint is shown, and until it is back in a home at rest. Its
    student broke it."""
    shown, put_back = [], []
    newest_of = {student: _newest(student) for student in students}
    for home in _homes(school):
        (home / "project/mine.py").write_text("broken\n")
    for student, (address, newest) in newest_of.items():
        began = time.perf_counter()
        found = _checked(student.http.get(f"{address}{newest}/file/", params={"path": "project/mine.py"})).json()
        shown.append(time.perf_counter() - began)
        if "mine = 1" not in found["text"]:
            raise Unexpected(f"another file was shown: {found}")
        began = time.perf_counter()
        answer: Any = {"state": "working", "continues": ""}
        while answer["state"] == "working":
            body = {"path": "project/mine.py", "continues": answer["continues"]}
            answer = _checked(student.post(f"{address}{newest}/put-back/", body)).json()
        if (answer["state"], answer["files"]) != ("done", 1):
            raise Unexpected(f"it did not come back: {answer}")
        put_back.append(time.perf_counter() - began)
    return shown, put_back


def _newest(student: Student) -> tuple[str, str]:
    """The address of a student's history, and the newest checkpoint."""
    address = f"/api/workspace/{student.workspaces()[0]['id']}/history/"
    _until(lambda: bool(_checked(student.http.get(address)).json()["items"]))
    return address, _checked(student.http.get(address)).json()["items"][0]["id"]


def _starter(turn: int) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(_STARTER_FILES):
            archive.writestr(f"part-{number % 5}/file-{number}.py", f"print({turn}, {number})\n" * 40)
    return kept.getvalue()


def _homes(school: School) -> Iterator[Path]:
    yield from (school.product.home / "h/data/homes").glob("home-" + "?" * 16)


def _digests(school: School) -> dict[Path, str]:
    files = [file for home in _homes(school) for file in (home / "project").rglob("*") if file.is_file()]
    return {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _changed(before: dict[Path, str], school: School) -> int:
    after = _digests(school)
    return sum(after.get(file) != digest for file, digest in before.items())


def _backend(school: School) -> psutil.Process:
    return psutil.Process(school.product.pids()["backend"])


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


def _token(person: Student) -> dict[str, str]:
    token = next((it.value or "" for it in person.http.cookies.jar if it.name == "apranova_csrf"), "")
    return {"X-CSRFToken": token, "Origin": person.url}


def _checked(answer: Any) -> Any:
    if answer.status_code >= 400:
        raise Unexpected(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:300]}")
    return answer


def _until(condition: Callable[[], bool]) -> None:
    until(condition, "it did not come to an end", within_s=WITHIN_S, every_s=ASKED_EVERY_S)


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=1) as (axes,):
        charts.dots(axes, [it for it in findings.measures if it.unit == "s"], "How long it took", "seconds")
