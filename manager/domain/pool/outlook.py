"""What is expected of the next hours, what the pool cost today, and what was decided.

One record, which every pass reads, however many cohorts a school has: their classes are here minute
by minute, as one curve for each time and shape.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from contract.names import WorkspaceKind, WorkspaceSize
from manager.domain.policy import Shape
from manager.domain.pool.attendance import FROM_S, MINUTE_S

_KEPT_S = 4_200.0
"""How long the past is kept: in its hour, launches for a class must not count as habit."""
_TOGETHER_S = 900.0
"""Classes of so long share a curve: one for each minute would outgrow the 400 KB of DynamoDB."""
DECISIONS_MAX = 50
COHORTS_MAX = 200


@dataclass(frozen=True)
class Curve:
    """Launches of one shape expected for the classes of one time, by minute from `begins_at` on."""

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


@dataclass(frozen=True)
class CohortSize:
    """How many one cohort has, and what they launch."""

    cohort_id: str
    people: int
    kind: WorkspaceKind


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

    def has_class(self, shape: Shape, at: float) -> bool:
        """Whether somebody may come to a class then, however few ever came at that minute."""
        curves = (it for it in self.curves if it.shape == shape and any(it.launches))  # a cohort may have nobody
        return any(0.0 <= at - it.begins_at < MINUTE_S * len(it.launches) for it in curves)

    def largest_cohort(self, kind: WorkspaceKind) -> int:
        return max((cohort.people for cohort in self.cohorts if cohort.kind is kind), default=0)

    def with_cohort(self, cohort_id: str, new: CohortSize | None) -> Outlook:
        """None: it is gone."""
        kept = [cohort for cohort in self.cohorts if cohort.cohort_id != cohort_id]
        ordered = sorted([*kept, *filter(None, [new])], key=lambda cohort: (-cohort.people, cohort.cohort_id))
        return replace(self, cohorts=tuple(ordered[:COHORTS_MAX]))

    def with_class(self, shape: Shape, class_at: float, launches: Sequence[float], *, now: float) -> Outlook:
        """Add one class; its launches are by minute from FROM_S before it on."""
        begins_at = (class_at + FROM_S) // _TOGETHER_S * _TOGETHER_S
        kept = (it for it in self.curves if it.begins_at + MINUTE_S * len(it.launches) > now - _KEPT_S)
        curves = {(it.shape, it.begins_at): it.launches for it in kept}
        own = [*[0.0] * int((class_at + FROM_S - begins_at) // MINUTE_S), *launches]
        both = itertools.zip_longest(own, curves.pop((shape, begins_at), ()), fillvalue=0.0)
        curves[shape, begins_at] = tuple(round(one + other, 4) for one, other in both)
        return replace(self, curves=tuple(Curve(it.kind, at, counts, it.size) for (it, at), counts in curves.items()))

    def with_decisions(self, decisions: Iterable[str], *, local: dt.datetime) -> Outlook:
        """`local`: now, by the school's clock."""
        added = tuple(f"{local:%H:%M} {decision}" for decision in decisions)
        return replace(self, decisions=(*added, *self.decisions)[:DECISIONS_MAX])

    def metered(self, warm: int, *, local: dt.datetime, longest_s: float) -> Outlook:
        """Count the warm tasks since the last time, for at most `longest_s`: it was down."""
        now, day = local.timestamp(), local.date().isoformat()
        seconds = min(longest_s, max(0.0, now - self.metered_at)) if self.metered_at else 0.0
        spent_s = (self.spent_s if day == self.day else 0.0) + warm * seconds
        return replace(self, day=day, spent_s=spent_s, metered_at=now)
