"""Time and order: one heap of events; whatever happens at the same moment happens in the order it was asked for."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from greenlet import getcurrent


class EventLoop:
    """Jumps from event to event. Nothing in a simulation waits, reads a wall clock or runs beside anything else."""

    def __init__(self, start: float) -> None:
        self.now = start
        self.hub = getcurrent()
        """The greenlet that runs the events; threads of simulated processes switch back to it whenever they wait."""
        self.events = 0
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._asked = 0

    def after(self, seconds: float, what: Callable[[], object]) -> None:
        self._asked += 1
        heapq.heappush(self._heap, (self.now + seconds, self._asked, what))

    def run_until(self, end: float) -> None:
        self.hub = getcurrent()
        heap = self._heap
        while heap and heap[0][0] <= end:
            self.now, _, what = heapq.heappop(heap)
            self.events += 1
            what()
        self.now = max(self.now, end)
