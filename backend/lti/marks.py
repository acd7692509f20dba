"""Returned marks to the course's gradebook: sent in the background, tried again, told in words.

A mark goes only to who has come from the course: a signed launch says who a student is there, and
an address in the platform's list does not.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from backend.accounts.models import User
from backend.assignments.models import Assignment, Submission
from backend.audit.record import record
from backend.cohorts.models import Cohort
from backend.cohorts.services import record_change
from backend.lti.models import Course, CourseMember, CourseRole, LineItem, MarkState, SentMark
from backend.lti.platform_http import PlatformProblem
from backend.lti.platform_services import find_or_make_line_item, send_score
from backend.platform.background import BackgroundWorker
from backend.platform.database_connection import release_connection
from contract.sign_in import Lti

HELD_FOR = timedelta(minutes=5)
RETRY_FIRST = timedelta(minutes=1)
RETRY_MAX = timedelta(hours=1)
FAILURES_MAX = 75
"""About three days."""
MARKS_AT_ONCE_MAX = 500
LOOK_EVERY_S = 60.0
_NUMBER = r"(\d{1,6}(?:[.,]\d{1,4})?)"
_OF = re.compile(rf"\s*{_NUMBER}\s*(?:/|of|out of|von)\s*{_NUMBER}\s*(?:points?|pts?\.?|Punkten?)?\s*", re.IGNORECASE)
_PERCENT = re.compile(rf"\s*{_NUMBER}\s*%\s*")

logger = logging.getLogger(__name__)


def points_of(mark: str) -> tuple[float, float] | None:
    """Given and maximum. None: it is no number of points, as a grade or a word."""
    of, percent = _OF.fullmatch(mark), _PERCENT.fullmatch(mark)
    if of:
        given, maximum = (float(it.replace(",", ".")) for it in of.groups())
        return (given, maximum) if maximum > 0 else None
    return (float(percent[1].replace(",", ".")), 100.0) if percent else None


def submissions_returned(assignment: Assignment, rows: Sequence[Submission], **_: Any) -> None:
    """Receives the signal of this name. A row without a mark is queued only to take back one that
    was on its way before: comments and files alone make no column in the gradebook."""
    course = Course.objects.filter(cohort=assignment.cohort).exclude(lineitems_url="").first()
    if course is None:
        return
    known = set(SentMark.objects.filter(submission__in=rows).values_list("pk", flat=True))
    if due := [it for it in rows if it.returned_mark or it.pk in known]:
        _queue(course, due)


def send_again(cohort: Cohort, *, acting_user: User) -> None:
    """Every returned mark of the cohort that has not arrived: also those from before the course was
    connected, those that failed for good, and those that are to be taken back there."""
    course = Course.objects.filter(cohort=cohort).exclude(lineitems_url="").first()
    if course is None:
        return
    with transaction.atomic():
        sent = SentMark.objects.filter(course=course)
        marked = Q(student__membership__cohort=cohort, returned_at__isnull=False) & ~Q(returned_mark="")
        rows = Submission.objects.filter(marked | Q(pk__in=sent.values("pk")), assignment__cohort=cohort)
        waiting = list(rows.exclude(pk__in=sent.filter(state=MarkState.SENT).values("pk")))
        _queue(course, waiting)
        record_change("cohort.marks_sent_again", cohort, acting_user, marks=len(waiting))


def student_came(user: User, course: Course) -> None:
    """The marks that waited for them are sent."""
    waiting = SentMark.objects.filter(course=course, submission__student=user, state=MarkState.ABSENT)
    if waiting.update(state=MarkState.WAITING, due_at=timezone.now(), failures=0, problem=""):
        transaction.on_commit(worker.wake)


def _queue(course: Course, rows: Sequence[Submission]) -> None:
    now = timezone.now()
    SentMark.objects.bulk_create(
        [SentMark(submission=it, course=course, state=MarkState.WAITING, due_at=now) for it in rows],
        update_conflicts=True,
        unique_fields=["submission"],
        update_fields=["course", "state", "due_at", "failures", "problem"],
        batch_size=500,
    )
    transaction.on_commit(worker.wake)


def send_due() -> None:
    """Send every due mark. One that fails does not keep the others waiting."""
    platform = settings.ENVIRONMENT.sign_in.lti
    if platform is None:
        return
    for _ in range(MARKS_AT_ONCE_MAX):
        mark = _take_one()
        if mark is None:
            return
        try:
            _send(mark, platform)
        except PlatformProblem as problem:
            _failed(mark, problem)
        else:
            _arrived(mark)


worker = BackgroundWorker("marks", send_due, interval_s=LOOK_EVERY_S)


def _take_one() -> SentMark | None:
    now = timezone.now()
    with transaction.atomic():
        due = SentMark.objects.filter(due_at__lte=now, state=MarkState.WAITING).order_by("due_at")
        mark = due.select_for_update(skip_locked=True, of=("self",)).select_related(
            "course", "submission__assignment__cohort", "submission__student"
        )
        first = mark.first()
        if first is not None:
            first.due_at = now + HELD_FOR
            SentMark.objects.filter(pk=first.pk).update(due_at=first.due_at)
    return first


class _Absent(PlatformProblem):
    """The student has not come from the course yet."""


def _send(mark: SentMark, platform: Lti) -> None:
    """Raises PlatformProblem."""
    course, row = mark.course, mark.submission
    if course.issuer != platform.issuer or not course.lineitems_url:
        raise PlatformProblem(f"{platform.name} does not share the course's gradebook.", for_good=True)
    if course.cohort_id != row.assignment.cohort_id:  # pyright: ignore[reportAttributeAccessIssue]
        raise PlatformProblem("The course was disconnected from the cohort before the mark was sent.", for_good=True)
    member = CourseMember.objects.filter(course=course, user=row.student, role=CourseRole.LEARNER).first()
    if member is None:
        raise _Absent(
            "The student has not opened ApraNova from the course yet. The mark is sent when they do.", for_good=True
        )
    score = _score(row, member.subject)
    url = _line_item(course, row.assignment, platform)
    try:
        release_connection()
        send_score(url, score, platform)
    except PlatformProblem as problem:
        if problem.status == 404:  # somebody deleted the column: the next try makes it again
            LineItem.objects.filter(course=course, assignment=row.assignment).delete()
            raise PlatformProblem("The gradebook's column is gone; it is made again.") from None
        raise


def _score(row: Submission, subject: str) -> dict[str, Any]:
    """AGS 2.0, 3.4. Without points, a mark that was sent before is taken back."""
    points = points_of(row.returned_mark)
    if row.returned_mark and points is None:
        raise PlatformProblem(
            f"The mark “{row.returned_mark}” is no number of points. Write it as 17/20 or 85 %, and return it again.",
            for_good=True,
        )
    return {
        "userId": subject,
        "timestamp": timezone.now().isoformat(timespec="milliseconds"),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded" if points else "NotReady",
        **({"scoreGiven": points[0], "scoreMaximum": points[1]} if points else {}),
        **({"comment": row.returned_comment} if row.returned_comment else {}),
    }


def _line_item(course: Course, assignment: Assignment, platform: Lti) -> str:
    known = LineItem.objects.filter(course=course, assignment=assignment).first()
    if known is not None:
        return known.url
    release_connection()
    url = find_or_make_line_item(course.lineitems_url, str(assignment.pk), assignment.title, platform)
    LineItem.objects.update_or_create(course=course, assignment=assignment, defaults={"url": url})
    return url


def _arrived(mark: SentMark) -> None:
    with transaction.atomic():
        if _unchanged(mark).update(state=MarkState.SENT, failures=0, problem=""):
            _note("submission.mark_sent", mark)


def _failed(mark: SentMark, problem: PlatformProblem) -> None:
    logger.warning("a mark of assignment %s did not arrive: %s", mark.submission.assignment.pk, problem)
    with transaction.atomic():
        if problem.for_good or mark.failures + 1 >= FAILURES_MAX:
            state = MarkState.ABSENT if isinstance(problem, _Absent) else MarkState.FAILED
            told = _unchanged(mark).update(state=state, failures=F("failures") + 1, problem=str(problem))
            if told and state is MarkState.FAILED:
                _note("submission.mark_not_sent", mark, problem=str(problem))
        else:
            pause = min(RETRY_FIRST * 2 ** min(mark.failures, 10), RETRY_MAX)
            _unchanged(mark).update(due_at=timezone.now() + pause, failures=F("failures") + 1, problem=str(problem))


def _unchanged(mark: SentMark) -> Any:
    """Nobody has returned another mark meanwhile: that one is sent next."""
    return SentMark.objects.filter(pk=mark.pk, due_at=mark.due_at)


def _note(action: str, mark: SentMark, **details: str) -> None:
    row = mark.submission
    about = {"cohort": row.assignment.cohort.name, "title": row.assignment.title, "student": row.student.email}
    record(
        action, actor=None, target_type="assignment", target_id=row.assignment.pk, **about, mark=row.returned_mark,
        **details,
    )  # fmt: skip


def next_try(mark: SentMark) -> datetime | None:
    return mark.due_at if mark.state == MarkState.WAITING and mark.failures else None


def shown(course: Course) -> Any:
    """What has a problem, the newest first; `Q` keeps those that wait for the first time out."""
    troubled = Q(state__in=(MarkState.FAILED, MarkState.ABSENT)) | Q(state=MarkState.WAITING, failures__gt=0)
    rows = SentMark.objects.filter(troubled, course=course)
    return rows.select_related("submission__assignment", "submission__student").order_by("-due_at", "pk")
