"""Slow work in parallel, on a bounded number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class ThreadBackground:
    """Questions to agents have threads of their own: they must not wait for a stop's grace time."""

    def __init__(self, *, workers_max: int = 16, askers_max: int = 8) -> None:
        self._workers = ThreadPoolExecutor(workers_max, thread_name_prefix="work")
        self._askers = ThreadPoolExecutor(askers_max, thread_name_prefix="ask")

    def run(self, work: Callable[[], None]) -> None:
        self._workers.submit(work)

    def map(self, ask: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        wanted = list(items)
        return [ask(wanted[0])] if len(wanted) == 1 else list(self._askers.map(ask, wanted))

    def close(self) -> None:
        """Accept no more work and wait for none: the next reconcile pass repairs the rest."""
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._askers.shutdown(wait=False, cancel_futures=True)
