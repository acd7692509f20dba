"""iCalendar files become classes; other events are left out; other files are refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from simulator.workloads.timetable import BadTimetable, ClassHours, Term, read_days, read_timetable

TERM = Term(dt.date(2026, 10, 19), 14, "Europe/Vienna")
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//school//timetable//EN
BEGIN:VEVENT
UID:class@school
DTSTART;TZID=Europe/Vienna:20260901T090000
DTEND;TZID=Europe/Vienna:20260901T120000
RRULE:FREQ=WEEKLY;BYDAY=MO,WE
EXDATE;TZID=Europe/Vienna:20261021T090000
SUMMARY:Web development
END:VEVENT
BEGIN:VEVENT
UID:utc@school
DTSTART:20261023T130000Z
DTEND:20261023T143000Z
SUMMARY:Guest
END:VEVENT
BEGIN:VEVENT
UID:off@school
DTSTART;VALUE=DATE:20261026
DTEND;VALUE=DATE:20261027
SUMMARY:National holiday
END:VEVENT
BEGIN:VEVENT
UID:cancelled@school
DTSTART:20261022T130000Z
DTEND:20261022T143000Z
STATUS:CANCELLED
SUMMARY:Cancelled
END:VEVENT
END:VCALENDAR
"""


def file(folder: Path, text: str) -> Path:
    found = folder / "t.ics"
    found.write_text(text.replace("\n", "\r\n"), encoding="utf-8")
    return found


def at(day: int, hour: float) -> float:
    return dt.datetime(2026, 10, day, tzinfo=dt.UTC).timestamp() + hour * 3_600


def test_repetitions_are_unfolded_across_the_change_to_winter_time(tmp_path: Path):
    found = read_timetable(file(tmp_path, CALENDAR), TERM)

    assert found == (
        ClassHours(at(19, 7), at(19, 10)),  # Vienna is two hours ahead of UTC
        ClassHours(at(23, 13), at(23, 14.5)),
        ClassHours(at(26, 8), at(26, 11)),  # and one hour from the 25th on
        ClassHours(at(28, 8), at(28, 11)),
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [("no calendar at all", "not an iCalendar file"), (CALENDAR.replace("2026", "2019"), None), ("", "t.ics")],
)
def test_what_is_no_calendar_or_has_no_class_is_refused_by_name(tmp_path: Path, text: str, what: str | None):
    text = text.replace("RRULE:FREQ=WEEKLY;BYDAY=MO,WE\n", "")
    with pytest.raises(BadTimetable, match=what or "has no class from 2026-10-19 to 2026-11-01"):
        read_timetable(file(tmp_path, text), TERM)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(BadTimetable, match=r"cannot be read \(No such file"):
        read_timetable(tmp_path / "none.ics", TERM)


def test_days_are_read_alone_and_as_ranges():
    assert read_days(["2026-12-24", "2026-12-30..2027-01-01"]) == {
        dt.date(2026, 12, 24),
        dt.date(2026, 12, 30),
        dt.date(2026, 12, 31),
        dt.date(2027, 1, 1),
    }
    with pytest.raises(BadTimetable, match="a day like 2026-12-24"):
        read_days(["Christmas"])
    with pytest.raises(BadTimetable, match="must not be before"):
        read_days(["2027-01-01..2026-12-30"])


def test_a_time_zone_that_nobody_knows_is_refused_with_its_line_as_in_the_portal(tmp_path: Path):
    calendar = CALENDAR.replace("DTSTART;TZID=Europe/Vienna", "DTSTART;TZID=Middle/Earth")
    with pytest.raises(BadTimetable, match=r"t\.ics: Line 6: .*Middle/Earth"):
        read_timetable(file(tmp_path, calendar), TERM)
