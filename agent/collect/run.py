"""The agent's side of a collection: starts the program that reads, and answers when it is done."""

from __future__ import annotations

import asyncio
import json

from agent.home_program import HomeProgram
from contract.collect import CollectAnswer, CollectState
from contract.wire import from_json, to_json

ANSWER_WITHIN_S = 3.0
"""Then the answer is *working*, and the same request asks again."""
ANSWER_BYTES_MAX = 6_000_000
"""AWS Lambda carries no more."""


class Collections:
    """One copy at a time. It is kept only until somebody has it: it may have some megabytes."""

    def __init__(self, program: HomeProgram) -> None:
        self._program = program
        self._asked = b""
        self._copy: asyncio.Task[bytes] | None = None

    async def take(self, body: bytes) -> bytes:
        """Carry a CollectRequest out; returns a CollectAnswer, as JSON."""
        copy = self._copy
        if copy is None or (self._asked != body and copy.done()):
            self._asked = body
            copy = self._copy = asyncio.ensure_future(self._read(body))
        elif self._asked != body:
            return _encoded(CollectAnswer(CollectState.WORKING))
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                answer = await asyncio.shield(copy)
        except TimeoutError:
            return _encoded(CollectAnswer(CollectState.WORKING))
        if self._copy is copy:
            self._copy = None
        return answer

    async def _read(self, body: bytes) -> bytes:
        try:
            text = await self._program.answer(body, bytes_max=ANSWER_BYTES_MAX)
            from_json(CollectAnswer, json.loads(text))
        except (OSError, ValueError, TimeoutError):
            return _encoded(CollectAnswer(CollectState.FAILED, failure="The files could not be read in time."))
        return text


def _encoded(answer: CollectAnswer) -> bytes:
    return json.dumps(to_json(answer)).encode()
