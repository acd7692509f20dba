"""Starts the real sandbox engine for a test, in its own folder, as root or as an ordinary user."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contract.errors import ApraNovaError
from contract.names import WorkspaceKind
from manager.adapters.sandbox_engine.client import SandboxEngineTaskRunner
from manager.ports.task_runner import ObservedTask, TaskSpec
from tests.waiting import until

SOURCE = Path(__file__).parents[3]
SANDBOX_UID = 61000
ORDINARY_UID = 12345
MEMORY_MAX = 160 << 20
PROCESSES_MAX = 80


START_AS = ("ordinary user", pytest.param("root", marks=pytest.mark.root))


class EngineUnderTest:
    def __init__(
        self,
        *,
        as_whom: str,
        isolation: str = "bubblewrap",
        agent: str = "",
        prefork: str = "",
        mounts: Mapping[str, Path] | None = None,
        memory_max: int = MEMORY_MAX,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """`prefork`: the image has a prefork template; 'broken': a template that cannot warm up.
        `variables`: more of the engine's environment."""
        self._mounts = {target: str(source) for target, source in (mounts or {}).items()}
        self._memory_max = memory_max
        self._variables = dict(variables or {})
        self.base = Path(tempfile.mkdtemp(prefix="ae-", dir="/tmp"))
        self.run_dir, self.homes, self.images = (self.base / name for name in ("run", "homes", "images"))
        self.isolation = isolation
        self.as_root = as_whom == "root"
        self.sandbox_uid = (SANDBOX_UID if self.as_root else ORDINARY_UID) if os.geteuid() == 0 else os.geteuid()
        self.prefork = prefork
        self._make_image(agent)
        self.homes.mkdir()
        self.run_dir.mkdir()
        if os.geteuid() == 0:
            self.base.chmod(0o755)
            subprocess.run(["chmod", "-R", "a+rX", self.images], check=True)
            self.run_dir.chmod(0o711)
            self.homes.chmod(0o711)
            if not self.as_root:
                for directory in (self.run_dir, self.homes):
                    os.chown(directory, ORDINARY_UID, ORDINARY_UID)
        self.runner = SandboxEngineTaskRunner(self.run_dir / "engine.sock", isolation=isolation)
        self.log = self.base / "engine.log"
        self.shim = self.start_shim()
        self.start_daemon()

    def start_shim(self) -> subprocess.Popen[bytes]:
        return self._python("manager.entrypoints.sandbox_shim")

    def start_daemon(self, *, wait: bool = True) -> None:
        self.daemon = self._python("manager.entrypoints.sandbox_engine")
        if wait:
            until(self._answers, self.log.read_text)

    def _python(self, module: str) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": f"{SOURCE}:{sysconfig.get_paths()['purelib']}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "APRANOVA_RUN_DIR": str(self.run_dir),
            "APRANOVA_HOMES_DIR": str(self.homes),
            "APRANOVA_IMAGES_DIR": str(self.images),
            "APRANOVA_ISOLATION": self.isolation,
            **self._variables,
        }
        options: dict[str, Any] = {}
        if self.as_root:
            environment["APRANOVA_SANDBOX_UID"] = str(SANDBOX_UID)
        elif os.geteuid() == 0:
            options = {"user": ORDINARY_UID, "group": ORDINARY_UID, "extra_groups": []}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [_python(self.as_root), "-m", module],
                env=environment,
                cwd="/",
                stdout=log,
                stderr=log,
                **options,
            )

    def _answers(self) -> bool:
        assert self.daemon.poll() is None, self.log.read_text()
        try:
            self.runner.list_tasks()
        except ApraNovaError:
            return False
        return True

    def close(self) -> None:
        self.daemon.send_signal(signal.SIGINT)
        self.daemon.wait(15)
        self.shim.kill()
        self.shim.wait(15)
        shutil.rmtree(self.base)
        for directory in self.cgroups():
            directory.rmdir()

    def cgroups(self) -> list[Path]:
        """The cgroups that hold the tasks' own; empty if this machine allows none."""
        return cgroups_named(f"apranova-{hashlib.sha256(bytes(self.run_dir)).hexdigest()[:10]}")

    # What the manager does

    def start(self, *, home_id: str | None = None, ready: bool = True) -> str:
        task_id = new_task_id()
        self.runner.start(self.spec(task_id))
        if ready:
            until(lambda: self.observed(task_id).control_address or not self.observed(task_id).alive, task_id)
            assert self.observed(task_id).alive, self.log.read_text()
        if home_id is not None:
            self.runner.attach_home(task_id, home_id)
        return task_id

    def spec(self, task_id: str, *, wanted_now: bool = False) -> TaskSpec:
        image = self.runner.image(WorkspaceKind.VSCODE)
        return TaskSpec(task_id, WorkspaceKind.VSCODE, image, "a-token", wanted_now)

    def observed(self, task_id: str) -> ObservedTask:
        return next(task for task in self.runner.list_tasks() if task.task_id == task_id)

    def new_home(self, **files: str) -> str:
        home_id = f"home-{secrets.token_hex(6)}"
        (self.homes / home_id).mkdir(mode=0o700)
        for name, text in files.items():
            (self.homes / home_id / name).write_text(text)
        if os.geteuid() == 0:
            for path in (self.homes / home_id, *(self.homes / home_id).iterdir()):
                os.chown(path, self.sandbox_uid, self.sandbox_uid)
        return home_id

    # What a student does inside

    def ask(self, task_id: str, path: str, body: object) -> Any:
        connection = OverUnixSocket(self.run_dir / "tasks" / task_id / "http.sock")
        try:
            connection.request("POST", path, json.dumps(body))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def shell(self, task_id: str, command: str) -> str:
        return self.ask(task_id, "/run", {"command": ["bash", "-c", command]})["output"]

    def python(self, task_id: str, code: str) -> Any:
        return self.ask(task_id, "/python", {"code": code})["value"]

    def forked(self, task_id: str, code: str) -> Any:
        """Run code in the application that was forked into the task; returns its `value`."""
        return self.ask(task_id, "/forked", {"code": code})["value"]

    def _make_image(self, agent: str) -> None:
        folder = self.images / "vscode-1.0"
        (folder / "agent").mkdir(parents=True)
        shutil.copy(Path(__file__).with_name("stand_in_agent.py"), folder / "agent")
        shutil.copy(SOURCE / "agent/egress.py", folder / "agent")
        if self.prefork:
            for package in ("agent", "contract"):
                shutil.copytree(SOURCE / package, folder / "source" / package)
            shutil.copy(Path(__file__).with_name("stand_in_application.py"), folder / "source")
            if self.prefork == "broken":
                (folder / "source/cannot-get-warm").touch()
        self.write_image(folder, agent)
        self.images.chmod(0o755)

    def write_image(self, folder: Path, agent: str = "") -> None:
        image: dict[str, Any] = {
            "kind": "vscode",
            "mounts": {"/opt/agent": str(folder / "agent"), **self._mounts},
            "command": ["/usr/bin/python3", "/opt/agent/stand_in_agent.py", *agent.split()],
            "environment": {"FROM_IMAGE": "yes"},
            "limits": {"memory_max_bytes": self._memory_max, "processes_max": PROCESSES_MAX},
        }
        if self.prefork:
            image["mounts"] |= {"/opt/apranova": str(folder / "source")}
            image["prefork"] = {"python": "/usr/bin/python3", "module": "stand_in_application", "link": "app.sock"}
        (folder / "image.json").write_text(json.dumps(image))


class OverUnixSocket(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=250)
        """As long as a command may take inside, and a little more."""
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def new_task_id() -> str:
    return "task-" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(16))


def cgroups_named(pattern: str) -> list[Path]:
    """In the hierarchies of both versions, deepest first."""
    found = Path("/sys/fs/cgroup").rglob(pattern)
    return sorted((path for path in found if path.is_dir()), key=lambda path: -len(path.parts))


def _python(as_root: bool) -> str:
    """An ordinary user cannot run a Python in root's home."""
    real = Path(sys.executable).resolve()
    reachable = all(parent.stat().st_mode & stat.S_IXOTH for parent in real.parents)
    return sys.executable if as_root or reachable or os.geteuid() else "/usr/bin/python3"
