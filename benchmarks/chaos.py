"""What a student feels when a part of the platform dies, or is stopped, under their hands.

One student, one product, and in each round every part is struck with every signal at every moment:
in the middle of a launch, of a stop, and of typing in an open editor.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from playwright.sync_api import Error as PageGone
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as NeverShown

from benchmarks import charts, editor
from benchmarks.chaos_worlds import INTERNAL, broken_worlds
from benchmarks.measure import Findings, Measure, Target
from contract.names import TaskState
from tests.chromium import running_chromium
from tests.school import APPLICATION_PAGE, BROWSING, School, Student, Unexpected, pool_of, running_school
from tests.student import VSCode
from tests.waiting import until

ROUNDS = 30
TYPING_EVERY = 3
"""Only each third round types: that takes three times as long as a launch and a stop."""
PARTS = ("backend", "postgres", "redis", "manager", "engine", "shim", "portal", "envoy")
AGENT = "agent"
"""The first process in the student's own task; only killed, and only while they type. Nobody
notices within a minute that it was stopped, which only the student could do."""
SIGNALS = (signal.SIGKILL, signal.SIGSTOP)
WAIT_MAX_S = {"backend": 8.0, "postgres": 8.0}
"""The longest that a click may take; 4 s for the other parts."""
RETRIES, RETRY_S = 8, 1.25
"""As portal/src/features/workspace/api/workspace-actions.ts waits out an outage."""
GIVE_UP_S = 60.0
READY_S = 150.0
OUTAGE = (Unexpected, httpx.TransportError)
STRIKES_WITHIN_S = 0.3
"""After the click; a warm launch and a stop take about as long."""
ON_SCREEN_S = 3.0
"""What has been on the screen for longer may not be lost."""
MARK, TYPED = "chaos.txt", "typed.txt"


@dataclass
class Blows:
    """One part, one signal and one moment, again and again."""

    tried: int = 0
    waits_s: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """What the student saw each time before they had to click again."""
    lost: int = 0
    """Homes without the file of before, or typed characters."""


Found = dict[tuple[str, signal.Signals, str], Blows]


def run(*, quick: bool, rounds: int | None = None) -> Findings:
    """Rounds until all are done or somebody presses Ctrl-C: what was found until then counts."""
    rounds = rounds or (1 if quick else ROUNDS)
    found: Found = {}
    with running_school(pool_of(2)) as school, contextlib.suppress(KeyboardInterrupt):
        for number in range(rounds):
            strike_all(school, found, typing=number % TYPING_EVERY == 0, chance=random.Random(number))  # noqa: S311  repeatable
    return _findings(found, broken_worlds())


def strike_all(school: School, found: Found, *, typing: bool, chance: random.Random) -> None:
    """One round."""
    student = school.demo_student("amira")
    student.launch()
    for part in PARTS:
        for blow in SIGNALS:
            with _noting(_of(found, part, blow, "launch")) as blows:
                strike_a_launch(school, student, part, blow, blows, chance)
            with _noting(_of(found, part, blow, "stop")) as blows:
                strike_a_stop(school, student, part, blow, blows, chance)
    if not typing:
        return
    student.launch()
    file = _home(school, student) / "project" / TYPED
    file.write_text("")
    os.chown(file, file.parent.stat().st_uid, file.parent.stat().st_gid)  # the student's own, where root measures
    with _open_editor(school, student) as code:
        for part, blow in (*((part, blow) for part in PARTS for blow in SIGNALS), (AGENT, signal.SIGKILL)):
            with _noting(_of(found, part, blow, "typing")) as blows:
                _strike_typing(school, code, file, part, blow, blows)


@contextmanager
def _noting(blows: Blows) -> Iterator[Blows]:
    """A student whom nothing helps within a minute is a finding; the other blows follow."""
    try:
        yield blows
    except (AssertionError, Unexpected) as problem:
        blows.errors.append(str(problem).splitlines()[0][:200])


def _of(found: Found, part: str, blow: signal.Signals, moment: str) -> Blows:
    return found.setdefault((part, blow, moment), Blows())


def strike_a_launch(
    school: School, student: Student, part: str, blow: signal.Signals, blows: Blows, chance: random.Random
) -> None:
    """Half of the blows come just before the click, half while it is answered."""
    _ready_to_launch(school, student)
    mark = _home(school, student) / "project" / MARK
    mark.write_text("before")
    before = chance.random() < 0.5
    blows.tried += 1
    with ThreadPoolExecutor(1) as beside:
        began = time.monotonic()
        struck = beside.submit(_strike, school, part, blow, 0.0 if before else chance.uniform(0, STRIKES_WITHIN_S))
        if before:
            struck.result()
        while error := _click(student):
            blows.errors.append(error)
            time.sleep(RETRY_S)
            if time.monotonic() - began > GIVE_UP_S:
                raise AssertionError(f"nobody gets in after {blow.name} of {part}: {error}" + school.product.logs())
        blows.waits_s.append(time.monotonic() - began)
        _resume(struck.result())
    blows.lost += mark.read_text() != "before"


def strike_a_stop(
    school: School, student: Student, part: str, blow: signal.Signals, blows: Blows, chance: random.Random
) -> None:
    """From the click on *Stop* until the workspace has stopped."""
    until(lambda: _state(student) == "running", school.product.logs, within_s=GIVE_UP_S)
    mark = _home(school, student) / "project" / MARK
    mark.write_text("at the stop")
    workspace_id = _workspace_id(student)
    blows.tried += 1
    with ThreadPoolExecutor(1) as beside:
        began = time.monotonic()
        struck = beside.submit(_strike, school, part, blow, chance.uniform(0, STRIKES_WITHIN_S))
        answer = _patiently(lambda: student.post(f"/api/workspace/{workspace_id}/stop/", {}))
        if answer is None or answer.is_error:
            blows.errors.append(_words(answer))
        until(lambda: _state(student) == "stopped", school.product.logs, within_s=GIVE_UP_S, every_s=0.1)
        blows.waits_s.append(time.monotonic() - began)
        _resume(struck.result())
    blows.lost += mark.read_text() != "at the stop"


def _strike_typing(school: School, code: VSCode, file: Path, part: str, blow: signal.Signals, blows: Blows) -> None:
    """A person types all the time. Measured: how long after the blow their text is saved again."""
    blows.tried += 1
    shown = _type_for(code.page, ON_SCREEN_S, "before")
    _type_for(code.page, ON_SCREEN_S, "until")
    screen = code.page.locator(".editor-instance .view-lines").first.inner_text()
    shown = [word for word in shown if word in screen]  # keys before the editor took them were never shown
    pid = _strike(school, part, blow, 0.0)
    began = time.monotonic()
    while not (saved := _saved_again(code, file)):
        if time.monotonic() - began > GIVE_UP_S:
            screen = _screen(code.page)
            raise AssertionError(f"nothing is saved after {blow.name} of {part}: {screen}" + school.product.logs())
    blows.waits_s.append(time.monotonic() - began)
    blows.lost += sum(len(word) for word in shown if word not in saved)
    _resume(pid)


def _type_for(page: Page, seconds: float, what: str) -> list[str]:
    typed, began = [], time.monotonic()
    while time.monotonic() - began < seconds:
        typed.append(f"{what}{time.monotonic_ns()}")
        with contextlib.suppress(NeverShown):
            page.keyboard.type(f"{typed[-1]} ", delay=10)
    return typed


def _saved_again(code: VSCode, file: Path) -> str:
    """Type one word. The file's text once the word is in it; waits for a page that came again."""
    if not code.page.locator(".tab.active", has_text=TYPED).is_visible():
        with contextlib.suppress(NeverShown):
            code.page.locator(".tab", has_text=TYPED).first.wait_for(timeout=1_000)
            code.open_file(TYPED)
            _to_the_end(code.page)
        return ""
    (word,) = _type_for(code.page, 0.01, "after")[:1]
    deadline = time.monotonic() + ON_SCREEN_S
    while time.monotonic() < deadline:
        text = file.read_text()
        if word in text:
            return text
        time.sleep(0.1)
    with contextlib.suppress(NeverShown):  # a page that came again meanwhile need not have the keyboard in the editor
        code.page.locator(".tab.active", has_text=TYPED).click(timeout=500)
        code.page.keyboard.press("Control+End")
    return ""


