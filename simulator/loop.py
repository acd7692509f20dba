"""Time and order: one heap of events. Events of the same moment run in the order of scheduling."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from greenlet import getcurrent


class EventLoop:
    """Jumps from event to event. Nothing waits, reads a wall clock or runs in parallel."""

    def __init__(self, start: float) -> None:
        self.now = start
        self.hub = getcurrent()
        """The greenlet that runs the events. Simulated threads switch back to it when they wait."""
        self.called_at = start
        """When the port call that takes effect now was made: it may have taken long."""
        self.events = 0
        self._heap: list[tuple[float, int, Callable[..., object], tuple]] = []
        self._asked = 0
        self._until = start

    def after(self, seconds: float, what: Callable[..., object], *about: Any) -> None:
        self._asked += 1
        heapq.heappush(self._heap, (self.now + seconds, self._asked, what, about))

    def jump(self, seconds: float) -> bool:
        """Let time pass at once, without an event, if no event comes before."""
        at = self.now + seconds
        if at > self._until or (self._heap and self._heap[0][0] <= at):
            return False
        self.now = at
        self.events += 1
        return True

    def run_until(self, end: float) -> None:
        self.hub, self._until = getcurrent(), end
        heap, pop = self._heap, heapq.heappop
        while heap and heap[0][0] <= end:
            self.now, _, what, about = pop(heap)
            self.events += 1
            what(*about)
        self.now = max(self.now, end)
