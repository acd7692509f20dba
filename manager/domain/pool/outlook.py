"""What is expected of the next hours, what the pool cost today, and what was decided.

One record, which every pass reads: the classes of all cohorts are added up here minute by minute,
so that a pass reads one record however many cohorts a school has.
"""

from __future__ import annotations

import datetime as dt
import math
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from contract.names import WorkspaceKind, WorkspaceSize
from manager.domain.policy import Shape
from manager.domain.pool.attendance import BIN_S, FROM_S

MINUTE_S = 60.0
_KEPT_S = 4_200.0
"""How long the past is kept: in its hour, launches for a class must not count as habit.
"""
_AHEAD_MAX_MIN = 360
DECISIONS_MAX = 50
COHORTS_MAX = 200


@dataclass(frozen=True)
class Curve:
    """Launches of one shape expected for classes, by minute from `begins_at` on."""

    kind: WorkspaceKind
    begins_at: float
    launches: tuple[float, ...]
    of_size: WorkspaceSize | None = None

    @property
    def shape(self) -> Shape:
        return Shape(self.kind, self.of_size)

    def between(self, begin: float, end: float) -> float:
        """Expected launches from `begin` to `end`; within a minute they come evenly."""
        first, last = (begin - self.begins_at) / MINUTE_S, (end - self.begins_at) / MINUTE_S
        minutes = range(max(0, int(first)), min(len(self.launches), math.ceil(last)))
        return sum(self.launches[it] * (min(last, it + 1.0) - max(first, it)) for it in minutes)

    def with_class(self, class_at: float, launches: Sequence[float], *, now: float) -> Curve:
        """Add one class; its launches are by minute from FROM_S before it on."""
        begin = (now - _KEPT_S) // MINUTE_S * MINUTE_S
        ends = [begin + index * MINUTE_S for index in range(1, _AHEAD_MAX_MIN + 1)]
        minutes = [self.between(end - MINUTE_S, end) for end in ends]
        offset = round((class_at + FROM_S - begin) / BIN_S)
        for index, count in enumerate(launches):
            if 0 <= offset + index < len(minutes):
                minutes[offset + index] += count
        while minutes and minutes[-1] == 0.0:
            minutes.pop()
        return replace(self, begins_at=begin, launches=tuple(round(count, 4) for count in minutes))


@dataclass(frozen=True)
class CohortSize:
    """How many one cohort has, and what they would launch."""

    cohort_id: str
    people: int
    kind: WorkspaceKind
    of_size: WorkspaceSize | None = None

    @property
    def shape(self) -> Shape:
        return Shape(self.kind, self.of_size)


@dataclass(frozen=True)
class Target:
    """How many warm tasks of one shape to keep."""

    kind: WorkspaceKind
    size: int
    """With fewer than this, more are started."""
    because: str
    """Words for the operator."""
    of_size: WorkspaceSize | None = None
    retire_above: int = 0
    """With more than this, some are retired; never below `size`."""

    @classmethod
    def of(cls, shape: Shape, size: int, because: str, *, retire_above: int = 0) -> Target:
        return cls(shape.kind, size, because, shape.size, max(size, retire_above))

    @property
    def shape(self) -> Shape:
        return Shape(self.kind, self.of_size)


@dataclass(frozen=True)
class Outlook:
    outlook_id: str = "outlook"
    curves: tuple[Curve, ...] = ()
    cohorts: tuple[CohortSize, ...] = ()
    """The largest ones first."""
    day: str = ""
    """The school's date for which `spent_s` counts."""
    spent_s: float = 0.0
    """Paid seconds of warm tasks on this day, while nobody had them."""
    metered_at: float = 0.0
    targets: tuple[Target, ...] = ()
    """What was decided last."""
    decisions: tuple[str, ...] = ()
    """Newest first; each begins with the school's time of day."""
    version: int = 0

    def expected(self, shape: Shape, begin: float, end: float) -> float:
        """Launches for classes between two times."""
        return sum(curve.between(begin, end) for curve in self.curves if curve.shape == shape)

    def largest_cohort(self, shape: Shape) -> int:
        return max((cohort.people for cohort in self.cohorts if cohort.shape == shape), default=0)

    def with_cohort(self, cohort_id: str, new: CohortSize | None) -> Outlook:
        """None: it is gone."""
        kept = [cohort for cohort in self.cohorts if cohort.cohort_id != cohort_id]
        ordered = sorted([*kept, *filter(None, [new])], key=lambda cohort: (-cohort.people, cohort.cohort_id))
        return replace(self, cohorts=tuple(ordered[:COHORTS_MAX]))

    def with_class(self, shape: Shape, class_at: float, launches: Sequence[float], *, now: float) -> Outlook:
        new = Curve(shape.kind, now, (), shape.size)
        curve = next((item for item in self.curves if item.shape == shape), new)
        others = tuple(item for item in self.curves if item.shape != shape)
        return replace(self, curves=(*others, curve.with_class(class_at, launches, now=now)))

    def with_decisions(self, decisions: Iterable[str], *, now: float, time_zone: str) -> Outlook:
        at = f"{dt.datetime.fromtimestamp(now, zoneinfo.ZoneInfo(time_zone)):%H:%M}"
        added = tuple(f"{at} {decision}" for decision in decisions)
        return replace(self, decisions=(*added, *self.decisions)[:DECISIONS_MAX])

    def metered(self, warm: int, *, now: float, time_zone: str, longest_s: float) -> Outlook:
        """Count the warm tasks since the last time, for at most `longest_s`: it was down."""
        day = dt.datetime.fromtimestamp(now, zoneinfo.ZoneInfo(time_zone)).date().isoformat()
        seconds = min(longest_s, max(0.0, now - self.metered_at)) if self.metered_at else 0.0
        spent_s = (self.spent_s if day == self.day else 0.0) + warm * seconds
        return replace(self, day=day, spent_s=spent_s, metered_at=now)
