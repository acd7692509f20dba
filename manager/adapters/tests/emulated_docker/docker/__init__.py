"""What ministack needs of Docker's client. Containers are local processes, so ECS tasks are real.

The emulator's process finds this package before the real one. An image is a command
(EMULATED_IMAGES); `{folder}` in it becomes a folder of the container's own. Each container has an
address of its own in 127.0.0.0/8, which replaces 0.0.0.0 in its configuration. The emulator's port
chooses the network, so that two emulators do not meet. The 251st container has the first one's
address.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from docker import errors

_IMAGES: dict[str, list[str]] = json.loads(os.environ.get("EMULATED_IMAGES", "{}"))
_FOLDER = Path(os.environ.get("EMULATED_FOLDER", "/nowhere"))
_NETWORK = "127.{}.{}".format(*divmod(int(os.environ.get("GATEWAY_PORT", "0")), 256))


class Container:
    def __init__(self, image: str, *, number: int, environment: dict[str, str], labels: dict[str, str]) -> None:
        if image not in _IMAGES:
            raise errors.ImageNotFound(f"no such image: {image}")
        self.id = secrets.token_hex(32)
        self.labels = labels
        self.address = f"{_NETWORK}.{1 + number % 250}"
        own = {name: value.replace("0.0.0.0", self.address) for name, value in environment.items()}
        folder = _FOLDER / self.id[:12]
        folder.mkdir()
        (folder / "home").symlink_to("comes-later")  # as in the images
        slot = labels.get("com.amazonaws.ecs.task-definition-family", "").rpartition("-slot-")[2]
        mounted = {"HOME": str(folder / "home"), "APRANOVA_SLOT": str(_FOLDER / "efs" / "slots" / f"slot-{slot}")}
        self._log = (_FOLDER / f"{self.id[:12]}.log").open("ab")
        self._process = subprocess.Popen(
            [word.replace("{folder}", str(folder)) for word in _IMAGES[image]],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.environ["PYTHONPATH"].partition(":")[2],
                **mounted,
                **own,
            },
            cwd=_FOLDER,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self._pid_file = _FOLDER / f"{self.id[:12]}.pid"
        self._pid_file.write_text(str(self._process.pid))

    @property
    def status(self) -> str:
        return "running" if self._process.poll() is None else "exited"

    @property
    def attrs(self) -> dict[str, Any]:
        return {"NetworkSettings": {"IPAddress": self.address, "Networks": {"bridge": {"IPAddress": self.address}}}}

    def reload(self) -> None:
        """Everything is always fresh."""

    def wait(self, **_: Any) -> dict[str, int]:
        return {"StatusCode": abs(self._process.wait())}

    def logs(self, **_: Any) -> Any:
        return b""

    def stop(self, timeout: float = 5) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def remove(self, **_: Any) -> None:
        self.kill()
        self._pid_file.unlink(missing_ok=True)


class _Containers:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = 0
        self._by_id: dict[str, Container] = {}

    def run(self, image: str, *, environment: dict[str, str], labels: dict[str, str], **_: Any) -> Container:
        with self._lock:
            self._started += 1
            number = self._started
        time.sleep(float(os.environ.get("EMULATED_PULL_S", "0")))
        container = Container(image, number=number, environment=environment, labels=labels)
        self._by_id[container.id] = container
        return container

    def get(self, container_id: str) -> Container:
        if container_id not in self._by_id:
            raise errors.NotFound(container_id)
        return self._by_id[container_id]

    def list(self, **_: Any) -> list[Container]:
        return list(self._by_id.values())


def from_env(**_: Any) -> SimpleNamespace:
    images = SimpleNamespace(get=lambda name: SimpleNamespace(id=name))
    return SimpleNamespace(containers=_Containers(), images=images)
