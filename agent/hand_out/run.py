"""The agent's side of a hand-out: starts the program that writes, and answers when it is done."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from agent.processes import Children, Command
from contract.hand_out import HandOutAnswer, HandOutState
from contract.wire import from_json, to_json

ANSWER_WITHIN_S = 3.0
"""Then the answer is *working*, and the same request asks again."""
ENDED_AFTER_S = 120.0
ANSWER_BYTES_MAX = 60 * 1024
REMEMBERED_MAX = 16
_SOURCE = Path(__file__).parents[2]


class HandOuts:
    """One at a time: two plans for one home would not know of each other."""

    def __init__(self, children: Children, home: Path, folder: Path, *, tell: Callable[[str], None]) -> None:
        """`folder` is writable and disappears with the task. `tell` shows the student a notice."""
        self._children = children
        self._home = home
        self._folder = folder
        self._tell = tell
        self._turn = asyncio.Lock()
        self._known: dict[int, asyncio.Task[bytes]] = {}

    async def take(self, body: bytes) -> bytes:
        """Carry a HandOutRequest out; returns a HandOutAnswer, as JSON. A repeat of a request gets
        the answer of the first."""
        key = hash(body)
        known = self._known.pop(key, None)
        if known is None or (known.done() and not _succeeded(known)):
            known = asyncio.ensure_future(self._carry_out(body))
        self._known[key] = known
        while len(self._known) > REMEMBERED_MAX and (done := [it for it, one in self._known.items() if one.done()]):
            self._known.pop(done[0])
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await asyncio.shield(known)
        except TimeoutError:
            return _encoded(HandOutAnswer(HandOutState.WORKING))

    async def _carry_out(self, body: bytes) -> bytes:
        async with self._turn:
            request = self._folder / f"hand-out-{os.urandom(4).hex()}.json"
            answer = request.with_suffix(".answer")
            try:
                request.write_bytes(body)
                await self._run(request)
                with answer.open("rb") as given:
                    text = given.read(ANSWER_BYTES_MAX + 1)
                answered = from_json(HandOutAnswer, json.loads(text))
                if answered.notice:
                    self._tell(answered.notice)
                return text
            except (OSError, ValueError, TimeoutError):
                return _encoded(HandOutAnswer(HandOutState.FAILED, failure="The files could not be written in time."))
            finally:
                for file in (request, answer):
                    with suppress(OSError):
                        file.unlink(missing_ok=True)

    async def _run(self, request: Path) -> None:
        arguments = (sys.executable, "-s", "-m", "agent.hand_out.write", str(self._home), str(request))
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


def _succeeded(task: asyncio.Task[bytes]) -> bool:
    return task.exception() is None and f'"{HandOutState.DONE}"'.encode() in task.result()


def _encoded(answer: HandOutAnswer) -> bytes:
    return json.dumps(to_json(answer)).encode()
