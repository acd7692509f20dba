"""Install, restart, upgrade and restore the service with open editors, and print what was seen."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.machine import load
from benchmarks.one_server.acts import Act, acts, shown_certificate
from benchmarks.one_server.gap import Prober, Sockets
from benchmarks.one_server.job import goes_on, how_it_ended, longest_pause, start_job, started_jobs
from benchmarks.one_server.machine import DOMAIN, Server, why_not
from benchmarks.one_server.restore import restore_from_nothing
from benchmarks.one_server.shares import enter, separate_shares
from tests import student as screens
from tests.chromium import another_chromium, running_chromium
from tests.pebble import running_pebble
from tests.product import Account
from tests.student import Student, VSCode
from tests.waiting import until

IMAGE_WITHIN_S = 1800.0
FINDS_SCHOOL = f"--host-resolver-rules=MAP *.{DOMAIN.partition('.')[2]} 127.0.0.1"
SETTLES_S = 12.0
"""So long after a restart we look: an editor has ten seconds to come back."""
_PEOPLE = """
from backend.accounts.roles import Role, Track
from backend.accounts.services import create_user
for number in range({count}):
    create_user(
        f"student{{number}}-{run}@school.test", name=f"Student {{number}}", password="{password}",
        role=Role.STUDENT, track=Track.FSD, acting_user=None,
    )
"""
_RUN_IN_BACKEND = """
import os, subprocess, sys
from pathlib import Path
from single_machine.first_admin import environment_of_running_backend
from single_machine.school_file import read_school_file
from single_machine.settings import read_settings
variables = dict(os.environ, **read_school_file(Path("/etc/apranova/school.toml")), APRANOVA_SERVICE="yes")
settings = read_settings(variables, source=Path(os.environ["PYTHONPATH"]))
environment = environment_of_running_backend(settings)
sys.exit(subprocess.call([sys.executable, "-m", "backend.manage", "shell", "-c", sys.argv[1]], env=environment))
"""
PASSWORD = "correct horse battery staple 7"  # noqa: S105  of accounts that live minutes


@dataclass
class Seen:
    what: str
    editors: int
    sessions_lost: int
    jobs_ended: list[str]
    """How each of them ended."""
    longest_gap_s: float
    """Of the API or the portal, whichever was longer."""
    requests_failed: int
    websockets_ended: int
    websockets_back_after_s: list[float]
    """Of each editor: for how long it had fewer than before."""
    job_paused_s: float
    platform_cpu_s: float
    """Processor time that the platform's unit has used since its last start, so of a restart."""
    load: list[float]


@dataclass
class Editor:
    browser: Browser
    student: Student
    code: VSCode
    sockets: Sockets
    task: str
    job: Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.one_server", description=__doc__)
    parser.add_argument("folder", type=Path, help="for the root, some 8 GB; kept for the next run")
    parser.add_argument("--suite", default="bookworm", help="bookworm (Debian 12) or trixie (Debian 13)")
    parser.add_argument("--editors", type=int, default=10)
    parser.add_argument("--restarts", type=int, default=3, help="how often the platform is restarted")
    arguments = parser.parse_args()
    if problem := why_not():
        print(f"skipped: {problem}")
        return 0
    screens.LAUNCH_WITHIN_MS = 300_000  # ten editors share the cores with their own browser
    with (
        tempfile.TemporaryDirectory() as folder,
        running_pebble(Path(folder), dns_port=53) as authority,
        separate_shares() as shares,
        _browsers_in(shares.visitors, shares.asking) as browser,
    ):
        print(shares.told, flush=True)
        server = Server(arguments.folder / arguments.suite, cgroup=shares.server)
        server.make(arguments.suite, authority)
        with server.booted():
            seconds = _to_the_first_editor(server)
            editors = _open_editors(server, browser, arguments.editors, seconds)
            results = [_during(what, server, editors, act) for what, act in acts(arguments.restarts)]
            for editor in editors:
                editor.browser.close()
            restored = restore_from_nothing(server)
    seen = {"processors": shares.told, "seconds": seconds, "acts": [asdict(it) for it in results], "restore": restored}
    print(json.dumps(seen, indent=2))
    return 1 if any(it.sessions_lost or it.jobs_ended for it in results) else 0


@contextmanager
def _browsers_in(group: Path | None, ours: Path | None) -> Iterator[Browser]:
    """The first; its driver, which starts the others, has the same share."""
    enter(group)
    with running_chromium(FINDS_SCHOOL) as browser:
        enter(ours)
        yield browser


def _to_the_first_editor(server: Server) -> dict[str, float]:
    """Install, and wait for VS Code. Which second had what; `began` is the clock of the others."""
    seconds = {"began": time.monotonic()}

    def note(what: str) -> None:
        seconds[what] = round(time.monotonic() - seconds["began"], 1)
        print(f"{what} after {seconds[what]:.0f} s, load {load()}", flush=True)

    print(server.run("/opt/apranova/apranova", "install", "--settings", "/root/school.toml").stdout)
    note("installed")
    until(lambda: "Pebble" in shown_certificate().issuer.rfc4514_string(), within_s=300, every_s=1, ignoring=OSError)
    note("certificate of the authority")
    _wait_for_image(server)
    note("VS Code ready")
    return seconds


