"""From an iCalendar file to the class times of the next days. Pure: no clock, no database.

Untrusted files reach this only through `bounded_reading`: nobody can tell beforehand how much work
a short repeat rule causes, and the parser remembers a file's time zones for its whole process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from backend.cohorts.calendar_lines import EXPORT_AGAIN, BadTimetable, Fault, check_lines

DAYS_AHEAD = timedelta(days=14)
CONTENT_BYTES_MAX = 256 * 1024
CLASSES_MAX = 500
CLASS_LENGTH_MAX = timedelta(hours=24)
TITLE_LENGTH_MAX = 200
_MARGIN = timedelta(days=1)
"""The library compares times without a zone loosely; what it finds outside is cut off later."""


@dataclass(frozen=True)
class ClassMeeting:
    """One class. Times are in UTC."""

    starts_at: datetime
    ends_at: datetime
    title: str


@dataclass(frozen=True)
class TimetableReading:
    classes: tuple[ClassMeeting, ...]
    """Those that end after `now` and start within `DAYS_AHEAD`, in order; at most `CLASSES_MAX`."""
    notes: tuple[str, ...]
    """What a person should know: what was left out, and why."""


def read_timetable(content: str, *, zone: ZoneInfo, now: datetime) -> TimetableReading:
    """The classes of the next `DAYS_AHEAD`. `zone`: for times without one. Raises BadTimetable."""
    check_lines(content)
    try:
        calendar = icalendar.Calendar.from_ical(content)
        begin = now.astimezone(zone)
        found = recurring_ical_events.of(calendar).between(begin - _MARGIN, begin + DAYS_AHEAD + _MARGIN)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise BadTimetable(
            Fault(f"The calendar contradicts itself and cannot be worked out ({error}). {EXPORT_AGAIN}"[:400])
        ) from error
    return _select(found, zone=zone, now=now)


def _select(events: list[Any], *, zone: ZoneInfo, now: datetime) -> TimetableReading:
    classes: set[tuple[datetime, datetime, str]] = set()
    canceled = whole_day = without_end = 0
    for event in events:
        start, end = _moment(event.start, zone), _moment(event.end, zone)
        if end <= now or start >= now + DAYS_AHEAD:
            continue
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            canceled += 1
        elif not isinstance(event.start, datetime) or end - start > CLASS_LENGTH_MAX:
            whole_day += 1
        elif end <= start:
            without_end += 1
        else:
            classes.add((start, end, _title(event)))
    if len(classes) > CLASSES_MAX:
        raise BadTimetable(
            Fault(
                f"There are {len(classes)} classes in the next {DAYS_AHEAD.days} days; {CLASSES_MAX} are the limit. "
                "Upload the calendar of this one cohort."
            )
        )
    notes = (
        _note(canceled, "is canceled and left out", "are canceled and left out"),
        _note(
            whole_day,
            "takes a whole day or longer and is left out: it is taken for a holiday, not a class",
            "take a whole day or longer and are left out: they are taken for holidays, not classes",
        ),
        _note(without_end, "has no length and is left out", "have no length and are left out"),
        "" if classes else f"There is no class in the next {DAYS_AHEAD.days} days.",
    )
    return TimetableReading(tuple(ClassMeeting(*it) for it in sorted(classes)), tuple(note for note in notes if note))


def _moment(value: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=zone)
    elif value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    return value.astimezone(UTC)


def _title(event: Any) -> str:
    words = " ".join(str(event.get("SUMMARY", "")).split())
    return "".join(character for character in words if character.isprintable())[:TITLE_LENGTH_MAX] or "Class"


def _note(count: int, one: str, many: str) -> str:
    if not count:
        return ""
    return f"1 entry {one}." if count == 1 else f"{count} entries {many}."
