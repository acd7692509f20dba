"""Time in a planning run: one heap. Events of the same moment run in the order of scheduling."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any


class Timeline:
    """Also the manager's clock. An event is a function and one argument: closures cost more."""

    def __init__(self, start: float) -> None:
        self.time = start
        self.events = 0
        self._heap: list[tuple[float, int, Callable[[Any], object], Any]] = []
        self._asked = 0

    def now(self) -> float:
        return self.time

    def at(self, when: float, what: Callable[[Any], object], about: Any) -> None:
        self._asked += 1
        heapq.heappush(self._heap, (max(when, self.time), self._asked, what, about))

    def run_until(self, end: float) -> None:
        heap, pop = self._heap, heapq.heappop
        while heap and heap[0][0] < end:
            self.time, _, what, about = pop(heap)
            self.events += 1
            what(about)
        self.time = end
