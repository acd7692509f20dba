"""The port to what homes take on the disk, and to the room that is left."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from manager.domain.disk import HomeUse, Space


@dataclass(frozen=True)
class Measurement:
    use: HomeUse
    took_s: float
    """What it cost decides how often it is repeated."""


class HomeMeter(Protocol):
    def spaces(self) -> tuple[Space, ...]:
        """The platform's file systems, the homes' first. Cheap enough for each second. Raises
        OSError."""
        ...

    def measure(self, home_ids: Collection[str], *, each_s: float) -> Iterable[tuple[str, Measurement]]:
        """Count these homes at the lowest priority, each for at most `each_s`, and return each with
        its id as soon as it is done. A home that is missing or fails is left out. Never raises."""
        ...
