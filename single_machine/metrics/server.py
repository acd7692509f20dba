"""Serves `/metrics` on loopback, in threads of the supervisor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST

READ_WITHIN_S = 10.0


@contextmanager
def serving_metrics(port: int, text: Callable[[], bytes], warn: Callable[[str], None]) -> Iterator[None]:
    """Until the end of the block, and not at all with port 0. A school does not fail because
    another program was faster at this port."""
    if port == 0:
        yield
        return
    try:
        server = _Server(port, text)
    except OSError as problem:
        warn(f"No metrics at port {port}: {problem.strerror}. Choose another one: metrics.port in school.toml")
        yield
        return
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.5}, name="metrics", daemon=True).start()
    try:
        yield
    finally:
        # In a thread: it takes up to half a second, and people wait for a restart.
        threading.Thread(target=server.close, name="metrics-end", daemon=True).start()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, text: Callable[[], bytes]) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        self._text = text
        self._one_at_a_time = threading.Lock()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def text(self) -> bytes:
        """However many ask, the parts answer one question after another."""
        with self._one_at_a_time:
            return self._text()


class _Request(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]
    server_version, sys_version = "ApraNova", ""
    timeout = READ_WITHIN_S

    def do_GET(self) -> None:
        known = self.path.partition("?")[0] == "/metrics"
        body = self.server.text() if known else b"The figures of this school are at /metrics\n"
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST if known else "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
        """A scrape every few seconds is no news."""
