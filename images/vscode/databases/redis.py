"""Redis as a student's store: its dump in the home, its answer when it cannot start."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Mapping
from pathlib import Path

from agent.processes import Command
from images.vscode.databases.server import Run

PORT = 6379
_ANSWERS_WITHIN_S = 2.0


class Redis:
    name = "Redis"
    port = PORT
    stop_signal = signal.SIGTERM
    """Writes the dump and ends."""
    socket_for_programs: Path | None = None

    def __init__(self, program: Path, *, home: Path, sockets: Path, environment: Mapping[str, str]) -> None:
        self._program = program
        self._environment = environment
        self._folder = home / ".local/share/redis"
        self.log = self._folder / "server.log"
        self.socket = sockets / "redis.sock"

    def variables(self) -> Mapping[str, str]:
        return {"REDIS_URL": f"redis://localhost:{PORT}"}

    async def prepare(self, run: Run) -> None:  # noqa: ARG002  it makes its dump itself
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)

    def command(self) -> Command:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "dir": str(self._folder),
            "maxmemory": "64mb",
            "loglevel": "warning",
            "daemonize": "no",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        # Redis ignores a "60 1" in one word, and would save nothing.
        return Command((str(self._program), *words, "--save", "60", "1"), self._environment)

    async def is_ready(self) -> bool:
        """Whether it has loaded its dump."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                reader, writer = await asyncio.open_unix_connection(self.socket)
                try:
                    writer.write(b"PING\r\n")
                    return (await reader.readline()).startswith(b"+PONG")
                finally:
                    writer.close()
        return False

    def refusal(self, received: bytearray, text: str) -> tuple[bytes, bool]:
        return (f"-ERR {text}\r\n".encode(), True) if received else (b"", False)
