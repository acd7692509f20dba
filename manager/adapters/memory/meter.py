"""`HomeMeter` with figures that a test sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from manager.domain.disk import HomeUse, Space
from manager.ports.clock import Clock
from manager.ports.home_meter import Measurement


@dataclass
class MemoryHomeMeter:
    clock: Clock
    free_bytes: int = 80_000_000_000
    total_bytes: int = 100_000_000_000
    used: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Home id → bytes and files."""
    took_s: float = 0.1
    measured: list[str] = field(default_factory=list)
    whole: bool = True

    def spaces(self) -> tuple[Space, ...]:
        return (Space("the homes", self.free_bytes, self.total_bytes),)

    def measure(self, home_ids: Collection[str], *, each_s: float) -> Iterable[tuple[str, Measurement]]:  # noqa: ARG002
        for home_id in home_ids:
            self.measured.append(home_id)
            used_bytes, used_files = self.used.get(home_id, (0, 0))
            use = HomeUse(used_bytes, used_files, self.clock.now(), whole=self.whole)
            yield home_id, Measurement(use, self.took_s)
