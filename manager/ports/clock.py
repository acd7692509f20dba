"""Time, identity and measurement as ports: the core never looks at the wall clock."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...


class Ids(Protocol):
    def task_id(self) -> str: ...
    def home_id(self) -> str: ...
    def secret(self) -> str:
        """At least 128 random bits, URL-safe."""
        ...


class Metrics(Protocol):
    def count(self, name: str, value: float = 1.0, **labels: str) -> None: ...
    def observe(self, name: str, value: float, **labels: str) -> None: ...
