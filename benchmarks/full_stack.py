"""A full-stack student's whole session: does it fit into a medium workspace, and who needs what.

VS Code with TypeScript, a terminal, `next dev`, its page in Chromium, PostgreSQL with an open
connection. The image, the agent, the programs and the browser are real. Namespaces are the
sandbox's (user, network, processes); its file system is this machine's, and Next.js is the portal's
own installation.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from benchmarks import charts
from benchmarks.databases import opened
from benchmarks.editor import fresh_profile
from benchmarks.footprint import MB, TYPESCRIPT_HELP, memory_by_sort
from benchmarks.measure import Findings, Measure, Target
from contract.names import PORT_HEADER, WorkspaceSize
from contract.sizes import ON_ONE_MACHINE
from images.building import SOURCE_ROOT
from images.vscode.tests.gateway import Gateway
from images.vscode.tests.sandboxed_desk import SandboxedDesk
from tests.chromium import running_chromium
from tests.student import VSCode
from tests.waiting import until

MEDIUM = ON_ONE_MACHINE[WorkspaceSize.MEDIUM]
FITS = Target("max", MEDIUM.memory_bytes / MB)
PORT = 3000
SETTLE_S = 20.0
"""So that garbage of the start is collected."""
SERVER_GB = 32
FOR_THE_PLATFORM_GB = 2
"""What admission leaves to the platform on one machine."""

_PAGE = """\
"use client";
import { useState } from "react";

export default function Home() {
  const [count, setCount] = useState<number>(0);
  return <button onClick={() => setCount(count + 1)}>Clicked {count} times</button>;
}
"""
_LAYOUT = """\
export default function Layout({ children }: { children: React.ReactNode }) {
  return <html lang="en"><body>{children}</body></html>;
}
"""
_PACKAGE = {"name": "app", "private": True, "scripts": {"dev": "next dev"}}


def run(*, quick: bool) -> Findings:
    sessions = [_session() for _ in range(1 if quick else 3)]
    highest = [max(sum(parts.values()) for parts in session) for session in sessions]
    settled = [session[-1] for session in sessions]
    whole = [sum(parts.values()) for parts in settled]
    sorts = sorted({sort for parts in settled for sort in parts})
    students = int((SERVER_GB - FOR_THE_PLATFORM_GB) * 2**30 / MB / median(whole))
    measures = [
        Measure("whole session, the most at any moment", "MB", highest, FITS, "PSS, looked at each second"),
        Measure("whole session, at work", "MB", whole),
        *(Measure(f"of it {sort}", "MB", [parts.get(sort, 0.0) for parts in settled]) for sort in sorts),
    ]
    return Findings(
        "A full-stack student's session",
        measures,
        details={"memory_mb": settled, f"students_on_{SERVER_GB}_gb": students},
    )


def plot(findings: Findings, path: Path) -> None:
    sessions = findings.details["memory_mb"]
    assert isinstance(sessions, list)
    rows = [(f"session {number}", parts) for number, parts in enumerate(sessions, 1)]
    with charts.figure(path, findings.title, rows=1, height=3.6) as (axes,):
        charts.stacks(axes, rows, "At work (red: medium)", "MB, proportional (PSS)")
        for row in range(len(rows)):
            charts.limit(axes, row, FITS.most)


def _session() -> list[dict[str, float]]:
    """MB of each sort of process, each second from the start of `next dev` on; the last at work."""
    with ExitStack() as all_of_it:
        desk = all_of_it.enter_context(opened(_MediumDesk))
        browser = all_of_it.enter_context(running_chromium())
        context = all_of_it.enter_context(fresh_profile(browser))
        code = _open(all_of_it, desk, context.new_page())
        code.terminal("npm run dev")
        seen = _until(desk, lambda: PORT in desk.task.status()["ports"])
        page = context.new_page()
        _open_app(all_of_it, desk, page)
        code.open_from_explorer("a.ts")
        seen += _until(desk, lambda: TYPESCRIPT_HELP in memory_by_sort(desk.task.process.pid))
        all_of_it.enter_context(desk.running("sleep 600 | psql -X"))
        seen += _until(desk, lambda: len(desk.processes("postgres")) > 5)
        settled_at = time.monotonic() + SETTLE_S
        seen += _until(desk, lambda: time.monotonic() > settled_at)
        page.get_by_role("button", name="Clicked").click()
        page.get_by_text("Clicked 1 times").wait_for()
        assert "was ended" not in desk.task.log.read_text()
        return [*seen, memory_by_sort(desk.task.process.pid)]


class _MediumDesk(SandboxedDesk):
    def launch(self) -> None:
        if not (self.home / "project").exists():
            _make_app(self.home)
        self.start_task().wait_for("ready")
        assert self.task.claim(memory_bytes=MEDIUM.memory_bytes)[0] == 200


def _make_app(home: Path) -> None:
    """Next.js as an exercise has it: with its modules in the project."""
    project = home / "project"
    (project / "app").mkdir(parents=True)
    (project / "app/page.tsx").write_text(_PAGE)
    (project / "app/layout.tsx").write_text(_LAYOUT)
    (project / "a.ts").write_text("const names: string[] = ['a'];\nconsole.log(names.map((name) => name.length));\n")
    (project / "package.json").write_text(json.dumps(_PACKAGE))
    (project / ".gitignore").write_text("node_modules/\n.next/\n")
    modules = SOURCE_ROOT / "portal/node_modules"
    if not (modules / "next").is_dir():
        raise FileNotFoundError("portal/node_modules is missing: run `npm ci` in portal/")
    if subprocess.run(["cp", "-al", str(modules), str(project)], check=False, capture_output=True).returncode:
        shutil.rmtree(project / "node_modules", ignore_errors=True)  # another file system
        shutil.copytree(modules, project / "node_modules", symlinks=True)


def _open(all_of_it: ExitStack, desk: SandboxedDesk, page: Page) -> VSCode:
    gateway = Gateway(desk.task.socket_path, desk.image["static"])
    all_of_it.callback(gateway.close)
    page.goto(gateway.url)
    return VSCode(page)


def _open_app(all_of_it: ExitStack, desk: SandboxedDesk, page: Page) -> None:
    gateway = Gateway(desk.task.socket_path, [], lambda: {PORT_HEADER: str(PORT)})
    all_of_it.callback(gateway.close)
    page.set_default_timeout(120_000)  # the first page is compiled
    page.goto(gateway.url)
    page.get_by_text("Clicked 0 times").wait_for()


def _until(desk: SandboxedDesk, holds: Callable[[], bool]) -> list[dict[str, float]]:
    """What is held each second until the condition does."""
    seen: list[dict[str, float]] = []

    def look() -> bool:
        seen.append(memory_by_sort(desk.task.process.pid))
        return holds()

    until(look, within_s=180, every_s=1.0)
    return seen
