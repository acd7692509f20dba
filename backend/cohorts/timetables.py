"""Uploading, looking at and removing a cohort's timetable."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.record import record
from backend.cohorts.calendar.text import Text
from backend.cohorts.models import Cohort, Feed, Timetable
from backend.cohorts.outbox import cohort_changed
from backend.cohorts.readings import columns, read_upload, text_of
from backend.cohorts.timetable import TimetableReading
from backend.platform.problems import not_found


def preview(cohort: Cohort, sent: str | bytes) -> TimetableReading:
    """What the file would mean for this cohort; nothing is kept. Raises ProblemError."""
    return _read(cohort, text_of(sent), timezone.now())


def _read(cohort: Cohort, text: Text, now: datetime) -> TimetableReading:
    reading = read_upload(text.content, cohort.time_zone, now)
    return reading if text.note is None else replace(reading, notes=(text.note, *reading.notes))


def set_timetable(cohort: Cohort, *, file_name: str, sent: str | bytes, acting_user: User | None) -> Timetable:
    """Store the file as the cohort's timetable; it replaces an earlier one. Raises ProblemError."""
    now, text = timezone.now(), text_of(sent)
    reading = _read(cohort, text, now)
    with transaction.atomic():
        if not Cohort.objects.select_for_update().filter(pk=cohort.pk).exists():
            raise not_found("This cohort was deleted in the meantime.", reason="cohort_not_found")
        timetable, _ = Timetable.objects.update_or_create(
            cohort=cohort,
            defaults={
                "file_name": file_name,
                "content": text.content,
                "read_at": now,
                "uploaded_at": now,
                "uploaded_by": acting_user,
                **columns(reading),
            },
        )
        Feed.objects.filter(cohort=cohort).delete()  # an upload ends it
        _record("cohort.timetable_set", cohort, acting_user, file=file_name, classes=len(reading.classes))
        cohort_changed(cohort.pk)
    return timetable


def remove_timetable(cohort: Cohort, *, acting_user: User) -> None:
    with transaction.atomic():
        gone, _ = Timetable.objects.filter(cohort=cohort).delete()
        Feed.objects.filter(cohort=cohort).delete()
        if not gone:
            raise not_found("This cohort has no timetable.", reason="no_timetable")
        _record("cohort.timetable_removed", cohort, acting_user)
        cohort_changed(cohort.pk)


def _record(action: str, cohort: Cohort, acting_user: User | None, **details: object) -> None:
    record(action, actor=acting_user, target_type="cohort", target_id=cohort.pk, cohort=cohort.name, **details)
