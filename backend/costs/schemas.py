"""What the API says about the use of workspaces."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Schema

from contract.names import WorkspaceKind


class CohortHoursOut(Schema):
    id: UUID | None
    """None: people who were in no cohort, staff included."""
    name: str
    students: int
    sessions: int
    task_hours: float
    dollars: float | None
    """Null: the school has set no price."""


class StudentHoursOut(Schema):
    id: UUID
    name: str
    email: str
    cohort_id: UUID | None
    """The cohort at that time; who moved has a row for each."""
    cohort: str
    kind: WorkspaceKind
    sessions: int
    task_hours: float
    dollars: float | None


class CostsOut(Schema):
    """Task-hours, and what they cost where the school has set a price."""

    since: datetime
    until: datetime
    task_hours: float
    """Of everybody listed."""
    dollars: float | None
    """Null: the school has set no price."""
    cohorts: list[CohortHoursOut]
    students: list[StudentHoursOut]
