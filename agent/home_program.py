"""A program of ours that works on the home's files, in a process of its own: the agent's one thread
never waits for the disk, and its memory never holds what the program needs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from agent.processes import Children, Command

ENDED_AFTER_S = 120.0
_SOURCE = Path(__file__).parents[1]


class HomeProgram:
    """`python -m <module> <home> <request>` writes `<request>.answer`."""

    def __init__(self, children: Children, home: Path, folder: Path, module: str) -> None:
        """`folder` is writable and disappears with the task."""
        self._children = children
        self._home = home
        self._folder = folder
        self._module = module

    async def answer(self, body: bytes, *, bytes_max: int) -> bytes:
        """Run it for one request. Raises OSError and TimeoutError. What is longer than `bytes_max`
        is cut off, so that it is no JSON any more."""
        request = self._folder / f"{self._module.rpartition('.')[2]}-{os.urandom(4).hex()}.json"
        answer = request.with_suffix(".answer")
        try:
            request.write_bytes(body)
            await self._run(request)
            with answer.open("rb") as given:
                return given.read(bytes_max)
        finally:
            for file in (request, answer):
                with suppress(OSError):
                    file.unlink(missing_ok=True)

    async def _run(self, request: Path) -> None:
        arguments = (sys.executable, "-s", "-m", self._module, str(self._home), str(request))
        environment = {"PYTHONPATH": str(_SOURCE), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
        pid = self._children.start(Command(arguments, environment))
        try:
            async with asyncio.timeout(ENDED_AFTER_S):
                await self._children.end_of(pid)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            raise
        finally:
            self._children.forget(pid)
