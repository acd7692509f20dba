"""A cohort's stored timetable, and how its file becomes class times, at the upload and each day."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from django.utils import timezone

from backend.cohorts.bounded_reading import read_bounded
from backend.cohorts.models import Cohort, Feed, Timetable
from backend.cohorts.timetable import CONTENT_BYTES_MAX
from backend.platform.database_connection import release_connection
from backend.platform.problems import FieldError, ProblemError
from calendars.classes import ClassMeeting, TimetableReading
from calendars.faults import BadTimetable
from calendars.text import Text, decode

FRESH_FOR = timedelta(hours=1)
NOT_USED = "This file cannot be used as a timetable; nothing was changed."

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NewReading:
    """A new reading of a stored timetable, to be saved in the transaction of a change."""

    cohort_id: object
    content: str
    reading: TimetableReading
    read_at: datetime

    def save(self) -> None:
        # Not if another file was uploaded while this one was read.
        Timetable.objects.filter(cohort_id=self.cohort_id, content=self.content).update(
            **columns(self.reading), read_at=self.read_at
        )


def text_of(sent: str | bytes) -> Text:
    """The text of an uploaded file, by its encoding. Raises ProblemError."""
    if isinstance(sent, str):
        return Text(sent)
    try:
        return decode(sent)
    except BadTimetable as error:
        raise _problem(error) from None


def read_upload(content: str, zone: str, now: datetime) -> TimetableReading:
    """Raises ProblemError, whose field errors are for the person who uploaded the file."""
    if "\0" in content or not _is_text(content):
        raise _bad_file("The file holds characters that no text has. Upload the calendar itself, as .ics.")
    if len(content.encode()) > CONTENT_BYTES_MAX:
        raise _bad_file(
            f"The file is larger than {CONTENT_BYTES_MAX // 1024} kB, more than a timetable needs. "
            "Export only this cohort's classes, or this year's.",
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            reason="too_large",
        )
    release_connection()  # reading may take seconds, and others want the connection meanwhile
    try:
        return read_bounded(content, zone=zone, now=now)
    except BadTimetable as error:
        raise _problem(error) from None


def read_text(text: Text, zone: str, now: datetime) -> TimetableReading:
    """The same, with a note on how the bytes became text."""
    reading = read_upload(text.content, zone, now)
    return reading if text.note is None else replace(reading, notes=(text.note, *reading.notes))


def _problem(error: BadTimetable) -> ProblemError:
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "bad_timetable",
        NOT_USED,
        errors=[
            FieldError(field="body.content" if it.line is None else f"body.content.{it.line}", message=str(it))
            for it in error.faults
        ],
    )


def _is_text(content: str) -> bool:
    try:
        content.encode()
    except UnicodeEncodeError:
        return False
    return True


def columns(reading: TimetableReading) -> dict[str, object]:
    return {
        "classes": [
            {"starts_at": it.starts_at.isoformat(), "ends_at": it.ends_at.isoformat(), "title": it.title}
            for it in reading.classes
        ],
        "notes": list(reading.notes),
    }


def _bad_file(
    message: str, *, status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY, reason: str = "bad_timetable"
) -> ProblemError:
    return ProblemError(
        status,
        reason,
        NOT_USED,
        errors=[FieldError(field="body.content", message=message)],
    )


def read_again(cohort: Cohort, *, time_zone: str | None = None) -> NewReading | None:
    """Read the stored file for the next 14 days. None: no timetable. Raises ProblemError."""
    content = Timetable.objects.filter(cohort=cohort).values_list("content", flat=True).first()
    if content is None:
        return None
    now = timezone.now()
    return NewReading(cohort.pk, content, read_upload(content, time_zone or cohort.time_zone, now), now)


def refresh(cohort: Cohort) -> None:
    """Update the stored classes if they are old. They stay if the file cannot be read any more."""
    stale = Timetable.objects.filter(cohort=cohort, read_at__lte=timezone.now() - FRESH_FOR)
    if not stale.exists():
        return
    try:
        reading = read_again(cohort)
    except ProblemError as error:
        logger.warning("the timetable of %s cannot be read any more: %s %s", cohort.pk, error, error.errors)
        return
    if reading is not None:
        reading.save()


def find_timetable(cohort: Cohort) -> Timetable | None:
    try:
        return cohort.timetable  # pyright: ignore[reportAttributeAccessIssue]
    except Timetable.DoesNotExist:
        return None


def coming_classes(cohort: Cohort) -> list[ClassMeeting]:
    """The cohort's classes that have not ended, the next one first."""
    timetable, now = find_timetable(cohort), timezone.now()
    return [it for it in stored_classes(timetable) if it.ends_at > now] if timetable is not None else []


def stored_classes(timetable: Timetable) -> list[ClassMeeting]:
    return [
        ClassMeeting(datetime.fromisoformat(it["starts_at"]), datetime.fromisoformat(it["ends_at"]), it["title"])
        for it in timetable.classes
    ]


def find_feed(cohort: Cohort) -> Feed | None:
    try:
        return cohort.feed  # pyright: ignore[reportAttributeAccessIssue]
    except Feed.DoesNotExist:
        return None
