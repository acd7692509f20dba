"""Work that no request waits for: threads that run while the server does.

Each pass must be safe to run in every process at once. A row or a lock limits it where needed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from django.db import connections

ENDS_WITHIN_S = 3.0

logger = logging.getLogger(__name__)
Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class BackgroundWorker:
    """Calls `work` every `interval_s`, and at once when woken. A failed pass is only logged.

    A worker that was never started, as in a command, ignores a wake.
    """

    def __init__(self, name: str, work: Callable[[], None], *, interval_s: float) -> None:
        self._name = name
        self._work = work
        self._interval_s = interval_s
        self._awake = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        self._awake.set()

    def start(self) -> None:
        self._ending.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give the current pass a moment to finish; any work here can be resumed."""
        self._ending.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join(ENDS_WITHIN_S)
            self._thread = None

    def _run(self) -> None:
        while not self._ending.is_set():
            self._awake.clear()
            try:
                self._work()
            except Exception:
                logger.exception("%s: a pass failed", self._name)
            finally:
                connections.close_all()
            self._awake.wait(self._interval_s)


class WithBackground:
    """An ASGI application whose workers run for as long as the server does (its lifespan)."""

    def __init__(self, inner: Asgi, workers: Sequence[BackgroundWorker]) -> None:
        self._inner = inner
        self._workers = workers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self._inner(scope, receive, send)
            return
        for worker in self._workers:
            worker.start()
        try:
            await self._inner(scope, receive, send)
        finally:
            for worker in self._workers:
                worker.stop()
