"""How far an assignment is for each student, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q
from django.utils import timezone

from backend.accounts.models import User
from backend.assignments.models import Assignment, FilesReturn, HandOut, Submission
from backend.cohorts.models import Cohort

HANDED_OUT, WAITING, FAILED = "handed_out", "waiting", "failed"
OWN_MAX = 50
_TRIED_AGAIN = "It is tried again when the workspace is opened."


@dataclass(frozen=True)
class StudentState:
    student: User
    state: str
    text: str
    at: datetime | None
    beside: list[list[Any]]
    beside_count: int


@dataclass(frozen=True)
class Arrival:
    """Whether returned files are in the student's workspace."""

    state: str = "none"
    """none | there | waiting | failed"""
    text: str = ""


@dataclass(frozen=True)
class Counts:
    handed_out: int
    failed: int


def count_states(assignments: list[Assignment]) -> dict[Any, Counts]:
    """By assignment; among the students who are in its cohort now."""
    members = Q(workspace__owner__membership__cohort=F("assignment__cohort"), workspace__deleted_at__isnull=True)
    rows = (
        HandOut.objects.filter(members, assignment__in=assignments, workspace__owner__is_active=True)
        .values("assignment_id")
        .annotate(
            done=Count("pk", filter=Q(version=F("assignment__version"))),
            failed=Count("pk", filter=Q(version__lt=F("assignment__version")) & ~Q(failure="")),
        )
    )
    return {row["assignment_id"]: Counts(row["done"], row["failed"]) for row in rows}


def count_students(cohort: Cohort) -> int:
    return User.objects.filter(membership__cohort=cohort, is_active=True).count()


def list_students(assignment: Assignment) -> list[StudentState]:
    """Every student of the cohort, by name."""
    students = User.objects.filter(membership__cohort=assignment.cohort, is_active=True).order_by("name", "email")
    found = HandOut.objects.filter(assignment=assignment, workspace__deleted_at__isnull=True)
    rows = {row.workspace.owner_id: row for row in found.select_related("workspace")}  # pyright: ignore[reportAttributeAccessIssue]
    return [_state_of(student, assignment, rows.get(student.pk)) for student in students]


def own_states(student: User) -> list[tuple[Assignment, StudentState]]:
    """What the student's cohort has released, newest first."""
    released = Assignment.objects.filter(
        cohort__memberships__student=student, cohort__active=True, releases_at__lte=timezone.now()
    ).select_related("cohort")[:OWN_MAX]
    found = HandOut.objects.filter(
        assignment__in=list(released), workspace__owner=student, workspace__deleted_at__isnull=True
    )
    rows = {row.assignment_id: row for row in found}  # pyright: ignore[reportAttributeAccessIssue]
    return [(assignment, _state_of(student, assignment, rows.get(assignment.pk))) for assignment in released]


def own_arrivals(student: User, assignments: list[Assignment]) -> dict[UUID, Arrival]:
    """Whether the student's workspace has what was returned, by assignment."""
    rows = Submission.objects.filter(student=student, assignment__in=assignments, returned_files__isnull=False)
    homes = FilesReturn.objects.filter(submission__in=rows, workspace__deleted_at__isnull=True)
    there = {row.submission_id: row for row in homes}  # pyright: ignore[reportAttributeAccessIssue]
    return {row.assignment_id: _arrival(row, there.get(row.pk)) for row in rows}  # pyright: ignore[reportAttributeAccessIssue]


def _arrival(row: Submission, home: FilesReturn | None) -> Arrival:
    if home is not None and home.version == row.returned_version:
        if home.beside_count:
            return Arrival("there", "Some came beside files of yours that have the same names.")
        return Arrival("there", "In your workspace.")
    if home is not None and home.failure:
        return Arrival("failed", f"{home.failure} {_TRIED_AGAIN}")
    return Arrival("waiting", "They come into your workspace when you open it.")


def _state_of(student: User, assignment: Assignment, row: HandOut | None) -> StudentState:
    if row is not None and row.version == assignment.version:
        return StudentState(student, HANDED_OUT, "Handed out.", row.handed_out_at, row.beside, row.beside_count)
    beside, count = (row.beside, row.beside_count) if row is not None else ([], 0)
    if row is not None and row.failure:
        return StudentState(student, FAILED, f"{row.failure} {_TRIED_AGAIN}", None, beside, count)
    return StudentState(student, WAITING, _waiting(assignment, row), None, beside, count)


def _waiting(assignment: Assignment, row: HandOut | None) -> str:
    if assignment.releases_at > timezone.now():
        return "Not released yet."
    if row is not None and row.version:
        return "Has an earlier version; the update waits until the workspace runs."
    return "Waits until the workspace runs."
