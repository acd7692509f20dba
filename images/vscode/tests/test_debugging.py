"""Debuggers in VS Code's own screens, in a real Chromium: breakpoint, variables, step, attach."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as NotThere

from images.vscode import recipe
from images.vscode.tests.conftest import Desk
from images.vscode.tests.test_vscode_in_browser import open_file
from tests.ports import free_port, listens
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

NODE = """\
function total(prices) {
  let sum = 0;
  for (const price of prices) {
    sum += price;
  }
  return sum;
}
const answer = total([40, 2]);
require("fs").writeFileSync("answer.txt", String(answer));
"""
PYTHON = """\
def total(prices):
    sum_of_all = 0
    for price in prices:
        sum_of_all += price
    return sum_of_all
answer = total([40, 2])
open("answer.txt", "w").write(str(answer))
"""
NODE_SERVER = """\
require("http").createServer((request, answer) => {
  const asked = request.url;
  answer.end(asked);
}).listen(PORT, "127.0.0.1");
"""
PYTHON_SERVER = """\
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked = self.path
        self.send_response(200)
        self.end_headers()
        self.wfile.write(asked.encode())
http.server.HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
"""


def break_at(page: Page, line: int) -> None:
    """As by the keyboard: Go to Line, then F9. VS Code may take the first keys while it loads."""
    breakpoint_sign = page.locator(".glyph-margin-widgets .codicon-debug-breakpoint")

    def is_set() -> bool:
        page.keyboard.press("Control+G")
        box = page.locator(".quick-input-widget")
        box.locator("input").first.wait_for()
        page.keyboard.type(f"{line}", delay=10)
        page.keyboard.press("Enter")
        box.wait_for(state="hidden")
        page.get_by_text(f"Ln {line}, Col 1").wait_for()
        page.keyboard.press("F9")
        with contextlib.suppress(NotThere):  # a second F9 too early would take it away again
            breakpoint_sign.first.wait_for(timeout=10_000)
        return breakpoint_sign.count() == 1

    until(is_set)


def expect_variables(page: Page, **values: str) -> None:
    scope = re.compile("Scope (Block|Locals?)")
    page.get_by_role("treeitem", name=scope).first.wait_for()
    while (collapsed := page.get_by_role("treeitem", name=scope, expanded=False)).count():
        collapsed.first.locator(".monaco-tl-twistie").click()
    for name, value in values.items():
        page.get_by_role("treeitem", name=re.compile(f"{name}, value {value}")).first.wait_for()


def stopped_at(page: Page, line: int) -> None:
    page.locator(".codicon-debug-stackframe").first.wait_for(timeout=60_000)
    until(lambda: page.get_by_text(f"Ln {line}, Col").count() > 0, lambda: page.locator(".statusbar").inner_text())


@pytest.mark.parametrize(("name", "text", "sum_name"), [("sum.js", NODE, "sum"), ("sum.py", PYTHON, "sum_of_all")])
def test_a_program_stops_at_a_breakpoint_and_shows_its_variables_and_steps(
    desk: Desk, name: str, text: str, sum_name: str
) -> None:
    """The story: a student presses F5, and nothing has to be installed or configured."""
    (desk.project / name).write_text(text)
    page = desk.open_tab()
    open_file(page, name)
    break_at(page, 4)
    page.keyboard.press("F5")
    chosen = page.locator(".quick-input-widget .monaco-list-row", has_text="Node.js").first
    if name.endswith(".js"):
        chosen.click()
    stopped_at(page, 4)
    expect_variables(page, **{"price": "40", sum_name: "0"})
    page.keyboard.press("F10")
    stopped_at(page, 3)
    expect_variables(page, **{sum_name: "40"})
    page.keyboard.press("F5")
    stopped_at(page, 4)
    expect_variables(page, price="2")
    page.keyboard.press("F5")
    answer = desk.project / "answer.txt"
    until(lambda: answer.exists() and answer.read_text() == "42")


@contextlib.contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until(lambda: listens(port))
            yield
        finally:
            server.kill()


def ask_until(address: str, enough: Event) -> bytes:
    """Ask again and again: a breakpoint looks set some time before the server knows of it."""
    while True:
        answer: bytes = urlopen(address, timeout=300).read()  # noqa: S310  our own
        if enough.is_set():
            return answer
        time.sleep(0.2)


@pytest.mark.parametrize(("name", "text", "line"), [("server.js", NODE_SERVER, 3), ("server.py", PYTHON_SERVER, 5)])
def test_a_debugger_attaches_to_a_server_that_runs(desk: Desk, name: str, text: str, line: int) -> None:
    port, debug_port = free_port(), free_port()
    (desk.project / name).write_text(text.replace("PORT", str(port)))
    if name.endswith(".js"):
        command = [str(Path(desk.image["mounts"]["/opt/node"]) / "bin/node"), f"--inspect={debug_port}", name]
        attach: dict[str, object] = {"type": "node", "port": debug_port}
    else:
        debugpy = Path(desk.image["mounts"]["/opt/code-server"]) / recipe.DEBUGPY
        command = [sys.executable, str(debugpy), "--listen", str(debug_port), name]
        attach = {"type": "debugpy", "connect": {"host": "localhost", "port": debug_port}}
    launch = {"version": "0.2.0", "configurations": [{"name": "Attach here", "request": "attach", **attach}]}
    (desk.project / ".vscode").mkdir()
    (desk.project / ".vscode/launch.json").write_text(json.dumps(launch))
    enough = Event()
    with ThreadPoolExecutor(1) as visitor, running(command, desk.project, port):
        page = desk.open_tab()
        open_file(page, name)
        break_at(page, line)
        page.keyboard.press("Control+Shift+D")
        page.locator(".start-debug-action-item", has_text="Attach here").wait_for()
        page.keyboard.press("F5")
        page.locator(".debug-toolbar").wait_for()
        answer = visitor.submit(ask_until, f"http://127.0.0.1:{port}/cats", enough)
        try:
            stopped_at(page, line)
            expect_variables(page, asked=".*cats")
        finally:
            enough.set()
        page.keyboard.press("F5")
        assert answer.result(60) == b"/cats"
