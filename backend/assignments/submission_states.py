"""How far a submission is, in words, and whether it is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.assignments.collecting import wanting_copy
from backend.assignments.models import Assignment, Bundle, Copy, Submission, due_with
from backend.assignments.submissions import students_of

LATE_AFTER = timedelta(minutes=2)
"""A class is not copied in one second, and nobody is late for that."""

COLLECTED, COLLECTING, FAILED, NOT_YET = "collected", "collecting", "failed", "not_yet"


@dataclass(frozen=True)
class SubmissionState:
    student: User
    row: Submission | None
    copies: list[Copy]
    """Without their files; the newest last."""
    due_at: datetime | None
    state: str
    text: str

    @property
    def newest(self) -> Copy | None:
        return self.copies[-1] if self.copies else None


@dataclass(frozen=True)
class OwnSubmission:
    """What a student sees of their own: of mark and comment only what was returned."""

    due_at: datetime | None = None
    """An extension."""
    newest: Copy | None = None
    returned_at: datetime | None = None
    mark: str = ""
    comment: str = ""
    files: Bundle | None = None
    """That came back with them."""


def is_late(copy: Copy, due_at: datetime | None) -> bool:
    return due_at is not None and copy.handed_in_at > due_at + LATE_AFTER


def list_submissions(assignment: Assignment) -> list[SubmissionState]:
    """Every student of the cohort, by name."""
    found = _with_counts(Submission.objects.filter(assignment=assignment))
    rows = {row.student_id: row for row in found}  # pyright: ignore[reportAttributeAccessIssue]
    wanted = set(wanting_copy().filter(assignment=assignment).values_list("pk", flat=True))
    copies: dict[int, list[Copy]] = {}
    for copy in copies_of(rows.values()):
        copies.setdefault(copy.submission_id, []).append(copy)  # pyright: ignore[reportAttributeAccessIssue]
    return [
        _state(student, assignment, rows.get(student.pk), copies, wanted=wanted) for student in students_of(assignment)
    ]


def _with_counts(rows: QuerySet[Submission]) -> QuerySet[Submission]:
    """With what is known of the files that come back, without the files themselves."""
    known = rows.select_related("files", "returned_files")
    return known.defer("files__content", "returned_files__content")


def copies_of(rows: object) -> list[Copy]:
    """Without the files."""
    found = Copy.objects.filter(submission__in=list(rows))  # type: ignore[call-overload]
    return list(found.select_related("bundle").defer("bundle__content").order_by("number"))


def _state(
    student: User, assignment: Assignment, row: Submission | None, copies: dict[int, list[Copy]], *, wanted: set[int]
) -> SubmissionState:
    theirs = copies.get(row.pk, []) if row is not None else []
    due = due_with(assignment.due_at, row.due_at if row is not None else None)
    state, text = _words(assignment, row, bool(theirs), wanted=row is not None and row.pk in wanted)
    return SubmissionState(student, row, theirs, due, state, text)


def _words(assignment: Assignment, row: Submission | None, has_copy: bool, *, wanted: bool) -> tuple[str, str]:
    if row is not None and row.failure:
        return FAILED, f"{row.failure} {'It is tried again.' if wanted else 'It is not tried any more.'}"
    if wanted:
        return COLLECTING, "Being collected."
    if has_copy:
        return COLLECTED, "Collected."
    if assignment.releases_at > timezone.now():
        return NOT_YET, "Not released yet."
    return NOT_YET, "Not collected yet." if assignment.due_at is None else "Will be collected at the due time."


def own_submissions(student: User, assignments: list[Assignment]) -> dict[UUID, OwnSubmission]:
    """By assignment."""
    rows = list(_with_counts(Submission.objects.filter(student=student, assignment__in=assignments)))
    newest = {copy.submission_id: copy for copy in copies_of(rows)}  # pyright: ignore[reportAttributeAccessIssue]
    return {
        row.assignment_id: OwnSubmission(  # pyright: ignore[reportAttributeAccessIssue]
            row.due_at,
            newest.get(row.pk),
            row.returned_at,
            row.returned_mark,
            row.returned_comment,
            row.returned_files,
        )
        for row in rows
    }
