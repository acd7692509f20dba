"""Uploading, looking at and removing a cohort's timetable."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.record import record
from backend.cohorts.models import Cohort, Timetable
from backend.cohorts.outbox import cohort_changed
from backend.cohorts.readings import columns, read_upload
from backend.cohorts.timetable import TimetableReading
from backend.platform.problems import not_found


def preview(cohort: Cohort, content: str) -> TimetableReading:
    """What the file would mean for this cohort; nothing is kept. Raises ProblemError."""
    return read_upload(content, cohort.time_zone, timezone.now())


def set_timetable(cohort: Cohort, *, file_name: str, content: str, acting_user: User | None) -> Timetable:
    """Store the file as the cohort's timetable; it replaces an earlier one. Raises ProblemError."""
    now = timezone.now()
    reading = read_upload(content, cohort.time_zone, now)
    with transaction.atomic():
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
        _record("cohort.timetable_set", cohort, acting_user, file=file_name, classes=len(reading.classes))
        cohort_changed(cohort.pk)
    return timetable


def remove_timetable(cohort: Cohort, *, acting_user: User) -> None:
    with transaction.atomic():
        gone, _ = Timetable.objects.filter(cohort=cohort).delete()
        if not gone:
            raise not_found("This cohort has no timetable.", reason="no_timetable")
        _record("cohort.timetable_removed", cohort, acting_user)
        cohort_changed(cohort.pk)


def _record(action: str, cohort: Cohort, acting_user: User | None, **details: object) -> None:
    record(action, actor=acting_user, target_type="cohort", target_id=cohort.pk, cohort=cohort.name, **details)
