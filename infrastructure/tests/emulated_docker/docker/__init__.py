"""The part of Docker's client that ministack uses, with local processes for containers.

A service's container sleeps; a one-off's runs EMULATED_ONE_OFF, which sees its image as $IMAGE. The
emulator's process finds this package before the real one.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from docker import errors

_FAMILY = "com.amazonaws.ecs.task-definition-family"


class Container:
    def __init__(self, image: str, labels: dict[str, str], environment: dict[str, str]) -> None:
        self.id = secrets.token_hex(32)
        self.labels = labels
        one_off = labels.get(_FAMILY, "").endswith("-one-off")
        line = os.environ["EMULATED_ONE_OFF"] if one_off else "exec sleep 600"
        self._process = subprocess.Popen(
            ["sh", "-c", line],
            env={"PATH": os.environ["PATH"], "IMAGE": image, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    @property
    def status(self) -> str:
        return "running" if self._process.poll() is None else "exited"

    @property
    def attrs(self) -> dict[str, Any]:
        return {"NetworkSettings": {"IPAddress": "127.0.0.9", "Networks": {"bridge": {"IPAddress": "127.0.0.9"}}}}

    def reload(self) -> None:
        """Everything is always fresh."""

    def wait(self, **_: Any) -> dict[str, int]:
        return {"StatusCode": abs(self._process.wait())}

    def logs(self, *, stream: bool = False, **_: Any) -> Iterator[bytes] | bytes:
        return iter(self._process.stdout or ()) if stream else b""

    def stop(self, **_: Any) -> None:
        self._process.kill()
        self._process.wait()

    kill = remove = stop


class _Containers:
    def __init__(self) -> None:
        self._by_id: dict[str, Container] = {}

    def run(self, image: str, *, labels: dict[str, str], environment: dict[str, str], **_: Any) -> Container:
        container = Container(image, labels, environment)
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
