"""Uploading, looking at and removing a cohort's timetable."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.cohorts.models import Cohort, Feed, Timetable
from backend.cohorts.outbox import cohort_changed
from backend.cohorts.readings import columns, read_text, text_of
from backend.cohorts.services import record_change
from backend.platform.problems import not_found
from calendars.classes import TimetableReading


def preview(cohort: Cohort, sent: str | bytes) -> TimetableReading:
    """What the file would mean for this cohort; nothing is kept. Raises ProblemError."""
    return read_text(text_of(sent), cohort.time_zone, timezone.now())


def set_timetable(cohort: Cohort, *, file_name: str, sent: str | bytes, acting_user: User | None) -> Timetable:
    """Store the file as the cohort's timetable; it replaces an earlier one. Raises ProblemError."""
    now, text = timezone.now(), text_of(sent)
    reading = read_text(text, cohort.time_zone, now)
    with transaction.atomic():
        timetable = replace_timetable(cohort, file_name, text.content, reading, now=now, acting_user=acting_user)
        record_change("cohort.timetable_set", cohort, acting_user, file=file_name, classes=len(reading.classes))
    return timetable


def replace_timetable(
    cohort: Cohort, file_name: str, content: str, reading: TimetableReading, *, now: datetime, acting_user: User | None
) -> Timetable:
    """In the caller's transaction. It ends the feed that was followed. Raises ProblemError."""
    if not Cohort.objects.select_for_update().filter(pk=cohort.pk).exists():
        raise not_found("This cohort was deleted in the meantime.", reason="cohort_not_found")
    timetable, _ = Timetable.objects.update_or_create(
        cohort=cohort,
        defaults={
            "file_name": file_name,
            "content": content,
            "read_at": now,
            "uploaded_at": now,
            "uploaded_by": acting_user,
            **columns(reading),
        },
    )
    Feed.objects.filter(cohort=cohort).delete()
    cohort_changed(cohort.pk)
    return timetable


def remove_timetable(cohort: Cohort, *, acting_user: User) -> None:
    with transaction.atomic():
        gone, _ = Timetable.objects.filter(cohort=cohort).delete()
        Feed.objects.filter(cohort=cohort).delete()
        if not gone:
            raise not_found("This cohort has no timetable.", reason="no_timetable")
        record_change("cohort.timetable_removed", cohort, acting_user)
        cohort_changed(cohort.pk)
