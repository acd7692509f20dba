"""The agent's side of putting files back: starts the program that writes, one request at a time."""

from __future__ import annotations

import asyncio
import json

from agent.home_program import HomeProgram
from contract.wire import from_json, to_json

ANSWER_BYTES_MAX = 60 * 1024


class PutBack:
    def __init__(self, program: HomeProgram) -> None:
        self._program = program
        self._turn = asyncio.Lock()

    async def take(self, body: bytes) -> bytes:
        """Carry a WriteRequest out; returns a WriteAnswer, as JSON."""
        from contract.history import WriteAnswer  # only here: every start of a task would pay for it

        async with self._turn:
            try:
                text = await self._program.answer(body, bytes_max=ANSWER_BYTES_MAX)
                from_json(WriteAnswer, json.loads(text))
            except (OSError, ValueError, TimeoutError):
                return json.dumps(to_json(WriteAnswer(failure="The files could not be written in time."))).encode()
            return text
