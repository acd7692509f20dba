"""Counting requests: how many in all, and how many in the busiest second."""

from __future__ import annotations

from simulator.planning.timeline import Timeline


class Load:
    """Requests to one service. A second is a second of the simulation's clock."""

    def __init__(self, timeline: Timeline) -> None:
        self.by_name: dict[str, int] = {}
        self._timeline = timeline
        self._until = float("-inf")
        self._in_second = 0
        self._peak = 0

    def count(self, name: str, number: int = 1) -> None:
        names = self.by_name
        names[name] = names.get(name, 0) + number
        now = self._timeline.time
        if now >= self._until:
            self._peak = self.peak_per_s
            self._until, self._in_second = now // 1.0 + 1.0, 0
        self._in_second += number

    @property
    def peak_per_s(self) -> int:
        return max(self._peak, self._in_second)

    @property
    def total(self) -> int:
        return sum(self.by_name.values())
