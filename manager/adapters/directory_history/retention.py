"""Which checkpoints of a home stay, and how much they may take."""

from __future__ import annotations

from collections.abc import Iterable

HISTORY_BYTES_MAX = 1_000_000_000
"""Of one home, packed, on the disk. Then the oldest checkpoints go."""
_HOUR_S, _DAY_S = 3_600.0, 86_400.0
_ALL_S = 2 * _DAY_S
_HOURLY_S = 7 * _DAY_S
_DAILY_S = 30 * _DAY_S
_WEEKLY_S = 182 * _DAY_S
_NEWEST_KEPT = 10


def kept(taken: Iterable[float], now: float) -> set[float]:
    """Which checkpoints stay, by their times: all of two days, one an hour for a week, one a day
    for 30 days, one a week for half a year; the newest ten whatever their age."""
    times = sorted(taken, reverse=True)
    stay = set(times[:_NEWEST_KEPT])
    stay.update(at for at in times if now - at <= _ALL_S)
    for within_s, each_s in ((_HOURLY_S, _HOUR_S), (_DAILY_S, _DAY_S), (_WEEKLY_S, 7 * _DAY_S)):
        newest: dict[int, float] = {}
        for at in times:
            if now - at <= within_s:
                newest.setdefault(int(at // each_s), at)
        stay.update(newest.values())
    return stay
