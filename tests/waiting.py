"""How tests and benchmarks wait for other processes, threads and tasks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(
    condition: Callable[[], T],
    failure: str | Callable[[], object] = "it did not become true",
    *,
    within_s: float = 60.0,
    every_s: float = 0.02,
    ignoring: type[Exception] | tuple[type[Exception], ...] = (),
) -> T:
    """Return the condition's first true value. Raises AssertionError with `failure`.

    `ignoring`: errors of the condition that count as not true yet.
    """
    deadline = time.monotonic() + within_s
    while True:
        try:
            if value := condition():
                return value
        except ignoring:
            pass
        if time.monotonic() > deadline:
            raise AssertionError(failure() if callable(failure) else failure)
        time.sleep(every_s)


async def until_in_this_loop(condition: Callable[[], object], *, within_s: float = 5.0) -> None:
    """Let this event loop's other tasks run until the condition is true. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 (the subject has no event to wait for)
            await asyncio.sleep(0)
