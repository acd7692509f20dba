"""Runs one task's agent and speaks to it over its socket, as the gateway and the manager do."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from contract.names import AGENT_TOKEN_HEADER, LAUNCH_SECRET_HEADER
from tests.waiting import until

TOKEN = "the-agent-token-of-this-task"
SECRET = "the-launch-secret-of-this-claim"
WORKSPACE = "ws-abcdefghij"


class TaskProcess:
    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        *,
        environment: Mapping[str, str],
        listen: str = "",
        **config: Any,
    ) -> None:
        self.socket_path = str(folder / "http.sock")
        self.log = folder / "agent.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=dict(environment), start_new_session=True
            )
        line = {
            "task_id": "task-aaaaaaaaaaaaaaaa",
            "kind": "vscode",
            "agent_token": TOKEN,
            "listen": listen or f"unix:{self.socket_path}",
            **config,
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.close()

    def connect(self) -> socket.socket:
        """Wait until the agent listens, which it does first of all."""

        def connected() -> socket.socket:
            assert self.process.poll() is None, self.log.read_text()
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(20)
            try:
                client.connect(self.socket_path)
            except OSError:
                client.close()
                raise
            return client

        return until(connected, self.log.read_text, ignoring=OSError)

    def raw(self, data: bytes) -> bytes:
        """Send bytes and read until the agent closes."""
        with self.connect() as client:
            client.sendall(data)
            return read_all(client)

    def request(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = _Connection(self)
        connection.request(method, target, body, dict(headers or {}))
        answer = connection.getresponse()
        try:
            return answer.status, answer.read()
        finally:
            connection.close()

    def data(self, target: str = "/", method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
        return self.request(method, target, body, {LAUNCH_SECRET_HEADER: SECRET})

    def control(self, method: str, name: str, message: Any = None, token: str = TOKEN) -> tuple[int, dict[str, Any]]:
        body = None if message is None else json.dumps(message).encode()
        status, answer = self.request(method, f"/_agent/{name}", body, {AGENT_TOKEN_HEADER: token})
        return status, json.loads(answer)

    def status(self) -> dict[str, Any]:
        status, answer = self.control("GET", "status")
        assert status == 200, answer
        return answer

    def wait_for(self, phase: str, timeout_s: float = 60) -> dict[str, Any]:
        until(
            lambda: self.status()["phase"] == phase, lambda: (self.status(), self.log.read_text()), within_s=timeout_s
        )
        return self.status()

    def claim(self, **changes: object) -> tuple[int, dict[str, Any]]:
        message = {
            "workspace_id": WORKSPACE,
            "launch_secret": SECRET,
            "public_host": "localhost",
            "student_name": "Ada Lovelace",
            "student_email": "ada@example.org",
            **changes,
        }
        return self.control("POST", "claim", message)

    def end(self) -> int:
        """End it whatever it does, and return its exit code."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, 9)
            return self.process.wait()


class _Connection(http.client.HTTPConnection):
    def __init__(self, task: TaskProcess) -> None:
        super().__init__("localhost", timeout=30)
        self._task = task

    def send(self, data: Any) -> None:
        """A refusal may come, and close, before the body is sent; the answer is what counts."""
        with contextlib.suppress(BrokenPipeError):
            super().send(data)

    def connect(self) -> None:
        self.sock = self._task.connect()


def read_all(client: socket.socket) -> bytes:
    received = bytearray()
    with suppress(ConnectionResetError):
        while piece := client.recv(2**20):
            received += piece
    return bytes(received)
