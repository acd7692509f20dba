"""The whole product, started with `./apranova up`, in a folder and on a port of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.ports import free_port
from tests.waiting import until

SOURCE = Path(__file__).parent.parent
START_WITHIN_S = 240.0
LAST_LINE = "Ctrl-C stops everything"


def fixed_pool(size: int) -> dict[str, str]:
    """The settings for a warm pool of one size at every hour, whatever the timetables are."""
    hours = " ".join(f"{name}={size}" for name in ("base", "peak", "off", "weekend"))
    return {"APRANOVA_POOL_POLICY": "schedule", "APRANOVA_POOL": hours}


@dataclass(frozen=True)
class Account:
    email: str
    password: str


class Product:
    """One installation with its own data. Images and the portal's build are shared."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        # Short: sockets' paths are limited. Passable: PostgreSQL may have another uid.
        self.home = Path(tempfile.mkdtemp(prefix="apn-", dir="/tmp"))
        self.home.chmod(0o711)
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.metrics_port = free_port()
        self.environment = {
            **os.environ,
            "APRANOVA_HOME": str(self.home / "h"),
            "APRANOVA_RUN_DIR": str(self.home / "r"),
            "APRANOVA_IMAGES_DIR": os.environ["APRANOVA_TEST_CACHE"],
            "APRANOVA_PORT": str(self.port),
            "APRANOVA_METRICS_PORT": str(self.metrics_port),
            **(settings or {}),
        }
        self.output: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Return when `up` has printed its last line. Raises AssertionError with its output."""
        self.output.clear()
        self.process = subprocess.Popen(
            [str(SOURCE / "apranova"), "up"],
            env=self.environment,
            cwd="/",
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        process = self.process
        until(
            lambda: any(line.startswith(LAST_LINE) for line in self.output) or process.poll() is not None,
            lambda: "up did not become ready:\n" + "".join(self.output) + self.logs(),
            within_s=START_WITHIN_S,
        )
        assert process.poll() is None, "up ended:\n" + "".join(self.output) + self.logs()

    def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)

    def logs(self) -> str:
        """The end of every log, for a failing test's report."""
        return "".join(
            f"\n--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-25:])
            for log in sorted((self.home / "h" / "logs").glob("*.log"))
        )

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run another command, such as `status`, against this installation."""
        return subprocess.run(
            [str(SOURCE / "apranova"), *arguments],
            env=self.environment,
            input=stdin,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def pids(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.home / "h" / "supervisor.json").read_text())["pids"]
        return found

    def accounts(self) -> dict[str, Account]:
        """The demo accounts by e-mail's local part, read from the file that `up` names."""
        text = (self.home / "h" / "demo-accounts.txt").read_text()
        found = re.findall(r"(\S+@\S+)\s+(\S+)", text)
        return {email.partition("@")[0]: Account(email, password) for email, password in found}

    def sandbox_processes(self) -> dict[int, int]:
        """Bubblewrap's processes, two for each sandbox, with their parents."""
        found = {}
        for child in psutil.Process(self.pids()["shim"]).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.name() == "bwrap":
                    found[child.pid] = child.ppid()
        return found

    def stop(self, *, with_signal: signal.Signals = signal.SIGINT) -> int:
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()  # the kernel ends all that it started with it
            self.process.wait()
            raise

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
