"""A cohort as the API says it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.roles import Track
from backend.cohorts.models import Cohort, Timetable
from backend.cohorts.readings import coming_classes, find_timetable
from backend.cohorts.schemas import (
    ClassOut,
    CohortDetailOut,
    CohortOut,
    InstructorOut,
    MemberOut,
    PreviewOut,
    TimetableOut,
)
from backend.cohorts.timetable import ClassMeeting, TimetableReading


def cohort_out(cohort: Cohort) -> CohortOut:
    """`cohort` comes from `access`, which has counted its students."""
    timetable = find_timetable(cohort)
    coming = coming_classes(timetable, timezone.now()) if timetable is not None else []
    return CohortOut(
        id=cohort.pk,
        name=cohort.name,
        track=Track(cohort.track),
        time_zone=cohort.time_zone,
        active=cohort.active,
        students=cohort.student_count,  # pyright: ignore[reportAttributeAccessIssue]  annotated
        instructors=instructors_out(cohort.instructors.all()),
        has_timetable=timetable is not None,
        next_class=_class_out(coming[0]) if coming else None,
    )


def cohort_detail_out(cohort: Cohort) -> CohortDetailOut:
    memberships = cohort.memberships.select_related("student").order_by("student__name", "student__email")  # pyright: ignore[reportAttributeAccessIssue]
    timetable = find_timetable(cohort)
    return CohortDetailOut(
        **cohort_out(cohort).dict(),
        members=[
            MemberOut(
                id=str(it.student.pk),
                name=it.student.display_name,
                email=it.student.email,
                active=it.student.is_active,
                joined_at=it.joined_at,
            )
            for it in memberships
        ],
        timetable=_timetable_out(timetable) if timetable is not None else None,
    )


def preview_out(reading: TimetableReading) -> PreviewOut:
    return PreviewOut(classes=[_class_out(it) for it in reading.classes], notes=list(reading.notes))


def instructors_out(instructors: Iterable[User]) -> list[InstructorOut]:
    return [InstructorOut(id=str(it.pk), name=it.display_name) for it in instructors]


def _timetable_out(timetable: Timetable) -> TimetableOut:
    return TimetableOut(
        file_name=timetable.file_name,
        uploaded_at=timetable.uploaded_at,
        uploaded_by=timetable.uploaded_by.display_name if timetable.uploaded_by else None,
        classes=[_class_out(it) for it in coming_classes(timetable, timezone.now())],
        notes=timetable.notes,
    )


def _class_out(meeting: ClassMeeting) -> ClassOut:
    return ClassOut(starts_at=meeting.starts_at, ends_at=meeting.ends_at, title=meeting.title)
