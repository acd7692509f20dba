"""How much longer another student's launch takes while one student attacks with everything."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks import charts, hostile_program
from benchmarks.measure import Findings, Measure
from tests import student as in_browser
from tests.chromium import running_chromium
from tests.school import BROWSING, School, Student, pool_of, running_school
from tests.waiting import until

RAISED_MAX_MS = 100.0
POOL = 2
BLOCK = 5
"""Launches without and with the attack take turns in blocks, so that other load meets both."""
SLOW_BODIES = 60
PLANTED = "; ".join(f"planted{number}={'x' * 3900}" for number in range(12))


def run(*, quick: bool) -> Findings:
    blocks = 1 if quick else 7
    calm, attacked = [], []
    with running_school(pool_of(POOL)) as school:
        attacker = _hostile_workspace(school)
        student, neighbor = school.demo_student("amira"), school.demo_student("chloe")
        neighbor.launch()
        before = school.product.pids()
        for _ in range(blocks):
            calm += _launches(school, student)
            with attacker.attacking():
                attacked += _launches(school, student)
        facts = {
            "no part of the platform was restarted": school.product.pids() == before,
            "the other student's workspace went on": neighbor.workspace_state() == "running",
            "each part of the attack ran": not attacker.failures(),
        }
        details = {"failures": attacker.failures(), "attacker": attacker.student.workspace_state()}
    measures = [
        Measure("click → first page, nobody attacks", "ms", calm),
        Measure("click → first page, one student attacks", "ms", attacked),
    ]
    raised = measures[1].summary()["p95"] - measures[0].summary()["p95"]
    facts[f"p95 is raised by {raised:.0f} ms, at most {RAISED_MAX_MS:.0f}"] = raised <= RAISED_MAX_MS
    return Findings("One hostile student, and another student's launches", measures, facts, details)


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=1, height=3.0) as (axes,):
        charts.dots(axes, findings.measures, "", "ms")


def _launches(school: School, student: Student) -> list[float]:
    found = []
    for _ in range(BLOCK):
        school.until_pool_is_full()
        found.append(student.launch().page_ms)
        school.stop_all([student])
    return found


class Attacker:
    def __init__(self, school: School, student: Student, project: Path) -> None:
        self.student = student
        self._url = school.product.url
        self._project = project

    @contextmanager
    def attacking(self) -> Iterator[None]:
        """From the inside as `hostile_program` does, and from their browser.

        What the browser sends comes from a process of its own, which gives way: in life it is
        another machine, and neither its requests nor its processor wait for who measures here.
        """
        others = multiprocessing.get_context("spawn")
        over = others.Event()
        outside = others.Process(target=_attack_from_outside, args=(self._url, self.student.origin, over))
        (self._project / "attack").touch()
        until((self._project / "attacking").exists, "the attack did not begin", within_s=30)
        outside.start()
        try:
            time.sleep(2)
            yield
        finally:
            over.set()
            outside.join()
        (self._project / "attack").unlink()
        until(lambda: not (self._project / "attacking").exists(), "the attack did not end", within_s=30)

    def failures(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in self._project.glob("failed-*")}


def _attack_from_outside(url: str, origin: str, over: Event) -> None:
    os.setsid()  # the kernel gives each session a share, and this one's is small
    os.nice(10)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("10")
    threads = [
        threading.Thread(target=_sign_in, args=(url, over)),
        threading.Thread(target=_crawl, args=(url, origin, over)),
        threading.Thread(target=_plant, args=(url, origin, over)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _sign_in(url: str, over: Event) -> None:
    """Wrong passwords of everybody in the class, and accounts that nobody invited."""
    number = 0
    while not over.is_set():
        number += 1
        guest = Student(url)
        with contextlib.suppress(httpx.HTTPError), guest.http:
            guest.http.get("/api/auth/browser/v1/config")
            body = {"email": f"student{number % 30}@school.example", "password": f"a wrong one {number}"}
            guest.post("/api/auth/browser/v1/auth/login", body)
            guest.post("/api/auth/browser/v1/auth/signup", {**body, "name": "X", "invitation": "x" * 32})


def _crawl(url: str, origin: str, over: Event) -> None:
    """Bodies of a byte a second, to the portal's host and to their own workspace."""
    hosts = (urlsplit(url).netloc, urlsplit(origin).netloc)
    sockets: list[socket.socket] = []
    while not over.wait(1.0):
        for one in list(sockets):
            try:
                one.sendall(b"x")
            except OSError:
                sockets.remove(one)
        while len(sockets) < SLOW_BODIES:
            one = socket.create_connection(("127.0.0.1", urlsplit(url).port or 80), 5)
            host = hosts[len(sockets) % 2]
            head = f"POST /api/workspace/create/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000\r\n\r\n"
            one.sendall(head.encode())
            sockets.append(one)
    for one in sockets:
        one.close()


def _plant(url: str, origin: str, over: Event) -> None:
    """Requests with as many cookies as a page can plant for the parent domain."""
    with Student(url).http as http:
        while not over.wait(0.05):
            with contextlib.suppress(httpx.HTTPError):
                http.get(f"{origin}/", headers={**BROWSING, "Cookie": PLANTED})


def _hostile_workspace(school: School) -> Attacker:
    """Started in a terminal; the browser closes before anything is measured."""
    account = school.product.accounts()["ben"]
    homes = school.product.home / "h/data/homes"
    with running_chromium() as browser:
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(60_000)
        person = in_browser.Student(page, school.product, account)
        person.sign_in()
        code = person.launch()
        (project,) = homes.glob("home-*/project")
        shutil.copyfile(hostile_program.__file__, project / "hostile.py")
        code.terminal("nohup python3 hostile.py > hostile.log 2>&1 & disown; touch begun")
        until((project / "begun").exists, "the terminal did not take the command", within_s=60)
    student = school.demo_student("ben")
    student.launch()
    return Attacker(school, student, project)
