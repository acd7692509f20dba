"""The launches that a workspace remembers."""

from __future__ import annotations

ARRIVALS_MAX = 32
"""About four weeks of somebody who comes every day."""
SAME_STAY_S = 1_800.0
"""A launch so soon after another is a restart, or a click on a tab that was closed by mistake."""


def with_arrival(arrivals: tuple[float, ...], now: float) -> tuple[float, ...]:
    """Remember one more launch; of one stay only the first counts."""
    if arrivals and now - arrivals[-1] < SAME_STAY_S:
        return arrivals
    return (*arrivals, float(round(now)))[-ARRIVALS_MAX:]
