"""How often each kind was launched lately: what the warm pool is shared by."""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contract.names import WorkspaceKind

WINDOW_DAYS = 14
"""What the schedule's size is shared by."""
HABIT_DAYS = 28
"""What the planner knows of a school's habits."""
_DAY_S, _HOUR_S = 86_400.0, 3_600.0


@dataclass(frozen=True)
class DayOfLaunches:
    day: int
    """Days since 1970-01-01, UTC."""
    kind: WorkspaceKind
    launches: int
    hours: tuple[int, ...] = ()
    """By the hour of the day (UTC)."""


@dataclass(frozen=True)
class Demand:
    """One record for the school. A launch is counted in the write that forgets its task's record:
    each counts once, and no launch waits for a counter."""

    demand_id: str = "demand"
    days: tuple[DayOfLaunches, ...] = ()
    counted_at: float = 0.0
    since: float | None = None
    """When counting began; None: it has not."""
    version: int = 0

    def with_launch(self, kind: WorkspaceKind, *, at: float, now: float) -> Demand:
        """Count a launch at `at`, and drop days that have left the window."""
        days = {(entry.day, entry.kind): entry for entry in self.days}
        key = (int(at // _DAY_S), kind)
        entry = days.get(key, DayOfLaunches(*key, 0))
        hours = list(entry.hours or (0,) * 24)
        hours[int(at % _DAY_S // _HOUR_S)] += 1
        days[key] = replace(entry, launches=entry.launches + 1, hours=tuple(hours))
        oldest = int(now // _DAY_S) - HABIT_DAYS
        kept = tuple(entry for key, entry in sorted(days.items()) if entry.day >= oldest)
        return replace(self, days=kept, counted_at=now, since=at if self.since is None else min(at, self.since))

    def in_hour(self, kind: WorkspaceKind, at: float) -> int:
        """Launches in the hour of the clock (UTC) that `at` lies in."""
        hours = self._hours_by_day.get((int(at // _DAY_S), kind))
        return hours[int(at % _DAY_S // _HOUR_S)] if hours else 0

    def by_kind(self, now: float) -> Mapping[WorkspaceKind, int]:
        """Launches in the window, which ends now."""
        oldest = int(now // _DAY_S) - WINDOW_DAYS + 1
        totals = dict.fromkeys(WorkspaceKind, 0)
        for entry in self.days:
            if entry.day >= oldest:
                totals[entry.kind] += entry.launches
        return totals

    @functools.cached_property
    def usual(self) -> dict[tuple[WorkspaceKind, int, zoneinfo.ZoneInfo], float | None]:
        """A cache of what the forecast computes from this record, which never changes."""
        return {}

    @functools.cached_property
    def _hours_by_day(self) -> Mapping[tuple[int, WorkspaceKind], tuple[int, ...]]:
        return {(entry.day, entry.kind): entry.hours for entry in self.days}
