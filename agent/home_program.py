"""A program of ours that works on the home's files, in a process of its own: the agent's one thread
never waits for the disk, and its memory never holds what the program needs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Literal

from agent.processes import Children, Command
from contract.wire import from_json, to_json

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


class InTurn:
    """Requests for one program, one at a time, each answered with a type of `contract.history`."""

    def __init__(
        self, program: HomeProgram, answer: Literal["LookAnswer", "WriteAnswer"], *, bytes_max: int, failure: str
    ) -> None:
        """`failure` is what the answer says when the program gave none that can be read."""
        self._program = program
        self._answer = answer
        self._bytes_max = bytes_max
        self._failure = failure
        self._turn = asyncio.Lock()

    async def take(self, body: bytes) -> bytes:
        """Carry a request out; returns the answer as JSON."""
        from contract import history  # only here: every start of a task would pay for it

        async with self._turn:
            try:
                text = await self._program.answer(body, bytes_max=self._bytes_max)
                from_json(getattr(history, self._answer), json.loads(text))
            except (OSError, ValueError, TimeoutError):
                return json.dumps(to_json(getattr(history, self._answer)(failure=self._failure))).encode()
            return text
