"""The agent's side of a look: starts the program that reads, one request at a time."""

from __future__ import annotations

import asyncio
import json

from agent.home_program import HomeProgram
from contract.wire import from_json, to_json

ANSWER_BYTES_MAX = 4_000_000
"""A piece of a file in Base64, and what is around it."""


class Looks:
    def __init__(self, program: HomeProgram) -> None:
        self._program = program
        self._turn = asyncio.Lock()

    async def take(self, body: bytes) -> bytes:
        """Carry a LookRequest out; returns a LookAnswer, as JSON."""
        from contract.history import LookAnswer  # only here: every start of a task would pay for it

        async with self._turn:
            try:
                text = await self._program.answer(body, bytes_max=ANSWER_BYTES_MAX)
                from_json(LookAnswer, json.loads(text))
            except (OSError, ValueError, TimeoutError):
                return json.dumps(to_json(LookAnswer(failure="The files could not be read in time"))).encode()
            return text
