"""Runs ministack (an emulator of AWS) for a test session, on a free port of 127.0.0.1."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from manager.adapters.dynamodb.table import create_table_request
from tests.ports import free_port
from tests.waiting import until

REGION = "eu-central-1"
ACCOUNT = "111122223333"
VSCODE_IMAGE = "registry.invalid/apranova-vscode:1"
"""Here: the real agent around the agent's fake application."""
NEWER_IMAGE = "registry.invalid/apranova-vscode:2"
CRASHING_IMAGE = "registry.invalid/apranova-vscode:crashes"
SOURCE = Path(__file__).parents[3]
_START_MAX_S = 60.0


class AwsEmulator:
    """`images`: container image → command; ECS tasks are then real processes."""

    def __init__(self, images: Mapping[str, list[str]] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="am-", dir="/tmp"))
        self.files = self.folder / "efs"
        """Stands for the file system: tasks find their slots in it."""
        self.files.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.folder / "emulator.log"
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "PYTHONPATH": f"{Path(__file__).with_name('emulated_docker')}:{SOURCE}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "LOG_LEVEL": "WARNING",
            "EMULATED_IMAGES": json.dumps(dict(images or {})),
            "EMULATED_FOLDER": str(self.folder),
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ministack"], env=environment, cwd=self.folder, stdout=log, stderr=log
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.close()
            raise

    def client(self, service: str, **config: Any) -> Any:
        """Like the manager's own clients, but with other address and credentials."""
        retries = config.pop("retries", {"mode": "standard", "total_max_attempts": 5})
        return boto3.client(  # pyright: ignore[reportCallIssue]
            service,  # pyright: ignore[reportArgumentType]
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="x",
            config=Config(retries=retries, max_pool_connections=64, **config),
        )

    def make_table(self) -> str:
        """Create an empty manager's table."""
        name = f"apranova-{secrets.token_hex(4)}"
        self.client("dynamodb").create_table(**create_table_request(name))
        return name

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pid in self.folder.glob("*.pid"):
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.killpg(int(pid.read_text()), 9)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait_until_it_answers(self) -> None:
        def answers() -> bool:
            assert self._process.poll() is None, self.log.read_text()
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", self.port)) == 0

        until(answers, self.log.read_text, within_s=_START_MAX_S)


class Requests:
    """Counts what a client sends, retries included, and can refuse some of it as AWS does."""

    def __init__(self, client: Any) -> None:
        self.sent: list[str] = []
        self.bodies: list[Any] = []
        self.items_read = 0
        self.units_read = 0.0
        client.meta.events.register_first("before-send.*", self._before_send)
        client.meta.events.register("after-call.*", self._after_call)
        self._refusals: list[tuple[str, Any]] = []

    def refuse(self, operation: str, answer: Any, *, times: int = 1) -> None:
        """The next requests of this operation get `answer` (an AWSResponse), or it is raised."""
        self._refusals += [(operation, answer)] * times

    @contextlib.contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The operations that are sent inside the block."""
        begun = len(self.sent)
        seen: list[str] = []
        yield seen
        seen += self.sent[begun:]

    def _before_send(self, request: Any, event_name: str, **_: Any) -> Any:
        name = event_name.rpartition(".")[2]
        self.sent.append(name)
        self.bodies.append(json.loads(request.body or b"{}"))
        for entry in self._refusals:
            if entry[0] == name:
                self._refusals.remove(entry)
                if isinstance(entry[1], BaseException):
                    raise entry[1]
                return entry[1](request)
        return None

    def _after_call(self, parsed: Any, **_: Any) -> None:
        self.items_read += len(parsed.get("Items", ())) + bool(parsed.get("Item"))
        self.items_read += sum(len(found) for found in parsed.get("Responses", {}).values())


def refusal(status: int, code: str, message: str = "", **more: Any) -> Any:
    """A function of the request that builds AWS' answer in its JSON and REST-JSON protocols."""
    from botocore.awsrequest import AWSResponse

    body = json.dumps({"__type": f"com.amazonaws#{code}", "message": message, **more}).encode()

    class Raw:
        def stream(self, **_: Any) -> Iterator[bytes]:
            yield body

    def answer(request: Any) -> AWSResponse:
        return AWSResponse(request.url, status, {"x-amzn-RequestId": "refused", "x-amzn-ErrorType": code}, Raw())

    return answer
