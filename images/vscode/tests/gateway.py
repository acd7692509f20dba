"""A fake gateway: serves the static files, leads all else to one task with its launch secret."""

from __future__ import annotations

import asyncio
import mimetypes
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from agent.tests.task_process import SECRET
from contract.names import LAUNCH_SECRET_HEADER


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
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.url = f"http://localhost:{self._server.sockets[0].getsockname()[1]}"

    def lead_to(self, task_socket: str | Path) -> None:
        """Another task of the same workspace: its host and port stay, as in the product."""
        self._task_socket = str(task_socket)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._cancel(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _cancel(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode().partition("?")[0]
            if (static := self._static_file(target)) is not None:
                self.static_requests += 1
                writer.write(static)
                return
            task_reader, task_writer = await asyncio.open_unix_connection(self._task_socket)
            self.task_requests.append(target)
            first, rest = head.split(b"\r\n", 1)
            more = "".join(f"{name}: {value}\r\n" for name, value in self._headers().items())
            task_writer.write(first + f"\r\n{LAUNCH_SECRET_HEADER}: {SECRET}\r\n{more}".encode() + rest)
            await asyncio.gather(_copy(reader, task_writer), _copy(task_reader, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

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


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(2**16):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
