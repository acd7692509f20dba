"""What a planning run asks of any workload, drawn or replayed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from contract.names import WorkspaceKind
from simulator.workloads.timetable import ClassHours


class Visit(NamedTuple):
    """A student works without a long break, from the click or return to the last key."""

    begins: float
    ends: float
    returns: bool = False
    """Returns to an open tab: clicks only if the workspace has stopped meanwhile."""
    clicks_again_after_s: float = 0.0
    """An impatient second click; 0: none."""
    opens_again_at: float = 0.0
    """Opens it once more while it runs; 0: does not."""
    job_until: float = 0.0
    """A job runs on after the student has left; 0: none."""
    stops: bool = False
    """Presses Stop at the end."""
    signs_in_before_s: float = 0.0
    """Signs in this long before the click; 0: was still signed in."""


@dataclass(frozen=True)
class Cohort:
    cohort_id: str
    label: str
    kind: WorkspaceKind
    students: range
    classes: tuple[ClassHours, ...]


class Workload(Protocol):
    """Students are numbered from 0, without gaps; each belongs to one cohort."""

    @property
    def starts_at(self) -> float: ...

    @property
    def ends_at(self) -> float: ...

    @property
    def students(self) -> int: ...

    @property
    def cohorts(self) -> Sequence[Cohort]: ...

    def visits(self, student: int) -> Iterator[Visit]:
        """In the order of time, never overlapping; read one by one, never as a whole term."""
        ...
