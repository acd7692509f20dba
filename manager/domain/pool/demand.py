"""How often each shape was launched lately: what the warm pool is shared by."""

from __future__ import annotations

import functools
import zoneinfo
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contract.names import WorkspaceKind, WorkspaceSize
from manager.domain.policy import Shape

HABIT_DAYS = 28
"""For so long launches are remembered."""
_DAY_S, _HOUR_S = 86_400.0, 3_600.0


@dataclass(frozen=True)
class DayOfLaunches:
    day: int
    """Days since 1970-01-01, UTC."""
    kind: WorkspaceKind
    launches: int
    hours: tuple[int, ...] = ()
    """By the hour of the day (UTC)."""
    size: WorkspaceSize | None = None

    @property
    def shape(self) -> Shape:
        return Shape(self.kind, self.size)


@dataclass(frozen=True)
class Demand:
    """One record for the school. A launch is counted in the write that forgets its task's record:
    each counts once, and no launch waits for a counter."""

    demand_id: str = "demand"
    days: tuple[DayOfLaunches, ...] = ()
    since: float | None = None
    """When counting began; None: it has not."""
    version: int = 0

    def with_launch(self, shape: Shape, *, at: float, now: float) -> Demand:
        """Count a launch at `at`, and drop days that have left the window."""
        days = {(entry.day, *entry.shape): entry for entry in self.days}
        key = (int(at // _DAY_S), *shape)
        entry = days.get(key, DayOfLaunches(key[0], shape.kind, 0, size=shape.size))
        hours = list(entry.hours or (0,) * 24)
        hours[int(at % _DAY_S // _HOUR_S)] += 1
        days[key] = replace(entry, launches=entry.launches + 1, hours=tuple(hours))
        kept = (entry for entry in days.values() if entry.day >= int(now // _DAY_S) - HABIT_DAYS)
        order = tuple(sorted(kept, key=lambda entry: (entry.day, str(entry.shape))))
        return replace(self, days=order, since=at if self.since is None else min(at, self.since))

    def in_hour(self, shape: Shape, at: float) -> int:
        """Launches in the hour of the clock (UTC) that `at` lies in."""
        hours = self._hours_by_day.get((int(at // _DAY_S), shape))
        return hours[int(at % _DAY_S // _HOUR_S)] if hours else 0

    def by_shape(self) -> Mapping[Shape, int]:
        """All launches that are remembered."""
        totals: Counter[Shape] = Counter()
        for entry in self.days:
            totals[entry.shape] += entry.launches
        return totals

    @functools.cached_property
    def usual(self) -> dict[tuple[Shape, int, zoneinfo.ZoneInfo], float | None]:
        """A cache of what the forecast computes from this record, which never changes."""
        return {}

    @functools.cached_property
    def _hours_by_day(self) -> Mapping[tuple[int, Shape], tuple[int, ...]]:
        return {(entry.day, entry.shape): entry.hours for entry in self.days}
