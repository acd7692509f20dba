"""How many launches to expect: classes and habits, corrected by who really comes."""

from __future__ import annotations

import datetime as dt
import functools
import math
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from manager.domain.policy import SATURDAY, Shape
from manager.domain.pool.demand import HABIT_DAYS, Demand
from manager.domain.pool.outlook import Outlook

_HOUR_S = 3_600.0
RECENT_S = 600.0
_STEADY = 2.0
"""Launches with which the forecast stands against what was seen in the last minutes."""
_SURPRISE_MIN = 3
"""So many launches that nobody expected are no chance any more."""
_NEXT_HOUR_WEIGHT = 0.5


@dataclass(frozen=True)
class Recent:
    """Launches that this process saw in the last minutes; lost with the process."""

    since: float = float("inf")
    """When it began to watch."""
    launches: Mapping[Shape, Sequence[float]] = field(default_factory=dict)
    """Their times."""
    hints: Mapping[Shape, int] = field(default_factory=dict)
    """How many signed in and will probably launch."""


@dataclass(frozen=True)
class Expected:
    """What is expected of one shape in the next minutes."""

    known: bool
    """False: there is no day to compare with yet; then only classes are in the numbers."""
    rate_per_s: float
    """When a task that is started now will be ready."""
    launches: float
    """Until then."""


@dataclass(frozen=True)
class Forecast:
    """The launches of one shape, as they are expected now."""

    shape: Shape
    demand: Demand
    outlook: Outlook
    recent: Recent
    zone: zoneinfo.ZoneInfo
    now: float

    def ahead(self, begin: float, lead_s: float) -> Expected:
        """From `begin` on, for as long as a start takes."""
        span_s = max(lead_s, 60.0)
        correction, surprise = self._seen
        launches = correction * self._plain(begin, begin + lead_s)
        rate = correction * self._plain(begin + lead_s, begin + lead_s + span_s) / span_s
        return Expected(self._habit(begin) is not None, max(rate, surprise), max(launches, surprise * lead_s))

    def _plain(self, begin: float, end: float) -> float:
        """Launches between two times, by timetable and habit."""
        habit = self._habit((begin + end) / 2.0) or 0.0
        return self.outlook.expected(self.shape, begin, end) + habit * (end - begin)

    def _habit(self, at: float) -> float | None:
        """Launches a second that belong to no class, in the hour around `at`; None: not known."""
        hour = int(at // _HOUR_S)
        known = self.demand.usual  # of hours that are near enough for `now` to change nothing
        key = (self.shape, hour, self.zone)
        if key not in known:
            known[key] = usual_launches(self.demand, self.shape, at, zone=self.zone, now=self.now)
        usual = known[key]
        if usual is None:
            return None
        of_classes = self.outlook.expected(self.shape, hour * _HOUR_S, (hour + 1) * _HOUR_S)
        # What is left over of many launches for classes is noise, not habit.
        return max(0.0, usual - of_classes - math.sqrt(of_classes)) / _HOUR_S

    @functools.cached_property
    def _seen(self) -> tuple[float, float]:
        """A factor for the forecast, and launches a second that come without any forecast.

        The factor is (seen + 2) / (expected + 2) of the last ten minutes: the pool shrinks while a
        class fails to come, and grows in a rush; two launches more or less change little.
        """
        since = max(self.recent.since, self.now - RECENT_S)
        if since >= self.now:
            return 1.0, 0.0
        seen = sum(since <= at <= self.now for at in self.recent.launches.get(self.shape, ()))
        expected = self._plain(since, self.now)
        surprise = seen - expected
        rate = surprise / RECENT_S if seen >= _SURPRISE_MIN and surprise > 2.0 * max(1.0, expected) else 0.0
        return (seen + _STEADY) / (expected + _STEADY), rate


def usual_launches(demand: Demand, shape: Shape, at: float, *, zone: zoneinfo.ZoneInfo, now: float) -> float | None:
    """Launches in the hour of the school's clock around `at`, by the last four weeks.

    The mean over the same weekdays; while there is none, over the other weekdays (or weekend days).
    The hours before and after count half where they differ by no more than chance: a few launches
    cannot tell one hour from the next. None: no such day has been seen yet.
    """
    local = dt.datetime.fromtimestamp(at, zone).replace(minute=0, second=0, microsecond=0)
    days = _days_alike(demand, local, now=now)
    if not days:
        return None
    before, this, after = (
        sum(demand.in_hour(shape, then + offset_s) for then in days) for offset_s in (-_HOUR_S, 0.0, _HOUR_S)
    )
    total, hours = float(this), 1.0
    for other in (before, after):
        if abs(other - this) <= 2.0 * math.sqrt(other + this + 1.0):  # Poisson: two standard deviations
            total, hours = total + _NEXT_HOUR_WEIGHT * other, hours + _NEXT_HOUR_WEIGHT
    return total / hours / len(days)


def _days_alike(demand: Demand, local: dt.datetime, *, now: float) -> list[float]:
    """When that hour began on past days: on the same weekday, or else on similar ones."""
    same: list[float] = []
    similar: list[float] = []
    for days_ago in range(1, HABIT_DAYS + 1):
        day = local - dt.timedelta(days=days_ago)
        then = day.timestamp()  # the same time on the wall, whatever the clocks did
        if demand.since is not None and demand.since - _HOUR_S < then <= now - _HOUR_S:
            if day.weekday() == local.weekday():
                same.append(then)
            elif (day.weekday() >= SATURDAY) is (local.weekday() >= SATURDAY):
                similar.append(then)
    return same or similar
