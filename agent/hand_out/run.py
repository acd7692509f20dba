"""The agent's side of a hand-out: starts the program that writes, and answers when it is done."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from agent.home_program import HomeProgram
from contract.hand_out import HandOutAnswer, HandOutState
from contract.wire import from_json, to_json

ANSWER_WITHIN_S = 3.0
"""Then the answer is *working*, and the same request asks again."""
ANSWER_BYTES_MAX = 60 * 1024
REMEMBERED_MAX = 16


class HandOuts:
    """One at a time: two plans for one home would not know of each other."""

    def __init__(self, program: HomeProgram, *, tell: Callable[[str], None]) -> None:
        """`tell` shows the student a notice."""
        self._program = program
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
            try:
                text = await self._program.answer(body, bytes_max=ANSWER_BYTES_MAX)
                answered = from_json(HandOutAnswer, json.loads(text))
                if answered.notice:
                    self._tell(answered.notice)
            except (OSError, ValueError, TimeoutError):
                return _encoded(HandOutAnswer(HandOutState.FAILED, failure="The files could not be written in time."))
            return text


def _succeeded(task: asyncio.Task[bytes]) -> bool:
    return task.exception() is None and f'"{HandOutState.DONE}"'.encode() in task.result()


def _encoded(answer: HandOutAnswer) -> bytes:
    return json.dumps(to_json(answer)).encode()
