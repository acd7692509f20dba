"""What a preview costs: a static page and a WebSocket message, directly and through the gateway.

The preview's way is real: Envoy's whole configuration with authorization, then an agent, then the
student's own server (Python's http.server, uvicorn). The two ways take turns. And how soon VS Code
tells of a server that was started in its terminal, in Chromium and a whole school.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from websockets.sync.client import ClientConnection, connect

from agent.tests.task_process import TaskProcess
from benchmarks import charts, gateway_processes
from benchmarks.measure import Findings, Measure, Target
from gateway.tests.stack import MINE, Stack
from tests import student as in_browser
from tests.chromium import running_chromium
from tests.ports import free_port
from tests.school import pool_of, running_school
from tests.waiting import until

SOURCE = Path(__file__).parents[1]
PAGE_BYTES = 20_000
MESSAGE = "x" * 100
TIMES_DIRECT, PLUS_MS = 1.3, 15.0
ECHO_OVER_MS = Target("median", 2.0)
NOTICE_S = Target("median", 2.0)
FIRST_ANNOUNCED_PORT = 5200
VSCODE_IS_QUIET_S = 6
"""It says nothing of another port within five seconds of a notice (NOTIFY_COOL_DOWN)."""


@dataclass(frozen=True)
class Size:
    rounds: int
    pages: int
    messages: int
    notices: int


FULL = Size(rounds=10, pages=100, messages=200, notices=10)
QUICK = Size(rounds=2, pages=20, messages=50, notices=1)


@dataclass
class _Way:
    """How a request gets to a port of the student's."""

    stack: Stack
    direct: bool
    page_ms: list[float] = field(default_factory=list)
    echo_ms: list[float] = field(default_factory=list)

    def pages(self, port: int, cookie: str, count: int) -> None:
        headers = {} if self.direct else {"Host": self.stack.host(MINE, port), "Cookie": cookie}
        for _ in range(count):
            connection = http.client.HTTPConnection("127.0.0.1", port if self.direct else self.stack.settings.port)
            began = time.perf_counter()
            connection.request("GET", "/page.html", headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            self.page_ms.append((time.perf_counter() - began) * 1e3)
            connection.close()
            if answer.status != 200 or len(body) != PAGE_BYTES:
                raise RuntimeError(f"unexpected answer: {answer.status} {body[:200]!r}")

    def messages(self, port: int, cookie: str, count: int) -> None:
        with self._websocket(port, cookie) as socket:
            for _ in range(count):
                began = time.perf_counter()
                socket.send(MESSAGE)
                socket.recv()
                self.echo_ms.append((time.perf_counter() - began) * 1e3)

    def _websocket(self, port: int, cookie: str) -> ClientConnection:
        if self.direct:
            return connect(f"ws://127.0.0.1:{port}/socket", compression=None, proxy=None)
        return self.stack.client.websocket(
            self.stack.host(MINE, port), origin=self.stack.origin(MINE, port), headers={"Cookie": cookie}
        )


def run(*, quick: bool) -> Findings:
    size = QUICK if quick else FULL
    stack = Stack()
    try:
        stack.start()
        with _agent(stack), _servers() as (page_port, api_port):
            page_cookie, api_cookie = stack.enter(MINE, port=page_port), stack.enter(MINE, port=api_port)
            directly, preview = _Way(stack, direct=True), _Way(stack, direct=False)
            for _ in range(size.rounds):
                for way in (directly, preview):
                    way.pages(page_port, page_cookie, size.pages)
                    way.messages(api_port, api_cookie, size.messages)
    finally:
        stack.close()
    return _findings(directly, preview, _notices_s(size.notices))


def _notices_s(count: int) -> list[float]:
    """Seconds from a server's start to VS Code's notice, for each of several servers."""
    found = []
    with running_school(pool_of(1)) as school, running_chromium() as browser:
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(60_000)
        person = in_browser.Student(page, school.product, school.product.accounts()["ben"])
        person.sign_in()
        code = person.launch()
        (project,) = (school.product.home / "h/data/homes").glob("home-*/project")
        for port in range(FIRST_ANNOUNCED_PORT, FIRST_ANNOUNCED_PORT + count):
            code.terminal(f"date +%s.%N > ~/project/started; python3 -m http.server {port} &")
            toasts = code.page.locator(".notifications-toasts .notification-list-item")
            toasts.filter(has_text=f"port {port}").first.wait_for()
            found.append(time.time() - float((project / "started").read_text()))
            code.page.wait_for_timeout(1_000 * VSCODE_IS_QUIET_S)
    return found


@contextmanager
def _agent(stack: Stack) -> Iterator[None]:
    """A real agent in the place of the echo server of this workspace's task."""
    folder = gateway_processes.task_socket(stack).parent
    stack.servers.stop(folder.name)
    command = [sys.executable, "-m", "agent.tests.fake_task", str(folder), "has ports"]
    task = TaskProcess(command, folder, environment={"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"})
    try:
        task.wait_for("ready")
        task.claim(workspace_id=MINE, launch_secret=f"secret-of-{MINE}")
        yield
    finally:
        task.end()


@contextmanager
def _servers() -> Iterator[tuple[int, int]]:
    """The ports of a student's static server and of an API with a WebSocket."""
    ports = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.html").write_bytes(b"x" * PAGE_BYTES)
        commands = (
            ["http.server", str(ports[0]), "--bind", "127.0.0.1", "--directory", folder],
            ["uvicorn", "server:app", "--app-dir", str(SOURCE / "tests/preview_app"), "--port", str(ports[1])],
        )
        quiet = subprocess.DEVNULL
        running = [subprocess.Popen([sys.executable, "-m", *words], stdout=quiet, stderr=quiet) for words in commands]
        try:
            for port in ports:
                until(lambda port=port: _answers(port), "a student's server does not start", ignoring=OSError)
            yield ports
        finally:
            for process in running:
                process.terminate()
                process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/page.html")
    return connection.getresponse().status == 200


def _findings(directly: _Way, preview: _Way, notices_s: list[float]) -> Findings:
    page = Measure("static page, directly", "ms", directly.page_ms, note=f"{PAGE_BYTES} bytes, a new connection each")
    echo = Measure("WebSocket echo, directly", "ms", directly.echo_ms)
    allowed = TIMES_DIRECT * page.summary()["median"] + PLUS_MS
    over = [took - echo.summary()["median"] for took in preview.echo_ms]
    return Findings(
        "What a preview costs",
        (
            page,
            Measure("static page, preview", "ms", preview.page_ms, Target("median", round(allowed, 2))),
            echo,
            Measure("WebSocket echo, preview", "ms", preview.echo_ms),
            Measure("WebSocket echo, preview over directly", "ms", over, ECHO_OVER_MS),
            Measure("server started in the terminal → notice in VS Code", "s", notices_s, NOTICE_S),
        ),
    )


def plot(findings: Findings, path: Path) -> None:
    pages = [measure for measure in findings.measures if measure.name.startswith("static")]
    echoes = [measure for measure in findings.measures if measure.name.startswith("WebSocket")]
    with charts.figure(path, findings.title, rows=2) as (page, echo):
        charts.bands(page, pages, "A static page of 20 kB (5th to 95th percentile)", "milliseconds")
        charts.bands(echo, echoes, "Round trip of a WebSocket message (5th to 95th percentile)", "milliseconds")
