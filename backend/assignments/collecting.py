"""Takes copies of students' folders: at the due time, and when an instructor asks for them.

Each student has a row for each assignment (Submission). A row that wants a copy is tried again
until there is one, for a week: after that, somebody has to ask. A copy that is the same as the one
before is not kept twice, so nothing here needs to happen exactly once.
"""

from __future__ import annotations

import base64
import binascii
import io
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Greatest
from django.utils import timezone

from backend.accounts.models import User
from backend.assignments.models import Assignment, Bundle, Copy, Submission
from backend.assignments.uploads import bundle_of
from backend.platform.background import BackgroundWorker
from backend.platform.database_connection import release_connection
from backend.workspaces.manager_client import manager_client
from backend.workspaces.models import Workspace
from contract.collect import LEFT_OUT_MAX, CollectAnswer, CollectRequest, CollectState
from contract.errors import ApraNovaError
from contract.hand_out_files import PACKED_BYTES_MAX, BadFiles, printable, read_files
from contract.names import WorkspaceKind

LOOK_EVERY_S = 10.0
HELD_FOR = timedelta(minutes=2)
RETRY_WORKING = timedelta(seconds=2)
RETRY_UNREADABLE = timedelta(seconds=30)
RETRY_FAILED = timedelta(minutes=10)
TRIED_FOR = timedelta(days=7)
ROWS_AT_ONCE_MAX = 16
"""A copy may have some megabytes: they are not all held at the same time."""
AT_A_TIME = 4
PASSES_MAX = 50
COPIES_MAX = 50
"""Of one student and assignment."""
NO_WORKSPACE = "There is no workspace yet, so there are no files."
NOT_NOW = "The workspace cannot be read right now: it may be starting or stopping."
TOO_MANY = f"There are {COPIES_MAX} copies already, and no more are kept."

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Wanted:
    row: Submission
    due_at: datetime | None
    """Which had come before anything was read; None: it had not."""
    workspace_id: str | None
    request: CollectRequest


def collect_due() -> None:
    """One pass over the copies that are due or asked for."""
    _add_missing()
    for _ in range(PASSES_MAX):
        rows = _take_due()
        if not rows:
            return
        _collect(rows)


worker = BackgroundWorker("assignments, collecting", collect_due, interval_s=LOOK_EVERY_S)


def add_rows(assignment: Assignment, students: Iterable[User]) -> None:
    """For those who have none."""
    now = timezone.now()
    rows = (Submission(assignment=assignment, student=student, next_try_at=now) for student in students)
    Submission.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def _add_missing() -> None:
    """Rows for the students of assignments whose due time has come."""
    now = timezone.now()
    student = "cohort__memberships__student"
    known = Submission.objects.filter(assignment=OuterRef("pk"), student=OuterRef(student))
    missing = Assignment.objects.filter(
        ~Exists(known),
        due_at__lte=now,
        due_at__gt=now - TRIED_FOR,
        cohort__active=True,
        **{f"{student}__is_active": True},
    )
    pairs = missing.values_list("pk", student)
    rows = (Submission(assignment_id=one, student_id=other, next_try_at=now) for one, other in pairs)
    Submission.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def wanting_copy() -> QuerySet[Submission]:
    """Rows that want a copy which they do not have. `due` is annotated, as `due_with` says it."""
    now = timezone.now()
    due = Q(due__lte=now, due__gt=now - TRIED_FOR) & (Q(collected_for__isnull=True) | ~Q(collected_for=F("due")))
    return (
        Submission.objects.annotate(
            due=Case(When(assignment__due_at__isnull=False, then=Greatest("due_at", "assignment__due_at")))
        )
        .filter(due | Q(asked_at__gt=now - TRIED_FOR))
        .filter(assignment__cohort__active=True, student__is_active=True)
        .filter(student__membership__cohort=F("assignment__cohort"))
    )


def _take_due() -> list[Submission]:
    now = timezone.now()
    with transaction.atomic():
        due = wanting_copy().filter(next_try_at__lte=now).order_by("next_try_at", "pk")
        rows = list(due.select_for_update(skip_locked=True, of=("self",))[:ROWS_AT_ONCE_MAX])
        Submission.objects.filter(pk__in=[row.pk for row in rows]).update(next_try_at=now + HELD_FOR)
    return rows


def _collect(rows: list[Submission]) -> None:
    wanted = _wanted(rows)
    release_connection()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for one, answer in zip(wanted, pool.map(_ask, wanted), strict=True):
            try:
                _note(one, answer)
            except Exception:  # one student's copy is no reason to leave out the others
                logger.exception("a copy of %s could not be kept", one.row.pk)


