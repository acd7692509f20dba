"""Counting requests: how many in all, and how many in the busiest second."""

from __future__ import annotations

from collections import Counter

from simulator.planning.timeline import Timeline


class Load:
    """Requests to one service. A second is a second of the simulation's clock."""

    def __init__(self, timeline: Timeline) -> None:
        self.by_name: Counter[str] = Counter()
        self.peak_per_s = 0
        self.peak_at = 0.0
        self._timeline = timeline
        self._second = -1
        self._in_second = 0

    def count(self, name: str, number: int = 1) -> None:
        self.by_name[name] += number
        second = int(self._timeline.time)
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += number
        if self._in_second > self.peak_per_s:
            self.peak_per_s, self.peak_at = self._in_second, self._timeline.time

    @property
    def total(self) -> int:
        return sum(self.by_name.values())
