"""A cohort's record: who learns together, when their classes are, and what was learned of their arrivals."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from contract.manager import (
    COHORT_CLASSES_MAX,
    COHORT_MEMBERS_MAX,
    COHORT_NEWCOMERS_MAX,
    ClassTime,
    CohortRequest,
)
from contract.names import WORKSPACE_ID_PATTERN, WorkspaceKind

PAST_CLASSES_MAX = 12
"""Attendance is learned from so many classes: enough to tell who comes, few enough to notice that it changes."""
OPENS_BEFORE_S = 1_800.0
"""A class is prepared so long before it begins: longer than the longest interval between two sweeps."""
LABEL_MAX = 200
ID_MAX = 64


class BadCohort(ValueError):
    """The text says which field is wrong, and what is expected."""


@dataclass(frozen=True)
class Cohort:
    cohort_id: str
    label: str
    kind: WorkspaceKind
    classes: tuple[ClassTime, ...] = ()
    """Those that were announced and are not yet over, by their start."""
    members: tuple[str, ...] = ()
    newcomers: int = 0
    past: tuple[float, ...] = ()
    """When the last classes that took place began, oldest first."""
    due_at: float | None = None
    """When a sweep must look at it; None: nothing is announced."""
    version: int = 0
    """The version that was read; 0 for a record that was never stored. Every write is conditional on it."""

    def announced(self, request: CohortRequest, *, now: float) -> Cohort:
        """What the backend knows replaces what was known; a class that has begun stays, and is remembered."""
        begun = tuple(item for item in self.classes if item.starts_at <= now)
        later = tuple(sorted((item for item in request.classes if item.starts_at > now), key=lambda c: c.starts_at))
        told = replace(
            self,
            label=request.label,
            kind=request.kind,
            classes=(*begun, *later),
            members=tuple(dict.fromkeys(request.members)),
            newcomers=request.newcomers,
        )
        return replace(told, due_at=min(told.due_at or math.inf, told.opens_at(now)) if told.classes else None)

    def opens_at(self, now: float) -> float:
        """When the next class that has not begun must be prepared; `inf`: none is announced."""
        return min((item.starts_at - OPENS_BEFORE_S for item in self.classes if item.starts_at > now), default=math.inf)


def checked(request: CohortRequest) -> CohortRequest:
    """Raises BadCohort. Everything that is stored later has passed here once."""
    if not 0 < len(request.cohort_id) <= ID_MAX:
        raise BadCohort(f"cohort_id: 1 to {ID_MAX} characters are expected")
    if not 0 < len(request.label) <= LABEL_MAX:
        raise BadCohort(f"label: 1 to {LABEL_MAX} characters are expected")
    for name, found, most in (
        ("classes", len(request.classes), COHORT_CLASSES_MAX),
        ("members", len(request.members), COHORT_MEMBERS_MAX),
        ("newcomers", request.newcomers, COHORT_NEWCOMERS_MAX),
    ):
        if not 0 <= found <= most:
            raise BadCohort(f"{name}: 0 to {most:,} are expected, not {found:,}")
    for index, item in enumerate(request.classes):
        if not (math.isfinite(item.starts_at) and math.isfinite(item.ends_at) and 0.0 < item.starts_at < item.ends_at):
            raise BadCohort(f"classes[{index}]: starts_at must be before ends_at, both in seconds since the epoch")
    for index, member in enumerate(request.members):
        if not WORKSPACE_ID_PATTERN.fullmatch(member):
            raise BadCohort(f"members[{index}]: a workspace's id is expected, not {member[:40]!r}")
    return request
