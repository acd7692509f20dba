"""The launches that a workspace remembers, and when its student is expected next."""

from __future__ import annotations

from dataclasses import dataclass

ARRIVALS_MAX = 32
"""What a workspace remembers: about four weeks of somebody who comes every day."""
SAME_STAY_S = 1_800.0
"""A launch so soon after another is a restart, or a click on a tab that was closed by mistake."""


@dataclass(frozen=True)
class Expectation:
    """When a stopped workspace will probably be launched."""

    start_at: float
    """When a task must be started to be ready in time."""
    begins_at: float
    """From here on a task kept for them is worth its price."""
    until: float
    """After this it is not, and a task that still waits is given up."""
    because: str
    """Words that follow 'started ahead for 38': 'of Berlin-3: class at 09:00, 92 % usually come', 'who signed in'."""


def with_arrival(arrivals: tuple[float, ...], now: float) -> tuple[float, ...]:
    """Remember one more launch; of one stay only the first counts."""
    if arrivals and now - arrivals[-1] < SAME_STAY_S:
        return arrivals
    return (*arrivals, float(round(now)))[-ARRIVALS_MAX:]
