"""`TaskRunner` over the sandbox engine. Each call is one connection, so both may restart."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from contract.checks import CheckAnswer, CheckRequest
from contract.errors import ApraNovaError, Reason
from contract.manager import KindView
from contract.names import WorkspaceKind
from contract.sizes import SizeLimits
from contract.wire import BadMessage, from_json, to_json
from manager.adapters.sandbox_engine.wire import LINE_MAX_BYTES, AttachHome, Failure, Stop
from manager.ports.task_runner import ObservedTask, TaskSpec

CALL_TIMEOUT_S = 10.0
RESTART_S = 4.0
"""How long a launch waits for an engine that restarts; the supervisor needs a second or two."""
_CALLS_OF_A_LAUNCH = ("image", "start", "attach_home")
Answer = TypeVar("Answer")


class SandboxEngineTaskRunner:
    def __init__(self, engine_socket: Path, *, isolation: str) -> None:
        """`isolation`: what the engine was started with, 'bubblewrap' or 'none'."""
        self._engine_socket = engine_socket
        self.isolation = isolation

    def start(self, spec: TaskSpec) -> None:
        self._call("start", spec, type(None))

    def attach_home(
        self,
        task_id: str,
        home_id: str,
        *,
        slot: str = "",  # noqa: ARG002 (it mounts)
        limits: SizeLimits | None = None,
        shared: str = "",
    ) -> None:
        self._call("attach_home", AttachHome(task_id, home_id, limits, shared), type(None))

    def stop(self, task_id: str, *, grace_s: float) -> None:
        self._call("stop", Stop(task_id, float(grace_s)), type(None), extra_s=grace_s)

    def release(self, task_id: str) -> None:
        """The mount ended with the task."""

    def prepare(self) -> bool:
        return False

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[ObservedTask, ...]:
        return self._call("find_tasks", tuple(task_ids), tuple[ObservedTask, ...])

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        return self._call("list_tasks", None, tuple[ObservedTask, ...])

    def kind_status(self, kind: WorkspaceKind) -> KindView:
        return self._call("kind_status", kind, KindView)

    def image(self, kind: WorkspaceKind) -> str:
        return self._call("image", kind, str)

    def check(self, request: CheckRequest) -> CheckAnswer:
        """As CheckRunner.check."""
        return self._call("check", request, CheckAnswer)

    def enforced(self) -> dict[str, str]:
        return self._call("enforced", None, dict[str, str])

    def memory(self) -> dict[str, int]:
        """Task → bytes that its sandbox holds. Empty where nothing counts them. Raises
        ApraNovaError."""
        return self._call("memory", None, dict[str, int])

    def _patiently(self, request: bytes, timeout_s: float, restart_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + restart_s
        while True:
            try:
                return _exchange(self._engine_socket, request, timeout_s)
            except _NotThere:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.1)

    def _call(self, name: str, arguments: object, answer_type: type[Answer], *, extra_s: float = 0.0) -> Answer:
        request = json.dumps({"call": name, "arguments": to_json(arguments)}).encode() + b"\n"
        try:
            restart_s = RESTART_S if name in _CALLS_OF_A_LAUNCH else 0.0
            answer = self._patiently(request, CALL_TIMEOUT_S + extra_s, restart_s)
            if "failure" in answer:
                raise from_json(Failure, answer["failure"], where="the sandbox engine's failure").as_error()
            return from_json(answer_type, answer.get("value"), where="the sandbox engine's answer")
        except (OSError, BadMessage, json.JSONDecodeError) as error:
            raise ApraNovaError(
                Reason.MANAGER_UNAVAILABLE,
                "Workspaces cannot be reached right now.",
                detail=f"the sandbox engine does not answer to {name}: {error!r}",
            ) from error


class _NotThere(OSError):
    """The engine ended before it answered. Every call may be repeated."""


def _exchange(engine_socket: Path, request: bytes, timeout_s: float) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(engine_socket))
            connection.sendall(request)
            with connection.makefile("rb") as stream:
                line = stream.readline(LINE_MAX_BYTES)
        except (ConnectionError, FileNotFoundError) as error:
            raise _NotThere(*error.args) from error
    if not line:
        raise _NotThere("no answer")
    answer = json.loads(line)
    if not isinstance(answer, dict):
        raise BadMessage("the sandbox engine's answer: an object is expected")
    return answer
