"""Time, identity and measurement under a test's control."""

from __future__ import annotations

import base64
import collections
import hashlib


class FakeClock:
    """Stands still until a test advances it."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


class CountingIds:
    """Ids that look real and are the same in every run."""

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._count = 0

    def task_id(self) -> str:
        return f"task-{self._next(16)}"

    def home_id(self) -> str:
        return f"home-{self._next(16)}"

    def secret(self) -> str:
        return self._next(32)

    def _next(self, length: int) -> str:
        self._count += 1
        digest = hashlib.sha256(f"{self._seed}/{self._count}".encode()).digest()
        return base64.b32encode(digest).decode().lower()[:length]


class MemoryMetrics:
    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.observed: dict[str, list[float]] = collections.defaultdict(list)

    def count(self, name: str, value: float = 1.0, **labels: str) -> None:
        self.counts[name] += int(value)
        for label, text in labels.items():
            self.counts[f"{name}/{label}={text}"] += int(value)

    def observe(self, name: str, value: float, **labels: str) -> None:  # noqa: ARG002 (labels are for real metrics)
        self.observed[name].append(value)