def _wait_for_image(server: Server) -> None:
    def ready() -> bool:
        return "Kind vscode: ready" in server.says("/opt/apranova/apranova", "status")

    until(ready, lambda: server.says("/opt/apranova/apranova", "status"), within_s=IMAGE_WITHIN_S, every_s=5)


def _open_editors(server: Server, browser: Browser, count: int, seconds: dict[str, float]) -> list[Editor]:
    run = int(time.time())  # the root is kept for the next run, and so are its people
    people = _PEOPLE.format(count=count, password=PASSWORD, run=run)
    version = server.must("readlink", "-f", "/usr/local/lib/apranova/current").strip()
    server.must(
        *("runuser", "-u", "apranova", "--", "env", "-C", version, f"PYTHONPATH={version}", "HOME=/var/lib/apranova"),
        *(f"{version}/.venv/bin/python", "-c", _RUN_IN_BACKEND, people),
    )
    editors = []
    for number in range(count):
        own = another_chromium(browser, FINDS_SCHOOL)
        context = own.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
        context.set_default_timeout(120_000)
        student = Student(context.new_page(), _School(), Account(f"student{number}-{run}@school.test", PASSWORD))  # type: ignore[arg-type]
        student.sign_in()
        sockets: list[Sockets] = []
        context.on("page", lambda page, sockets=sockets: sockets.append(Sockets(page)))
        code = student.launch()
        if not number:
            seconds["first editor"] = round(time.monotonic() - seconds["began"], 1)
            print(f"first editor after {seconds['first editor']:.0f} s, load {load()}", flush=True)
        job = start_job(server, code, known=started_jobs(server))
        editors.append(Editor(own, student, code, sockets[0], _task(server, _workspace(student)), job))
        print(f"{len(editors)} editors after {time.monotonic() - seconds['began']:.0f} s, load {load()}", flush=True)
    return editors


class _School:
    url = f"https://{DOMAIN}"


def _workspace(student: Student) -> str:
    """By a page: only the browser finds the school's names."""
    found: str = student.portal.evaluate("fetch('/api/workspace/').then(answer => answer.json())")["items"][0]["id"]
    return found


def _task(server: Server, workspace: str) -> str:
    """Which task serves the workspace: another one would be another session."""
    fleet = json.loads(server.must("/opt/apranova/apranova", "status", "--json"))["fleet"]
    return ",".join(task["task_id"] for task in fleet["tasks"] if task["workspace_id"] == workspace)


def _see_new_file(editor: Editor, name: str) -> None:
    """The editor shows a file that comes into its folder: it is connected. Raises
    AssertionError."""
    file = editor.job.parent / "project" / name
    file.touch()
    owner = editor.job.stat()
    os.chown(file, owner.st_uid, owner.st_gid)
    editor.code.expect_file(name)


def _during(what: str, server: Server, editors: list[Editor], act: Act) -> Seen:
    """Do it with open editors; then look what each of them lost."""
    for editor in editors:
        if not goes_on(editor.job):
            print(how_it_ended(editor.job), "before", what, flush=True)
            start_job(server, editor.code, known=started_jobs(server) - {editor.job})
    began, since = time.time(), time.monotonic()
    ended_before = sum(editor.sockets.ended for editor in editors)
    open_before = [editor.sockets.open for editor in editors]
    probers = [Prober(DOMAIN, path) for path in ("/api/health/", "/signin")]
    for prober in probers:
        prober.start()
    page = editors[0].student.portal
    page.wait_for_timeout(1_000)
    with ThreadPoolExecutor() as thread:
        doing = thread.submit(act, server)
        while not doing.done():
            page.wait_for_timeout(100)  # the pages' events are taken meanwhile, at their time
        doing.result()
    page.wait_for_timeout(SETTLES_S * 1_000)
    gap = max(prober.end() for prober in probers)
    back = sorted(
        round(editor.sockets.longest_below(count, since=since), 1)
        for editor, count in zip(editors, open_before, strict=True)
    )
    used = int(server.must("systemctl", "show", "apranova", "--value", "--property", "CPUUsageNSec"))
    lost = 0
    for editor in editors:
        _see_new_file(editor, f"after-{began:.0f}.txt")
        lost += _task(server, _workspace(editor.student)) != editor.task
    seen = Seen(
        what=what,
        editors=len(editors),
        sessions_lost=lost,
        jobs_ended=[how for editor in editors if (how := how_it_ended(editor.job))],
        longest_gap_s=round(gap, 2),
        requests_failed=sum(prober.failed for prober in probers),
        websockets_ended=sum(editor.sockets.ended for editor in editors) - ended_before,
        websockets_back_after_s=back,
        job_paused_s=round(max(longest_pause(editor.job, since=began - 1) for editor in editors), 2),
        platform_cpu_s=round(used / 1e9, 1),
        load=load(),
    )
    print(seen, flush=True)
    return seen


if __name__ == "__main__":
    sys.exit(main())
