"""JupyterHub beside the product, with the same VS Code behind both: a class that comes at once,
opening what runs, requests and WebSockets through the proxy, memory.

Both stand on this machine at the same time and take turns. JupyterHub has no warm pool and starts
VS Code on the first request to it; the product has the pool that the default settings give.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import charts
from benchmarks.editor import fresh_profile
from benchmarks.editor_sockets import Door, held_open
from benchmarks.footprint import MB, memory_by_sort
from benchmarks.jupyterhub import Hub, HubStudent, running_hub
from benchmarks.measure import Findings, Measure
from benchmarks.rush import ROOM
from single_machine.status import resident_bytes
from tests.chromium import running_chromium
from tests.school import School, Student, image_folder, running_school
from tests.student import VSCode
from tests.waiting import until

OURS, HUB = "ApraNova", "JupyterHub"
SOCKETS = 30
SETTLE_S = 10.0
POOL_GROWS_WITHIN_S = 300.0


@dataclass(frozen=True)
class Size:
    at_once: Sequence[int]
    rounds: int
    requests: int
    sockets: int
    """Held open together while another one is opened."""
    sessions: int


FULL = Size((1, 10, 30), rounds=2, requests=500, sockets=250, sessions=3)
QUICK = Size((1, 3), rounds=1, requests=50, sockets=20, sessions=1)


@dataclass
class _Peer:
    """One of the two, and what was measured of it."""

    name: str
    launches: Sequence[Callable[[], float]]
    """Of each student: click, and wait for VS Code's first page; milliseconds."""
    stop: Callable[[int], None]
    """The first so many students' workspaces."""
    request: Callable[[], int]
    """The smallest request to the first student's VS Code through the proxy; its status."""
    ready: Callable[[], None]
    """Wait until a class may come."""
    door: Callable[[int], Door]
    """Of one student's VS Code, who is in."""
    at_once_s: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Number of students → seconds until the last of them was in."""
    existing_ms: list[float] = field(default_factory=list)
    request_ms: list[float] = field(default_factory=list)
    socket_ms: list[float] = field(default_factory=list)
    crowded_ms: list[float] = field(default_factory=list)
    """While many others are open."""

    def come(self, count: int) -> None:
        self.ready()
        began = time.perf_counter()
        with ThreadPoolExecutor(count) as together:
            list(together.map(lambda launch: launch(), self.launches[:count]))
        self.at_once_s[count].append(time.perf_counter() - began)

    def ask(self, count: int) -> None:
        for _ in range(count):
            began = time.perf_counter()
            status = self.request()
            self.request_ms.append((time.perf_counter() - began) * 1e3)
            if status != 200:
                raise RuntimeError(f"{self.name} answered {status}")

    def open_sockets(self, count: int, *, beside: int, students: int) -> None:
        doors = [self.door(number) for number in range(students)]
        self.socket_ms += [doors[0].open_ms() for _ in range(count)]
        with held_open(doors, beside):
            self.crowded_ms += [doors[0].open_ms() for _ in range(count)]


def run(*, quick: bool) -> Findings:
    size = QUICK if quick else FULL
    most = max(size.at_once)
    with running_school(ROOM) as school:
        school.until_pool_is_full()
        with running_hub(image_folder(school)) as hub:
            students = school.enroll(most, cohort="Class")
            guests = [HubStudent(hub, f"student{number:02}") for number in range(most)]
            ours, theirs = _ours(school, students, most), _theirs(guests)
            memory = {OURS: _platform(school), HUB: _hub_memory(hub)}
            for _ in range(size.rounds):
                for count in size.at_once:
                    for peer in (ours, theirs):
                        peer.come(count)
                        if count == 1:
                            time.sleep(SETTLE_S)  # a pool fills up again; people come back later than that
                            peer.existing_ms += [peer.launches[0]() for _ in range(5)]
                            peer.ask(size.requests)
                        if count == most:
                            peer.open_sockets(SOCKETS, beside=size.sockets, students=count)
                        peer.stop(count)
            with running_chromium() as browser:
                sessions = _sessions(school, students[: size.sessions], hub, guests[: size.sessions], browser)
    measures = [
        Measure(f"{count} at once, {peer.name}: until all are in", "s", peer.at_once_s[count])
        for count in size.at_once
        for peer in (ours, theirs)
    ]
    measures += [Measure(f"open what runs, {peer.name}", "ms", peer.existing_ms) for peer in (ours, theirs)]
    measures += [Measure(f"a request through the proxy, {peer.name}", "ms", peer.request_ms) for peer in (ours, theirs)]
    measures += [Measure(f"a WebSocket to VS Code, {peer.name}", "ms", peer.socket_ms) for peer in (ours, theirs)]
    measures += [
        Measure(f"the same, {size.sockets} others open, {peer.name}", "ms", peer.crowded_ms) for peer in (ours, theirs)
    ]
    measures += [Measure(f"the platform alone, {name}", "MB", [memory[name]]) for name in (OURS, HUB)]
    measures += [Measure(f"a workspace, open in Chromium, {name}", "MB", sessions[name]) for name in (OURS, HUB)]
    medians = {measure.name: measure.summary()["median"] for measure in measures}
    rows = [name.replace(OURS, HUB) for name in medians if OURS in name]
    ahead = {f"ahead: {it.replace(f', {HUB}', '')}": medians[it.replace(HUB, OURS)] <= medians[it] for it in rows}
    return Findings("Beside JupyterHub", measures, ahead)


def _ours(school: School, students: list[Student], most: int) -> _Peer:
    def ready() -> None:
        school.until_pool_is_full()
        until(lambda: len(school.sandboxes()) >= most, school.product.logs, within_s=POOL_GROWS_WITHIN_S, every_s=0.5)

    return _Peer(
        OURS,
        [lambda it=it: it.launch().page_ms for it in students],  # type: ignore[misc]
        lambda count: school.stop_all(students[:count]),
        lambda: students[0].ask_inside("/healthz").status_code,
        ready,
        lambda number: _our_door(students[number]),
    )


def _theirs(guests: list[HubStudent]) -> _Peer:
    def stop(count: int) -> None:
        with ThreadPoolExecutor(8) as some:
            list(some.map(HubStudent.stop, guests[:count]))

    return _Peer(
        HUB,
        [it.launch for it in guests],
        stop,
        lambda: guests[0].http.get(f"{guests[0].url}healthz").status_code,
        lambda: None,
        lambda number: _hub_door(guests[number]),
    )


def _our_door(student: Student) -> Door:
    return Door(f"{student.origin}/", student.http.cookies)


def _hub_door(guest: HubStudent) -> Door:
    return Door(guest.url, guest.http.cookies)


def _platform(school: School) -> float:
    return sum(resident_bytes(pid) or 0 for pid in school.product.pids().values()) / MB


def _hub_memory(hub: Hub) -> float:
    return sum(memory_by_sort(hub.process.pid).values())


def _sessions(
    school: School, students: Sequence[Student], hub: Hub, guests: Sequence[HubStudent], browser: Browser
) -> dict[str, list[float]]:
    """MB of each student's processes, a moment after their VS Code was painted, in turns."""
    found: dict[str, list[float]] = {OURS: [], HUB: []}
    for student, guest in zip(students, guests, strict=True):
        waiting, without = school.sandboxes(), _hub_memory(hub)
        student.launch()
        guest.launch()
        with _painted(browser, _our_door(student)), _painted(browser, _hub_door(guest)):
            time.sleep(SETTLE_S)
            # the others are only warm
            found[OURS].append(max(sum(memory_by_sort(pid).values()) for pid in waiting & school.sandboxes()))
            found[HUB].append(_hub_memory(hub) - without)
        school.stop_all([student])
        guest.stop()
    return found


@contextmanager
def _painted(browser: Browser, door: Door) -> Iterator[None]:
    cookies = (cookie.partition("=") for cookie in door.cookie_header().split("; "))
    with fresh_profile(browser) as context:
        context.add_cookies([{"name": name, "value": value, "url": door.url} for name, _, value in cookies])
        page = context.new_page()
        page.goto(door.url)
        VSCode(page)
        yield


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=1, height=3.4) as (axes,):
        at_once = [
            replace(measure, name=measure.name.removesuffix(": until all are in").replace(" at once, ", " at once – "))
            for measure in findings.measures
            if "at once" in measure.name
        ]
        charts.dots(axes, at_once, "Click → VS Code's first page, the last of them", "seconds")
