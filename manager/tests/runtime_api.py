"""Lambda's Runtime API, as far as a function needs it:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

The function runs in its own process under AWS' runtime client (awslambdaric), which asks here for
events.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parents[2]
_NEXT = "/2018-06-01/runtime/invocation/next"


@dataclass(frozen=True)
class Outcome:
    body: Any
    failed: bool
    seconds: float


@dataclass(frozen=True)
class _Event:
    body: bytes
    timeout_s: float


class _Api(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.events: queue.Queue[_Event] = queue.Queue()
        self.outcomes: queue.Queue[tuple[bool, bytes]] = queue.Queue()
        self.asked = threading.Event()


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 20
    server: _Api  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self.server.asked.set()
        event = self.server.events.get()
        self._answer(
            event.body,
            {
                "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + event.timeout_s) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:111122223333:function:workspace-manager",
            },
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.outcomes.put((self.path.endswith("/error"), body))
        self._answer(b'{"status":"OK"}', {})

    def _answer(self, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None: ...


class LambdaProcess:
    """The function as AWS starts it: an environment and a handler. Its output goes to `log`."""

    def __init__(self, handler: str, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._api = _Api()
        threading.Thread(target=self._api.serve_forever, daemon=True).start()
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "awslambdaric", handler],
                env={
                    "PATH": "/usr/bin:/bin",
                    "PYTHONPATH": str(SOURCE),
                    "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_port}",
                    "AWS_LAMBDA_FUNCTION_NAME": "workspace-manager",
                    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
                    "AWS_LAMBDA_LOG_FORMAT": "JSON",
                    **environment,
                },
                stdout=output,
                stderr=output,
            )

    def until_started(self) -> None:
        """It has imported everything, read its settings, and asks for its first event."""
        assert self._api.asked.wait(60), self.log.read_text()

    def invoke(self, event: Any, *, timeout_s: float = 60.0) -> Outcome:
        began = time.perf_counter()
        self._api.events.put(_Event(json.dumps(event).encode(), timeout_s))
        return self.outcome(began)

    def outcome(self, began: float = 0.0) -> Outcome:
        """Of the last event, or why the function did not start."""
        try:
            failed, body = self._api.outcomes.get(timeout=60)
        except queue.Empty:
            raise AssertionError(f"the function does not answer: {self.log.read_text()}") from None
        return Outcome(json.loads(body), failed, time.perf_counter() - began)

    def cpu_s(self) -> float:
        """Seconds of processor time used by all threads of the process."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100.0

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._api.shutdown()
        self._api.server_close()
