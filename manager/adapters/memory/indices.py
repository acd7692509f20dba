"""The two kinds of index that a store in memory needs. Both read only what they are asked for."""

from __future__ import annotations

import bisect
import heapq


class DueIndex:
    """Keys by due time. A change costs one push; outdated entries are removed when they are due."""

    def __init__(self) -> None:
        self._due_at: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def put(self, key: str, due_at: float | None) -> None:
        if due_at is None:
            self._due_at.pop(key, None)
        elif self._due_at.get(key) != due_at:
            self._due_at[key] = due_at
            heapq.heappush(self._heap, (due_at, key))

    def list_due(self, now: float, *, limit: int) -> list[str]:
        """Longest due first."""
        heap, found = self._heap, dict[str, float]()
        while heap and heap[0][0] <= now and len(found) < limit:
            due_at, key = heapq.heappop(heap)
            if self._due_at.get(key) == due_at:
                found[key] = due_at
        for key, due_at in found.items():
            heapq.heappush(heap, (due_at, key))
        return list(found)

    def next_due_at(self) -> float | None:
        heap = self._heap
        while heap and self._due_at.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None


class RankIndex:
    """Keys ordered by rank, for the few that have one."""

    def __init__(self) -> None:
        self._rank: dict[str, float] = {}
        self._sorted: list[tuple[float, str]] = []

    def put(self, key: str, rank: float | None) -> None:
        known = self._rank.get(key)
        if known == rank:
            return
        if known is not None:
            del self._sorted[bisect.bisect_left(self._sorted, (known, key))]
            del self._rank[key]
        if rank is not None:
            self._rank[key] = rank
            bisect.insort(self._sorted, (rank, key))

    def first(self, limit: int) -> list[str]:
        return [key for _, key in self._sorted[:limit]]
