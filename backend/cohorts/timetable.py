"""The class times of the next days, from a cohort's calendar.

Untrusted files reach this only through `bounded_reading`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from calendars.classes import TimetableReading, read_classes
from calendars.faults import BadTimetable, Fault

DAYS_AHEAD = timedelta(days=14)
CONTENT_BYTES_MAX = 256 * 1024
CLASSES_MAX = 500


def read_timetable(content: str, *, zone: ZoneInfo, now: datetime) -> TimetableReading:
    """The classes of the next `DAYS_AHEAD`. `zone`: for times without one. Raises BadTimetable."""
    read = read_classes(content, zone=zone, begin=now, end=now + DAYS_AHEAD)
    if len(read.classes) > CLASSES_MAX:
        raise BadTimetable(
            Fault(
                f"There are {len(read.classes)} classes in the next {DAYS_AHEAD.days} days; {CLASSES_MAX} are the limit. "
                "Upload the calendar of this one cohort."
            )
        )
    if not read.classes:
        read = replace(read, notes=(*read.notes, f"There is no class in the next {DAYS_AHEAD.days} days."))
    return read
