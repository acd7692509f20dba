"""What instructors do with submissions: ask for copies, extend, mark, return. Every change leaves
an audit record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from backend.accounts.models import User
from backend.assignments import delivery
from backend.assignments.collecting import add_rows, worker
from backend.assignments.models import Assignment, FilesReturn, Submission
from backend.assignments.services import drop_unused_bundles, note, stored
from backend.assignments.signals import submissions_returned
from backend.assignments.uploads import make_bundle_of_files
from backend.audit.record import record_all
from backend.platform.problems import ProblemError, invalid, not_found

COMMENT_LENGTH_MAX = 10_000


def students_of(assignment: Assignment) -> list[User]:
    """Who is in the cohort, by name."""
    members = User.objects.filter(membership__cohort=assignment.cohort, is_active=True)
    return list(members.order_by("name", "email"))


def get_student(assignment: Assignment, student_id: UUID) -> User:
    student = User.objects.filter(pk=student_id, membership__cohort=assignment.cohort, is_active=True).first()
    if student is None:
        raise not_found("This cohort has no such student (any more).", reason="student_not_found")
    return student


def ask_for_copies(assignment: Assignment, student_id: UUID | None, *, acting_user: User) -> None:
    """A copy now, of everybody or of one student."""
    if not assignment.cohort.active:
        raise ProblemError(
            HTTPStatus.CONFLICT, "inactive", f"{assignment.cohort.name} is inactive, so nothing is collected."
        )
    if assignment.releases_at > timezone.now():
        raise ProblemError(
            HTTPStatus.CONFLICT, "not_released", "It is not released yet, so there is nothing to collect."
        )
    students = students_of(assignment) if student_id is None else [get_student(assignment, student_id)]
    with transaction.atomic():
        add_rows(assignment, students)
        now = timezone.now()
        rows = Submission.objects.filter(assignment=assignment, student__in=students)
        rows.update(asked_at=now, next_try_at=now, failure="")
        whose = {} if student_id is None else {"student": students[0].email}
        note("assignment.collect", assignment, acting_user, students=len(students), **whose)
        transaction.on_commit(worker.wake)


def extend(assignment: Assignment, student: User, due_at: datetime | None, *, acting_user: User) -> None:
    """A later due time for one student; None: the assignment's again."""
    if assignment.due_at is None:
        raise ProblemError(
            HTTPStatus.CONFLICT, "no_due_time", "The assignment has no due time, so there is nothing to extend."
        )
    if due_at is not None and due_at <= assignment.due_at:
        raise invalid("body.due_at", "It must be later than the due time of the assignment.")
    with transaction.atomic():
        row = _locked(assignment, student)
        if row.due_at == due_at:
            return
        before, row.due_at, row.next_try_at, row.failure = row.due_at, due_at, timezone.now(), ""
        row.save(update_fields=["due_at", "next_try_at", "failure"])
        note(
            "submission.extend", assignment, acting_user, student=student.email, before=_said(before), due=_said(due_at)
        )
        transaction.on_commit(worker.wake)


def give_feedback(assignment: Assignment, student: User, values: Mapping[str, str], *, acting_user: User) -> None:
    """Change `mark` and `comment`. The student sees nothing of it before it is returned."""
    with transaction.atomic():
        row = _locked(assignment, student)
        changes = {name: value for name, value in values.items() if getattr(row, name) != value}
        if not changes:
            return
        before = row.mark
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(update_fields=list(changes))
        marks = {"before": before, "mark": row.mark} if "mark" in changes else {}
        comment = {"comment_changed": True} if "comment" in changes else {}
        note("submission.mark", assignment, acting_user, student=student.email, **marks, **comment)


def set_files(
    assignment: Assignment, student: User, uploads: Sequence[tuple[str, bytes]], *, acting_user: User
) -> None:
    """The files that come back with mark and comment; none: no files. The student gets them when
    they are returned."""
    bundle = make_bundle_of_files(uploads) if uploads else None
    with transaction.atomic():
        row = _locked(assignment, student)
        now = bundle.sha256 if bundle is not None else None
        if row.files_id == now:  # pyright: ignore[reportAttributeAccessIssue]
            return
        row.files = stored(bundle) if bundle is not None else None
        row.save(update_fields=["files"])
        count = bundle.files_count if bundle is not None else 0
        note("submission.files", assignment, acting_user, student=student.email, files=count, sha256=now)
        drop_unused_bundles()


def return_one(assignment: Assignment, student: User, *, acting_user: User) -> None:
    with transaction.atomic():
        row = _locked(assignment, student)
        if not _has_something(row) and row.returned_at is None:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "nothing_to_return",
                "There is no mark, no comment and no file yet. Write one, or add a file.",
            )
        _return([row], assignment, acting_user)


def return_all(assignment: Assignment, *, acting_user: User) -> int:
    """Every mark, comment and file that its student does not have yet, or has and should not any
    more. Returns how many students."""
    with transaction.atomic():
        rows = list(_to_return(assignment).select_for_update(of=("self",)).select_related("student"))
        _return(rows, assignment, acting_user)
    return len(rows)


def _to_return(assignment: Assignment) -> Any:
    members = Submission.objects.filter(assignment=assignment, student__membership__cohort=assignment.cohort)
    unseen = Q(returned_at__isnull=True) | ~Q(mark=F("returned_mark")) | ~Q(comment=F("returned_comment"))
    none = Q(files__isnull=True, returned_files__isnull=True)
    unseen |= ~none & ~Q(files=F("returned_files"))
    return members.filter(unseen).exclude(mark="", comment="", files__isnull=True, returned_at__isnull=True)


def _has_something(row: Submission) -> bool:
    return bool(row.mark or row.comment or row.files_id)  # pyright: ignore[reportAttributeAccessIssue]


def _return(rows: list[Submission], assignment: Assignment, acting_user: User) -> None:
    """Without mark, comment and files, what was returned is taken back. Files that are in a home
    stay there."""
    now = timezone.now()
    whose = {"cohort": assignment.cohort.name, "title": assignment.title}
    targets: list[tuple[object, dict[str, Any]]] = []
    for row in rows:
        sha256: str | None = row.files_id  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        if sha256 is not None and sha256 != row.returned_files_id:  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
            row.returned_version += 1
        row.returned_files_id = sha256  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        row.returned_mark, row.returned_comment = row.mark, row.comment
        row.returned_at = now if _has_something(row) else None
        files = {"sha256": sha256} if sha256 is not None else {}
        targets.append((assignment.pk, {**whose, "student": row.student.email, "mark": row.mark, **files}))
    changed = ["returned_mark", "returned_comment", "returned_at", "returned_files", "returned_version"]
    Submission.objects.bulk_update(rows, changed, batch_size=500)
    FilesReturn.objects.filter(submission__in=rows).update(next_try_at=now, failure="")
    drop_unused_bundles()
    record_all("submission.return", "assignment", targets, actor=acting_user)
    submissions_returned.send(Assignment, assignment=assignment, rows=rows)
    transaction.on_commit(delivery.worker.wake)


def _locked(assignment: Assignment, student: User) -> Submission:
    add_rows(assignment, [student])
    rows = Submission.objects.select_for_update(of=("self",)).select_related("student")
    return rows.get(assignment=assignment, student=student)


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
