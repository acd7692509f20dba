"""The launches that a workspace remembers, and when its student is expected next."""

from __future__ import annotations

from dataclasses import dataclass, replace

ARRIVALS_MAX = 32
"""About four weeks of somebody who comes every day."""
SAME_STAY_S = 1_800.0
"""A launch so soon after another is a restart, or a click on a tab that was closed by mistake."""


@dataclass(frozen=True)
class Expectation:
    """When a stopped workspace will probably be launched."""

    start_at: float
    """When a task must be started to be ready in time."""
    begins_at: float
    """From then on a task kept for this student is worth its price."""
    until: float
    """After that it is not, and a task that still waits is given up."""
    because: str
    """Follows 'started ahead for 38': 'of Berlin-3: class at 09:00, 92 % usually come'."""

    def due_at(self, now: float) -> float | None:
        return None if self.until <= now else max(now, self.start_at)

    def postponed(self, until: float) -> Expectation:
        return replace(self, start_at=min(until, self.until))

    @property
    def spent(self) -> Expectation:
        """Its task was started, or cannot be: only its end is still to come."""
        return replace(self, start_at=self.until)

    def after_launch(self, now: float) -> Expectation | None:
        """A student who comes early has come; a class in the afternoon is still to come."""
        return None if self.begins_at - SAME_STAY_S <= now else self


def with_arrival(arrivals: tuple[float, ...], now: float) -> tuple[float, ...]:
    """Remember one more launch; of one stay only the first counts."""
    if arrivals and now - arrivals[-1] < SAME_STAY_S:
        return arrivals
    return (*arrivals, float(round(now)))[-ARRIVALS_MAX:]