def _wanted(rows: list[Submission]) -> list[_Wanted]:
    students = [row.student_id for row in rows]  # pyright: ignore[reportAttributeAccessIssue]
    found = Workspace.objects.filter(owner__in=students, kind=WorkspaceKind.VSCODE, deleted_at__isnull=True)
    homes: dict[object, str] = dict(found.values_list("owner_id", "pk"))
    folders = dict(Assignment.objects.filter(submissions__in=rows).values_list("pk", "folder"))
    now = timezone.now()
    wanted: list[_Wanted] = []
    for row in rows:
        if row.assignment_id not in folders:  # pyright: ignore[reportAttributeAccessIssue]
            continue  # deleted meanwhile
        due: datetime | None = row.due  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        due_at = due if due is not None and due <= now else None
        request = CollectRequest(folders[row.assignment_id], f"{row.pk} {row.asked_at} {due_at}")  # pyright: ignore[reportAttributeAccessIssue]
        wanted.append(_Wanted(row, due_at, homes.get(row.student_id), request))  # pyright: ignore[reportAttributeAccessIssue]
    return wanted


def _ask(one: _Wanted) -> CollectAnswer | None:
    """In a thread of its own, without the database."""
    if one.workspace_id is None:
        return CollectAnswer(CollectState.FAILED, failure=NO_WORKSPACE)
    try:
        return manager_client().collect(one.workspace_id, one.request)
    except ApraNovaError as error:
        logger.warning("%s could not be collected: %s", one.workspace_id, error)
        return None


def _note(one: _Wanted, answer: CollectAnswer | None) -> None:
    """A student can write what their home answers: whatever it says, it must fit the row."""
    now = timezone.now()
    rows = Submission.objects.filter(pk=one.row.pk)
    if answer is None:
        rows.update(failure=NOT_NOW, next_try_at=_next_try(one.row, now, RETRY_UNREADABLE))
    elif answer.state is CollectState.WORKING:
        rows.update(next_try_at=now + RETRY_WORKING)
    elif answer.state is CollectState.FAILED:
        rows.update(failure=said(answer.failure, 500), next_try_at=_next_try(one.row, now, RETRY_FAILED))
    else:
        try:
            bundle = checked(answer.files)
        except BadFiles as problem:
            failure = said(f"The copy cannot be used. {problem}", 500)
            rows.update(failure=failure, next_try_at=_next_try(one.row, now, RETRY_FAILED))
        else:
            _keep(one, bundle, answer, now)


def _next_try(row: Submission, now: datetime, pause: timedelta) -> datetime:
    """Not after the due time, if that is still to come."""
    due: datetime | None = row.due  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    return min(now + pause, due) if due is not None and due > now else now + pause


def checked(files: str) -> Bundle:
    try:
        packed = base64.b64decode(files, validate=True)
    except (binascii.Error, ValueError):
        raise BadFiles("It is damaged.") from None
    if len(packed) > PACKED_BYTES_MAX:
        raise BadFiles("It is too large.")
    return bundle_of(read_files(io.BytesIO(packed)))


def _keep(one: _Wanted, bundle: Bundle, answer: CollectAnswer, now: datetime) -> None:
    with transaction.atomic():
        current = Submission.objects.select_for_update().filter(pk=one.row.pk).first()
        assignment = Assignment.objects.filter(submissions=one.row).first()
        if current is None or assignment is None:
            return  # deleted meanwhile
        last = Copy.objects.filter(submission=current).order_by("number").last()
        changed = last is None or last.bundle_id != bundle.sha256  # pyright: ignore[reportAttributeAccessIssue]
        number = 1 if last is None else last.number + 1
        current.failure = TOO_MANY if changed and number > COPIES_MAX else ""
        if changed and not current.failure:
            Bundle.objects.bulk_create([bundle], ignore_conflicts=True)
            Copy.objects.create(
                submission=current,
                number=number,
                bundle=bundle,
                starter_id=assignment.bundle_id,  # pyright: ignore[reportAttributeAccessIssue]
                collected_at=now,
                handed_in_at=_unchanged_since(answer, now),
                left_out=[[said(it.path, 240), said(it.reason, 200)] for it in answer.left_out[:LEFT_OUT_MAX]],
                left_out_count=min(max(answer.left_out_count, 0), 1_000_000),
            )
        if one.due_at is not None:
            current.collected_for = one.due_at
        if current.asked_at == one.row.asked_at:
            current.asked_at = None
        current.next_try_at = now
        current.save(update_fields=["failure", "collected_for", "asked_at", "next_try_at"])


def _unchanged_since(answer: CollectAnswer, now: datetime) -> datetime:
    if answer.unchanged_since is None:
        return now
    return min(now, datetime.fromtimestamp(max(answer.unchanged_since, 0.0), UTC))


def said(text: str, most: int) -> str:
    return printable(text[:most]) or "The files could not be read."
