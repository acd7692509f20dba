"""A fake gateway: serves the static files, leads all else to one task with its launch secret."""

from __future__ import annotations

import mimetypes
import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from agent.tests.task_process import SECRET
from contract.names import LAUNCH_SECRET_HEADER


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


class Gateway:
    """One connection to the task for each request, as Envoy has it."""

    def __init__(
        self,
        task_socket: str | Path,
        static: list[dict[str, str]],
        headers: Callable[[], dict[str, str]] = dict,
    ) -> None:
        self._task_socket = str(task_socket)
        self._static = static
        self._headers = headers
        self.task_requests: list[str] = []
        self.static_requests = 0
        self._server = _Server(("127.0.0.1", 0), self._serve)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://localhost:{self._server.server_address[1]}"

    def lead_to(self, task_socket: str | Path) -> None:
        """Another task of the same workspace: its host and port stay, as in the product."""
        self._task_socket = str(task_socket)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, browser: socket.socket, *_: object) -> None:
        with suppress(OSError):
            self._answer(browser)

    def _answer(self, browser: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (piece := browser.recv(2**16)):
                return
            head += piece
        target = head.split(b" ", 2)[1].decode().partition("?")[0]
        if (static := self._static_file(target)) is not None:
            self.static_requests += 1
            browser.sendall(static)
            return
        self.task_requests.append(target)
        first, rest = head.split(b"\r\n", 1)
        more = "".join(f"{name}: {value}\r\n" for name, value in self._headers().items())
        with socket.socket(socket.AF_UNIX) as task:
            task.connect(self._task_socket)
            task.sendall(first + f"\r\n{LAUNCH_SECRET_HEADER}: {SECRET}\r\n{more}".encode() + rest)
            threading.Thread(target=_copy, args=(browser, task), daemon=True).start()
            _copy(task, browser)

    def _static_file(self, target: str) -> bytes | None:
        for folder in self._static:
            if target.startswith(folder["prefix"]):
                file = Path(folder["gzip_directory"], unquote(target.removeprefix(folder["prefix"])))
                if not file.is_file():
                    return b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                body = file.read_bytes()
                kind = mimetypes.guess_type(target)[0] or "application/octet-stream"
                head = (
                    f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-encoding: gzip\r\n"
                    f"cache-control: public, max-age=31536000\r\naccess-control-allow-origin: *\r\n"
                    f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
                )
                return head.encode() + body
        return None


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(2**16):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
