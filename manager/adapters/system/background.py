"""Slow work in parallel, on a bounded number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class ThreadBackground:
    """Questions to agents have threads of their own: they must not wait for a stop's grace time. So
    have those of a pass: a class's wall asks all its agents every two seconds, and some are slow to
    answer."""

    def __init__(self, *, workers_max: int = 16, askers_max: int = 8) -> None:
        self._workers = ThreadPoolExecutor(workers_max, thread_name_prefix="work")
        self._askers = ThreadPoolExecutor(askers_max, thread_name_prefix="ask")
        self._pass_askers = ThreadPoolExecutor(askers_max, thread_name_prefix="pass")

    def run(self, work: Callable[[], None]) -> None:
        self._workers.submit(work)

    def map(self, ask: Callable[[Any], Any], items: Iterable[Any], *, for_pass: bool = False) -> list[Any]:
        wanted = list(items)
        askers = self._pass_askers if for_pass else self._askers
        return [ask(wanted[0])] if len(wanted) == 1 else list(askers.map(ask, wanted))

    def close(self) -> None:
        """Accept no more work and wait for none: the next reconcile pass repairs the rest."""
        for threads in (self._workers, self._askers, self._pass_askers):
            threads.shutdown(wait=False, cancel_futures=True)
