"""Install, restart, upgrade and restore the service with open editors, and print what was seen."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography import x509
from playwright.sync_api import Browser

from benchmarks.machine import load
from benchmarks.one_server.gap import Prober, Sockets
from benchmarks.one_server.machine import DOMAIN, Server, why_not
from benchmarks.one_server.restore import restore_from_nothing
from tests import student as screens
from tests.chromium import another_chromium, running_chromium
from tests.pebble import running_pebble
from tests.product import Account
from tests.student import Student, VSCode
from tests.waiting import until

IMAGE_WITHIN_S = 1800.0
JOB_EVERY_S = 0.2
FINDS_SCHOOL = f"--host-resolver-rules=MAP *.{DOMAIN.partition('.')[2]} 127.0.0.1"
JOB_PROVES_ITSELF_S = 4.0
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
    jobs_ended: int
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
    arguments = parser.parse_args()
    if problem := why_not():
        print(f"skipped: {problem}")
        return 0
    screens.LAUNCH_WITHIN_MS = 300_000  # ten editors share the cores with their own browser
    server = Server(arguments.folder / arguments.suite)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_pebble(Path(folder), dns_port=53) as authority,
        running_chromium(FINDS_SCHOOL) as browser,
    ):
        server.make(arguments.suite, authority)
        with server.booted():
            seconds = _to_the_first_editor(server)
            editors = _open_editors(server, browser, arguments.editors, seconds)
            results = [_during(what, server, editors, act) for what, act in ACTS.items()]
            for editor in editors:
                editor.browser.close()
            restored = restore_from_nothing(server)
    print(json.dumps({"seconds": seconds, "acts": [asdict(seen) for seen in results], "restore": restored}, indent=2))
    return 1 if any(seen.sessions_lost or seen.jobs_ended for seen in results) else 0


def _to_the_first_editor(server: Server) -> dict[str, float]:
    """Install, and wait for VS Code. Which second had what; `began` is the clock of the others."""
    seconds = {"began": time.monotonic()}

    def note(what: str) -> None:
        seconds[what] = round(time.monotonic() - seconds["began"], 1)
        print(f"{what} after {seconds[what]:.0f} s, load {load()}", flush=True)

    print(server.run("/opt/apranova/apranova", "install", "--settings", "/root/school.toml").stdout)
    note("installed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    until(lambda: "Pebble" in _issuer(context), lambda: _issuer(context), within_s=300, every_s=1)
    note("certificate of the authority")
    _wait_for_image(server)
    note("VS Code ready")
    return seconds


def _issuer(context: ssl.SSLContext) -> str:
    try:
        plain = socket.create_connection(("127.0.0.1", 443), timeout=5)
        with plain, context.wrap_socket(plain, server_hostname=f"any.ws-{DOMAIN}") as connection:
            shown = connection.getpeercert(binary_form=True)
    except OSError as problem:
        return str(problem)
    return x509.load_der_x509_certificate(shown or b"").issuer.rfc4514_string()


def _restart(unit: str) -> Callable[[Server], object]:
    return lambda server: server.must("systemctl", "restart", unit)


def _upgrade(server: Server) -> None:
    """To a version of other content: all of it is copied, built and started again."""
    readme = server.root / "opt/apranova/README.md"
    readme.write_text(f"{readme.read_text()}\nBuilt at {time.time()}.\n")
    done = server.run("/opt/apranova/apranova", "upgrade")
    assert "== Doctor" in done.stdout, done.stdout
    print(done.stdout, flush=True)


def _back(server: Server) -> None:
    done = server.run("/opt/apranova/apranova", "upgrade", "--back")
    assert "== Doctor" in done.stdout, done.stdout


def _kill_platform(server: Server) -> None:
    server.must("systemctl", "kill", "--signal=KILL", "--kill-who=main", "apranova")
    until(lambda: server.says("systemctl", "is-active", "apranova") == "active", within_s=120, every_s=0.5)


ACTS: dict[str, Callable[[Server], object]] = {
    "restart of apranova": _restart("apranova"),
    "kill -9 of apranova": _kill_platform,
    "restart of the engine": _restart("apranova-engine"),
    "restart of the gateway": _restart("apranova-gateway"),
    "upgrade": _upgrade,
    "upgrade --back": _back,
}


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
        job = _start_job(server, code, known=_jobs(server))
        editors.append(Editor(own, student, code, sockets[0], _task(server, _workspace(student)), job))
        print(f"{len(editors)} editors after {time.monotonic() - seconds['began']:.0f} s, load {load()}", flush=True)
    return editors


def _jobs(server: Server) -> set[Path]:
    return set((server.root / "var/lib/apranova/data/homes").glob("*/ticks"))


def _start_job(server: Server, code: VSCode, *, known: set[Path]) -> Path:
    """The file into which it writes, outside the project, where VS Code would ask Git at each line.

    VS Code may start a terminal again that it has just opened, with what was typed (an extension
    adds to its environment): then the job begins in another.
    """
    for new in (False, True, True):
        code.terminal(f"while true; do date +%s.%N >> ~/ticks; sleep {JOB_EVERY_S}; done", new=new)
        (job,) = until(lambda: _jobs(server) - known, "no job runs", within_s=60)
        code.page.wait_for_timeout(JOB_PROVES_ITSELF_S * 1_000)
        if _goes_on(job):
            return job
        print("a terminal was closed at once; the job begins in another", flush=True)
    raise AssertionError("no job goes on")


def _goes_on(job: Path) -> bool:
    return time.time() - job.stat().st_mtime < JOB_PROVES_ITSELF_S / 2


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


def _during(what: str, server: Server, editors: list[Editor], act: Callable[[Server], object]) -> Seen:
    """Do it with open editors; then look what each of them lost."""
    for editor in editors:
        if not _goes_on(editor.job):
            _start_job(server, editor.code, known=_jobs(server) - {editor.job})
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
    lost, ended, pause = 0, 0, 0.0
    for editor in editors:
        _see_new_file(editor, f"after-{began:.0f}.txt")
        lost += _task(server, _workspace(editor.student)) != editor.task
        ticks = [float(line) for line in editor.job.read_text().splitlines() if re.fullmatch(r"[\d.]+", line)]
        after = [tick for tick in ticks if tick >= began - 1]
        pause = max([pause, *(later - earlier for earlier, later in itertools.pairwise(after))])
        ended += time.time() - ticks[-1] > 5
    seen = Seen(
        what=what,
        editors=len(editors),
        sessions_lost=lost,
        jobs_ended=ended,
        longest_gap_s=round(gap, 2),
        requests_failed=sum(prober.failed for prober in probers),
        websockets_ended=sum(editor.sockets.ended for editor in editors) - ended_before,
        websockets_back_after_s=back,
        job_paused_s=round(pause, 2),
        platform_cpu_s=round(used / 1e9, 1),
        load=load(),
    )
    print(seen, flush=True)
    return seen


if __name__ == "__main__":
    sys.exit(main())
