"""One student's editor and app without a browser: what the server does for them, and when.

What a browser would ask for over HTTP and the first messages of VS Code's own protocol are real, so
VS Code's server starts a real extension host. That host gets no window to talk to, so it loads no
extension: the app's terminal script is started in the sandbox in its place.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from websockets.sync.client import ClientConnection

from benchmarks.editor_sockets import EXTENSION_HOST, MANAGEMENT, Door
from benchmarks.footprint import memory_by_sort
from contract.names import preview_label
from images.vscode.recipe import VSCODE
from tests.school import BROWSING, School, Student, Unexpected
from tests.waiting import until

SOURCE = Path(__file__).parents[1]
APP_WITHIN_S = 240.0
LOOK_EVERY_S = 0.2
"""As the extension does (images/vscode/extensions/apranova/src/app.js)."""
_VSCODE = Path("opt/code-server") / VSCODE
_SCRIPT = f"/{_VSCODE}/extensions/apranova-workspace/src/app.sh"
_HOME = "home/student"
_SERVER = "/opt/code-server/server.js"
_LISTENS = "0A"
_IN_A_FRAME = {**BROWSING, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "iframe"}
_IMPORTS = re.compile(r"""(?:\bfrom\s*|\bimport\s*|\bsrc=)["'](/[^"']+)["']""")


class Desk:
    def __init__(self, school: School, student: Student) -> None:
        self._school = school
        self._student = student
        self._ends = ExitStack()
        self._server: psutil.Process | None = None
        self._app: subprocess.Popen[bytes] | None = None

    def open_app(self, words: str) -> tuple[str, float, float]:
        """Click, and wait until the app's page with all its scripts has come through its own host.
        Returns the launch's path, seconds until VS Code's first page, seconds until the app."""
        began = time.perf_counter()
        launch = self._student.launch()
        page_s = time.perf_counter() - began
        self._server = self._find_server()
        for purpose in (MANAGEMENT, EXTENSION_HOST):
            self._ends.enter_context(self._connect(purpose))
        port = self._start_app()
        self._until(lambda: self._listens(port), "its app does not listen")
        self._show(launch.workspace_id, port, words)
        return launch.path, page_s, time.perf_counter() - began

    def memory_mb(self) -> dict[str, float]:
        """PSS of each sort of process in the workspace."""
        assert self._server is not None
        assert self._app is not None
        found = memory_by_sort(self._sandbox())
        for terminal in psutil.Process(self._app.pid).children():
            for sort, used in memory_by_sort(terminal).items():
                found[sort] = found.get(sort, 0.0) + used
        return found

    def started(self) -> int:
        """The process with which its app was started."""
        assert self._app is not None
        return self._app.pid

    def close(self) -> None:
        self._ends.close()
        if self._app is not None:
            self._app.wait(60)  # the workspace has stopped, and with it what ran there

    def _connect(self, purpose: int) -> ClientConnection:
        commit = json.loads((self._inside / _VSCODE / "product.json").read_text())["commit"]
        door = Door(f"{self._student.origin}/stable-{commit}", self._student.http.cookies)
        return door.open_for(purpose, commit=commit)

    def _start_app(self) -> int:
        """What the extension does; returns the app's port."""
        assert self._server is not None
        app = json.loads((self._inside / _HOME / ".local/share/apranova/app.json").read_text())
        id_ = f"{app['assignment']}-{app['number']}"
        mark = f"{self._server.environ()['XDG_RUNTIME_DIR']}/app-{id_}"
        prepared = f"/{_HOME}/.local/share/apranova/prepared/{id_}"
        words = ["/bin/bash", _SCRIPT, mark, prepared, app["prepare"], app["start"]]
        quiet = subprocess.DEVNULL
        folder = f"/{_HOME}/project/{app['folder']}"
        self._app = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.in_sandbox", str(self._server.pid), folder, *words],
            cwd=SOURCE,
            stdin=quiet,
            stdout=quiet,
        )
        return int(app["port"])

    @property
    def _inside(self) -> Path:
        """The sandbox's file system."""
        assert self._server is not None
        return Path(f"/proc/{self._server.pid}/root")

    def _find_server(self) -> psutil.Process:
        """VS Code's, in the sandbox whose home is this student's."""
        for sandbox in self._school.sandboxes():
            try:
                for process in psutil.Process(sandbox).children(recursive=True):
                    if _SERVER not in process.cmdline():
                        continue
                    git = Path(f"/proc/{process.pid}/root/{_HOME}/.gitconfig")
                    if git.is_file() and self._student.email in git.read_text():
                        return process
                    break
            except (psutil.NoSuchProcess, OSError):
                continue
        raise Unexpected(f"no sandbox has the home of {self._student.email}")

    def _sandbox(self) -> int:
        assert self._server is not None
        above = {process.pid for process in self._server.parents()}
        (found,) = self._school.sandboxes() & above
        return found

    def _listens(self, port: int) -> bool:
        assert self._server is not None
        assert self._app is not None
        if self._app.poll() is not None:
            raise Unexpected(f"the app of {self._student.email} ended with {self._app.returncode}")
        tables = (Path(f"/proc/{self._server.pid}/net/{name}").read_text() for name in ("tcp", "tcp6"))
        rows = (line.split() for table in tables for line in table.splitlines()[1:])
        return any(row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port for row in rows)

    def _show(self, workspace_id: str, port: int, words: str) -> None:
        """As a frame of the editor: its ticket first, then the page and all that it imports."""
        parts = urlsplit(self._student.origin)
        origin = f"{parts.scheme}://{parts.netloc.replace(workspace_id, preview_label(workspace_id, port), 1)}"
        headers = {**_IN_A_FRAME, "Referer": f"{self._student.origin}/"}
        page = self._student.http.get(f"{origin}/", headers=headers, follow_redirects=True)
        if page.status_code != 200:
            raise Unexpected(f"{page.url}: {page.status_code} {page.text[:200]}")
        texts, asked, waiting = [page.text], set[str](), _IMPORTS.findall(page.text)
        while waiting:
            path = waiting.pop()
            if path in asked:
                continue
            asked.add(path)
            script = self._student.http.get(f"{origin}{path}", headers={"Referer": f"{origin}/"})
            if script.status_code != 200:
                raise Unexpected(f"{script.url}: {script.status_code} {script.text[:200]}")
            texts.append(script.text)
            waiting += _IMPORTS.findall(script.text)
        if not any(words in text for text in texts):
            raise Unexpected(f"{page.url} is not the app: {page.text[:200]}")

    def _until(self, condition: Any, complaint: str) -> None:
        until(condition, f"{self._student.email}: {complaint}", within_s=APP_WITHIN_S, every_s=LOOK_EVERY_S)
