"""When one student comes: the launches that their workspace remembers, and the next time they are expected."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import defaultdict
from dataclasses import dataclass

ARRIVALS_MAX = 32
"""What a workspace remembers: about four weeks of somebody who comes every day."""
SAME_STAY_S = 1_800.0
"""A launch so soon after another is a restart, or a click on a tab that was closed by mistake."""
HABIT_DAYS = 28
_WINDOW_MIN = 30
_STEP_MIN = 15
_DAY_MIN = 24 * 60
SATURDAY = 5


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


def next_habit(
    arrivals: tuple[float, ...], *, now: float, time_zone: str, worth_s: float, lead_s: float
) -> Expectation | None:
    """The next half hour, within a week, in which this student came so often that a task kept for them pays.

    The chance of a half hour is (times they came in it) / (such days + 1): one visit alone is no habit. The same weekday
    counts in full, other weekdays (for a Saturday: Sundays) only until there is enough of the same one. None: nothing within a
    week is likely enough.
    """
    zone = zoneinfo.ZoneInfo(time_zone)
    today = dt.datetime.fromtimestamp(now, zone)
    midnight = dt.datetime.combine(today.date(), dt.time(), zone)
    came: dict[int, set[int]] = defaultdict(set)
    for arrival in arrivals:
        at = dt.datetime.fromtimestamp(arrival, zone)
        days_ago = (today.date() - at.date()).days
        if not 0 <= days_ago <= HABIT_DAYS:
            continue
        minute = (at.hour * 60 + at.minute) // _STEP_MIN * _STEP_MIN
        for begins in {minute, (minute - _STEP_MIN) % _DAY_MIN}:
            came[begins].add(days_ago)
    oldest = max((days for seen in came.values() for days in seen), default=0)
    needed = _WINDOW_MIN * 60.0 / worth_s
    half_hours = sorted(came)
    for ahead in range(8):
        days = _days_alike(today.weekday(), ahead=ahead, oldest=oldest)
        for begins in half_hours:
            chance, told = _chance(came[begins], *days)
            if chance < needed:
                continue
            local = midnight + dt.timedelta(days=ahead, minutes=begins)
            until = local.timestamp() + _WINDOW_MIN * 60.0
            if now + _STEP_MIN * 60.0 < until <= now + 7 * 86_400.0:
                because = f"who usually comes at about {local + dt.timedelta(minutes=_STEP_MIN):%H:%M} ({told})"
                begins_at = local.timestamp()
                return Expectation(begins_at - lead_s, begins_at, until, because)
    return None


def other_days_weight(same_days: int) -> float:
    """What one other day of the same sort (weekday or weekend) says, beside so many of the very same weekday."""
    return 0.25 / (1 + same_days) ** 2


def _days_alike(today: int, *, ahead: int, oldest: int) -> tuple[list[int], list[int]]:
    """Which of the last days, by how many days ago, were the same weekday as the one that lies `ahead`, and which were others
    of the same sort (weekday or weekend)."""
    then = (today + ahead) % 7
    weekdays = [(days_ago, (today - days_ago) % 7) for days_ago in range(1, oldest + 1)]
    same = [days_ago for days_ago, weekday in weekdays if weekday == then]
    other = [
        days_ago for days_ago, weekday in weekdays if weekday != then and (weekday >= SATURDAY) is (then >= SATURDAY)
    ]
    return same, other


def _chance(came: set[int], same: list[int], other: list[int]) -> tuple[float, str]:
    """`came`: days ago on which they came at this time of day."""
    came_same, came_other = len(came.intersection(same)), len(came.intersection(other))
    weight = other_days_weight(len(same))
    chance = (came_same + weight * came_other) / (len(same) + weight * len(other) + 1.0)
    return chance, f"on {came_same + came_other} of {len(same) + len(other)} such days"
