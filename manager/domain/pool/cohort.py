"""A cohort: who learns together, when, and so how many are expected at the next class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contract.manager import ClassTime, CohortRequest
from contract.names import WorkspaceKind, WorkspaceSize
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy
from manager.domain.pool.attendance import UNTIL_S, learned
from manager.domain.pool.outlook import Outlook

PAST_CLASSES_MAX = 12
"""Attendance is learned from so many classes; with more, a change would go unnoticed."""
OPENS_BEFORE_S = 3_900.0
"""How long before a class it is prepared: more than the hour in which its first launches fall."""


@dataclass(frozen=True)
class Cohort:
    cohort_id: str
    label: str
    kind: WorkspaceKind
    classes: tuple[ClassTime, ...] = ()
    """Those that were announced and are not yet past, by their start."""
    members: tuple[str, ...] = ()
    newcomers: int = 0
    past: tuple[float, ...] = ()
    """When the last classes that took place began, oldest first."""
    prepared_until: float = 0.0
    """Classes that begin up to then have been prepared."""
    due_at: float | None = None
    """When a pass must prepare the next class; None: nothing is announced."""
    size: WorkspaceSize | None = None
    version: int = 0
    """The version that was read; 0: never stored. Every write is conditional on it."""

    def announced(self, request: CohortRequest, *, now: float) -> Cohort:
        """Replace what was known; a class that has begun stays, and is remembered."""
        begun = tuple(item for item in self.classes if item.starts_at <= now)
        later = tuple(sorted((item for item in request.classes if item.starts_at > now), key=lambda c: c.starts_at))
        return replace(
            self,
            label=request.label,
            kind=request.kind,
            size=request.size,
            classes=(*begun, *later),
            members=tuple(dict.fromkeys(request.members)),
            newcomers=request.newcomers,
        ).moved_on(now)

    def moved_on(self, now: float) -> Cohort:
        """Classes that are past become history, and the next one decides when to look again."""
        over = tuple(item.starts_at for item in self.classes if item.starts_at + UNTIL_S <= now)
        moved = replace(
            self,
            classes=tuple(item for item in self.classes if item.starts_at + UNTIL_S > now),
            past=(*self.past, *over)[-PAST_CLASSES_MAX:],
        )
        upcoming = moved.next_class(now)
        return replace(moved, due_at=None if upcoming is None else upcoming.starts_at - OPENS_BEFORE_S)

    def next_class(self, now: float) -> ClassTime | None:
        """The next one to prepare; also one that has begun, as long as people may still come."""
        return next((it for it in self.classes if it.starts_at > max(self.prepared_until, now - UNTIL_S)), None)


@dataclass(frozen=True)
class RecordPrepared:
    """Record in one write what was learned while classes were prepared."""

    cohorts: tuple[Cohort, ...]
    outlook: Outlook
    decisions: tuple[str, ...]


def prepare(
    cohort: Cohort, members: Sequence[Workspace], so_far: RecordPrepared, *, now: float, policy: Policy
) -> RecordPrepared:
    """Add the next class to the outlook. `so_far`: what the same pass prepared of other cohorts."""
    upcoming = cohort.next_class(now)
    if upcoming is None:
        return replace(so_far, cohorts=(*so_far.cohorts, cohort.moved_on(now)))
    alike = [it for it in members if it.kind is cohort.kind and it.deleted_at is None]
    attendance = learned(alike, cohort.past)
    expected = attendance.rate * (len(alike) + cohort.newcomers)
    launches = [expected * share for share in attendance.shares]
    outlook = so_far.outlook.with_class(policy.shape(cohort.kind, cohort.size), upcoming.starts_at, launches, now=now)
    because = f"class at {policy.schedule.local(upcoming.starts_at):%H:%M}, {attendance.rate:.0%} usually come"
    decision = f"about {expected:.0f} of {cohort.label} are expected: {because}"
    done = replace(cohort, prepared_until=upcoming.starts_at).moved_on(now)
    return RecordPrepared((*so_far.cohorts, done), outlook, (*so_far.decisions, decision))