def _screen(page: Page) -> str:
    """Where the student is and what they are told, on one line."""
    told = [page.url]
    with contextlib.suppress(PageGone):
        told += page.locator("h1, [role=alert], .notification-toast").all_inner_texts()
    return " ".join(" ".join(told).split())


@contextmanager
def _open_editor(school: School, student: Student) -> Iterator[VSCode]:
    with running_chromium() as browser, editor.fresh_profile(browser) as context:
        person = editor.at_dashboard(context, school, student)
        code = person.open()
        code.open_from_explorer(TYPED)
        _to_the_end(code.page)
        yield code


def _to_the_end(page: Page) -> None:
    page.locator(".editor-instance").first.click(position={"x": 300, "y": 60}, force=True)
    page.keyboard.press("Control+End")


def _strike(school: School, part: str, blow: signal.Signals, after_s: float) -> int:
    time.sleep(after_s)
    pid = _agent_of(school) if part == AGENT else school.product.pids()[part]
    with contextlib.suppress(ProcessLookupError):  # still down from the blow before
        os.kill(pid, blow)
    return pid


def _agent_of(school: School) -> int:
    """The agent of the task that has the student's home: the one that runs code-server for them."""
    for outermost in school.sandboxes():
        for process in psutil.Process(outermost).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                below = [" ".join(child.cmdline()) for child in process.children(recursive=True)]
                is_agent = process.name() != "bwrap" and "/opt/apranova/task.py" in process.cmdline()
                if is_agent and any("extensionHost" in words for words in below):
                    return process.pid
    raise AssertionError("no agent of the student's task was found")


