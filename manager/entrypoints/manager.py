"""`python -m manager.entrypoints.manager`: Lambda's Invoke API on loopback, and the passes."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from prometheus_client import CONTENT_TYPE_LATEST

from contract.environment import BadSetting
from contract.names import MANAGER_FUNCTION
from manager import bootstrap
from manager.adapters.system.json_logs import log_to_stderr
from manager.entrypoints.engine_watch import EngineWatch
from manager.entrypoints.handler import InvocationHandler
from manager.entrypoints.signature import BadSignature, SignatureCheck
from manager.entrypoints.sweep_loop import SweepLoop
from manager.settings import read_settings

log = logging.getLogger(__name__)

_BODY_MAX_BYTES = 6 * 1024 * 1024
"""As AWS Lambda: the files of an assignment come in one message."""
_FUNCTIONS_PATH = "/2015-03-31/functions/"


class ManagerServer(ThreadingHTTPServer):
    """Loopback only. Threads end with the process: the next pass repairs what they left."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self,
        port: int,
        listener: socket.socket | None,
        *,
        invoke: Callable[[Any], dict[str, Any]],
        signatures: SignatureCheck,
        healthy: Callable[[], bool],
        metrics_text: Callable[[], bytes],
    ) -> None:
        super().__init__(("127.0.0.1", port), _Request, bind_and_activate=listener is None)
        if listener is not None:
            self.socket.close()
            self.socket = listener
            self.server_port = port
        self.invoke = invoke
        self.signatures = signatures
        self.healthy = healthy
        self.metrics_text = metrics_text


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ApraNova"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 256 * 1024  # head and body leave in one write
    timeout = 60.0  # an idle or slow client releases its thread
    server: ManagerServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        if self.path == "/health":
            healthy = self.server.healthy()
            self._answer(200 if healthy else 503, {"healthy": healthy})
        elif self.path == "/metrics":
            self._send(200, self.server.metrics_text(), CONTENT_TYPE_LATEST)
        else:
            self._refuse(404, "ResourceNotFoundException", "There is nothing here")

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            self.server.signatures.check("POST", self.path, headers, body, now=time.time())
        except BadSignature as error:
            self._refuse(403, "InvalidSignatureException", f"The request is not accepted: {error}")
            return
        function, _, rest = urlsplit(self.path).path.removeprefix(_FUNCTIONS_PATH).partition("/")
        name = unquote(function).rpartition("function:")[2].partition(":")[0]
        if not self.path.startswith(_FUNCTIONS_PATH) or rest != "invocations" or name != MANAGER_FUNCTION:
            self._refuse(404, "ResourceNotFoundException", f"Function not found: {name}")
        elif headers.get("x-amz-invocation-type", "RequestResponse") != "RequestResponse":
            self._refuse(400, "InvalidParameterValueException", "Only RequestResponse is offered here")
        else:
            self._invoke(body)

    def _body(self) -> bytes | None:
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if length < 0 or "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self.close_connection = True
            self._refuse(411, "InvalidRequestContentException", "Content-Length is missing")
            return None
        if length > _BODY_MAX_BYTES:
            self.close_connection = True
            self._refuse(413, "RequestTooLargeException", f"At most {_BODY_MAX_BYTES} bytes are accepted")
            return None
        return self.rfile.read(length)

    def _invoke(self, body: bytes) -> None:
        try:
            event = json.loads(body)
        except ValueError:
            self._refuse(400, "InvalidRequestContentException", "The payload is not JSON")
            return
        try:
            answer, extra = self.server.invoke(event), {}
        except Exception as error:
            log.exception("an invocation failed unexpectedly")
            answer = {"errorType": type(error).__name__, "errorMessage": "The workspace manager failed; see its log"}
            extra = {"X-Amz-Function-Error": "Unhandled"}
        self._answer(200, answer, **{"X-Amz-Executed-Version": "$LATEST", **extra})

    def _refuse(self, status: int, error_type: str, message: str) -> None:
        self._answer(status, {"Type": "User", "Message": message}, **{"X-Amzn-ErrorType": error_type})

    def _answer(self, status: int, value: Any, **headers: str) -> None:
        self._send(status, json.dumps(value, separators=(",", ":")).encode(), "application/json", headers)

    def _send(self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Amzn-RequestId", str(uuid.uuid4()))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class names it so)
        """Requests are counted, not logged one by one."""


def _inherited() -> socket.socket | None:
    """With `--fd N`, the supervisor's listening socket: callers wait there while we restart."""
    parser = argparse.ArgumentParser(prog="manager")
    parser.add_argument("--fd", type=int)
    descriptor = parser.parse_args().fd
    return None if descriptor is None else socket.socket(fileno=descriptor)


def main() -> int:
    try:
        settings = read_settings(os.environ)
    except BadSetting as error:
        print(f"manager: {error}", file=sys.stderr)
        return 2
    log_to_stderr()
    try:
        manager = bootstrap.build(settings)
    except (OSError, ValueError) as error:
        print(f"manager: cannot start: {error}", file=sys.stderr)
        return 2
    loop = SweepLoop(manager.world, manager.wake)
    watch = EngineWatch(manager.world.runner, manager.world.policy.kinds, loop.notify)
    handler = InvocationHandler(manager.world, last_sweep_at=lambda: loop.last_sweep_at)
    signatures = SignatureCheck(
        access_key_id=settings.access_key_id, secret_access_key=settings.secret_access_key, region=settings.region
    )

    def healthy() -> bool:
        manager.world.store.find_next_due_at()
        return loop.healthy()

    try:
        server = ManagerServer(
            settings.port,
            _inherited(),
            invoke=handler,
            signatures=signatures,
            healthy=healthy,
            metrics_text=lambda: manager.metrics.text(lambda: manager.gauges(loop.swept_at())),
        )
    except OSError as error:
        print(f"manager: port {settings.port} cannot be used: {error.strerror}", file=sys.stderr)
        return 2
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.5}, name="http", daemon=True).start()
    loop.start()
    watch.start()
    manager.disk_watch.start(manager.world)
    manager.checkpoints.start()
    if manager.backup_worker is not None:
        manager.backup_worker.start()
    log.info("listening on 127.0.0.1:%d, tasks run with isolation %s", server.server_port, settings.isolation)
    ended.wait()
    server.socket.close()
    watch.stop()
    manager.disk_watch.stop()
    manager.checkpoints.stop()
    loop.stop()
    if manager.backup_worker is not None:
        manager.backup_worker.stop()
    manager.background.close()
    sys.stderr.flush()
    os._exit(0)  # work that waits for an agent must not block the exit; the next pass repairs it


if __name__ == "__main__":
    sys.exit(main())
