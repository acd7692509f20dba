"""`Background` for a process that is frozen after its answer: work is done before, or not begun."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

BEGIN_NEEDS_S = 25.0
"""The longest that one action takes: a save that is not answered, and its writes. An action with
less time left is not begun; the next pass does it."""


class DeadlineBackground:
    def __init__(self, remaining_s: Callable[[], float], *, workers_max: int = 16) -> None:
        self._remaining_s = remaining_s
        self._workers_max = workers_max
        self._workers: ThreadPoolExecutor | None = None
        self.left_out = 0
        """Actions that were not begun for lack of time."""

    def run(self, work: Callable[[], None]) -> None:
        if self._workers is None:
            self._workers = ThreadPoolExecutor(self._workers_max, thread_name_prefix="work")
        self._workers.submit(self._in_time, work)

    def map(
        self,
        ask: Callable[[Any], Any],
        items: Iterable[Any],
        *,
        for_pass: bool = False,  # noqa: ARG002 (the port's)
    ) -> list[Any]:
        wanted = list(items)
        if len(wanted) < 2:
            return [ask(item) for item in wanted]
        with ThreadPoolExecutor(min(len(wanted), self._workers_max), thread_name_prefix="ask") as askers:
            return list(askers.map(ask, wanted))

    def finish(self) -> None:
        """Return when everything that was begun is done; each action has its own limits."""
        if self._workers is not None:
            self._workers.shutdown(wait=True)
            self._workers = None

    def _in_time(self, work: Callable[[], None]) -> None:
        if self._remaining_s() < BEGIN_NEEDS_S:
            self.left_out += 1  # two threads may count one too few; only whether it is 0 matters
        else:
            work()