def _resume(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):  # the supervisor has replaced it
        psutil.Process(pid).resume()


def _ready_to_launch(school: School, student: Student) -> None:
    """The blow before is over: what still answers with an error is waited for."""

    def ready() -> bool:
        if not student.is_stopped():
            student.stop()
            return False
        fleet = school.fleet()
        return sum(task.state is TaskState.READY for task in fleet.tasks) >= fleet.pool_target

    until(ready, school.product.logs, within_s=READY_S, every_s=0.25, ignoring=OUTAGE)


def _workspace_id(student: Student) -> str:
    workspaces = until(student.workspaces, within_s=GIVE_UP_S, every_s=0.25, ignoring=OUTAGE)
    return str(workspaces[0]["id"])


def _state(student: Student) -> str:
    answer = _patiently(lambda: student.http.get("/api/workspace/"))
    return "" if answer is None or answer.is_error else str(answer.json()["items"][0]["state"])


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


def _home(school: School, student: Student) -> Path:
    """By the file beside each home that says whose it is."""
    workspace_id = _workspace_id(student)
    homes = school.product.home / "h/data/homes"
    (owner,) = (file for file in homes.glob(".home-*.owner.json") if workspace_id in file.read_text())
    return homes / owner.name.removeprefix(".").removesuffix(".owner.json")


def _findings(found: Found, worlds: dict[str, bool]) -> Findings:
    measures = []
    for (part, blow, moment), blows in sorted(found.items(), key=lambda item: (item[0][2], item[0][0], item[0][1])):
        if blows.waits_s:
            target = Target("max", WAIT_MAX_S.get(part, 4.0)) if moment == "launch" else None
            measures.append(Measure(f"{moment}: {part}, {blow.name}", "s", blows.waits_s, target))

    def total(count: Callable[[Blows], int], *moments: str) -> int:
        return sum(count(blows) for (_, _, moment), blows in found.items() if moment in moments)

    tried = total(lambda blows: blows.tried, "launch", "stop", "typing")
    got_in = total(lambda blows: len(blows.waits_s), "launch", "stop", "typing")
    second = total(lambda blows: len(blows.errors), "launch", "stop")
    homes, characters = total(lambda blows: blows.lost, "launch", "stop"), total(lambda blows: blows.lost, "typing")
    screens = [error for blows in found.values() for error in blows.errors]
    internal = sum(any(word in screen for word in INTERNAL) for screen in screens)
    facts = {
        f"{got_in} of {tried} went on": got_in == tried,
        f"{second} second clicks": second == 0,
        f"{homes} homes lost": homes == 0,
        f"{characters} characters lost that were on the screen for more than {ON_SCREEN_S:.0f} s": characters == 0,
        f"{internal} screens with internal words": internal == 0,
        **worlds,
    }
    details = {
        f"{moment}: {part}, {blow.name}": {
            "tried": blows.tried,
            "went on": len(blows.waits_s),
            "second clicks": dict(Counter(blows.errors)),
            "slowest_s": round(max(blows.waits_s, default=0.0), 2),
            "lost": blows.lost,
        }
        for (part, blow, moment), blows in found.items()
    }
    title = "Parts killed and stopped: until the application's page, until stopped, until typed text is saved again"
    return Findings(title, measures, facts, details)


def plot(findings: Findings, path: Path) -> None:
    with charts.figure(path, findings.title, rows=1, height=12.0) as (axes,):
        charts.dots(axes, findings.measures, "", "s")
