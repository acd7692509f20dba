"""When the server begins to answer, and what hears first that it ends."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

LOOK_EVERY_S = 0.05
READY_WITHIN_S = 20.0

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class WithLifespan:
    """An ASGI application that begins when what it needs answers, and knows when it must end.

    Until then its callers wait at its socket. What it needs may start at the same time. If that
    takes too long it begins all the same: then its health says what is missing.
    """

    def __init__(self, inner: Asgi, *, ready: Callable[[], bool], ending: Callable[[], None]) -> None:
        self._inner = inner
        self._ready = ready
        self._ending = ending

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await asyncio.to_thread(self._wait)
            call_at_the_end(self._ending)
        await self._inner(scope, receive, send)

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._ready() and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)


def call_at_the_end(act: Callable[[], None]) -> None:
    """Call it in this event loop as soon as the server is asked to end: the server waits for the
    answers that it still gives, and some would last an hour. Outside the main thread, where no
    signal is heard, nothing happens."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    servers_own = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        if callable(servers_own):
            servers_own(number, frame)

    signal.signal(signal.SIGTERM, end)
