"""How often each kind was launched lately: what the warm pool is shared by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from contract.names import WorkspaceKind

WINDOW_DAYS = 14
_DAY_S = 86_400.0


@dataclass(frozen=True)
class DayOfLaunches:
    day: int
    """Days since 1970-01-01, UTC."""
    kind: WorkspaceKind
    launches: int


@dataclass(frozen=True)
class Demand:
    """The one record of its sort. A launch is counted when its task's record is forgotten, in one write with that, so
    that each counts once and no launch waits for a counter."""

    demand_id: str = "demand"
    days: tuple[DayOfLaunches, ...] = ()
    counted_at: float = 0.0
    version: int = 0

    def with_launch(self, kind: WorkspaceKind, *, at: float, now: float) -> Demand:
        """One more launch of `kind`, which was at `at`; days that have left the window go."""
        counts = {(entry.day, entry.kind): entry.launches for entry in self.days}
        key = (int(at // _DAY_S), kind)
        counts[key] = counts.get(key, 0) + 1
        oldest = _oldest(now)
        days = tuple(DayOfLaunches(day, of, count) for (day, of), count in sorted(counts.items()) if day >= oldest)
        return replace(self, days=days, counted_at=now)

    def by_kind(self, now: float) -> Mapping[WorkspaceKind, int]:
        """Launches in the window, which ends now."""
        oldest = _oldest(now)
        totals = dict.fromkeys(WorkspaceKind, 0)
        for entry in self.days:
            if entry.day >= oldest:
                totals[entry.kind] += entry.launches
        return totals


def _oldest(now: float) -> int:
    return int(now // _DAY_S) - WINDOW_DAYS + 1
