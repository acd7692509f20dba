"""What the backend tells the manager about cohorts: members, classes, and newcomers."""

from __future__ import annotations

import base64
import bisect

from contract.manager import ClassTime, CohortRequest, CreateRequest
from simulator.planning.manager import PlannedManager
from simulator.planning.timeline import Timeline
from simulator.workloads.timetable import ClassHours
from simulator.workloads.visit import Cohort, Workload

_DAY_S = 86_400.0
_AHEAD_S = 14 * _DAY_S
"""It tells classes of so many days (contract.manager.CohortRequest)."""


class Backend:
    """Tells each cohort daily and at each change. A workspace is made at the first click."""

    def __init__(self, timeline: Timeline, workload: Workload, manager: PlannedManager) -> None:
        self._timeline, self._manager = timeline, manager
        self._cohorts = list(workload.cohorts)
        self._starts = [[one.starts_at for one in cohort.classes] for cohort in self._cohorts]
        self._members: list[list[str]] = [[] for _ in self._cohorts]
        for number in range(len(self._cohorts)):
            self._tell_daily(number)

    def create(self, workspace_id: str, number: int) -> None:
        """Make the workspace of a new student."""
        cohort = self._cohorts[number]
        self._manager.create(CreateRequest(workspace_id, f"student-{workspace_id}", cohort.kind))
        self._members[number].append(workspace_id)
        self._tell(number)

    def _tell_daily(self, number: int) -> None:
        self._tell(number)
        self._timeline.at(self._timeline.time + _DAY_S, self._tell_daily, number)

    def _tell(self, number: int) -> None:
        cohort, members = self._cohorts[number], self._members[number]
        self._manager.put_cohort(
            CohortRequest(
                cohort_id=cohort.cohort_id,
                label=cohort.label,
                kind=cohort.kind,
                classes=tuple(ClassTime(one.starts_at, one.ends_at) for one in self._next_classes(number, cohort)),
                members=tuple(members),
                newcomers=len(cohort.students) - len(members),
            )
        )

    def _next_classes(self, number: int, cohort: Cohort) -> tuple[ClassHours, ...]:
        now = self._timeline.time
        first = bisect.bisect_left(self._starts[number], now)
        return cohort.classes[first : bisect.bisect_left(self._starts[number], now + _AHEAD_S)]


def workspace_id(index: int) -> str:
    """'ws-' and ten characters of base 32, as the product's are."""
    return f"ws-{base64.b32encode(index.to_bytes(7, 'big')).decode().lower().rstrip('=')[-10:]:a>10}"
