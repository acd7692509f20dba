"""No answer about a calendar has an exception's text in it: a teacher reads our own sentences."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.cohorts.timetable import read_timetable
from calendars.faults import BadTimetable
from calendars.text import decode

NOW = datetime(2026, 11, 29, 1, tzinfo=UTC)
GOOD = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nX-WR-TIMEZONE:Europe/Berlin\nBEGIN:VTIMEZONE\nTZID:Campus\nBEGIN:STANDARD\n"
    "DTSTART:19701025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\n"
    "END:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:a\nSEQUENCE:1\nSTATUS:CONFIRMED\n"
    "DTSTART;TZID=Campus:20261130T090000\nDTEND;TZID=Europe/Berlin:20261130T110000\n"
    "RRULE:FREQ=WEEKLY;UNTIL=20270101T000000Z;INTERVAL=1;BYDAY=MO,TU;BYSETPOS=1;WKST=MO\nEXDATE:20261201T080000Z\n"
    "RDATE;VALUE=PERIOD:20261205T080000Z/PT2H\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID;VALUE=DATE:20261207\n"
    "DTSTART:20261208T090000\nDURATION:P0DT2H30M\nSUMMARY:Moved\nEND:VEVENT\nEND:VCALENDAR\n"
)
VALUES = (
    "", "0", "-1", "99999999999999999999", "00000000T000000Z", "99991231T235959Z", "00010101T000000", "P99999999D",
    "PT999999H", "P999999W", "FREQ=YEARLY;INTERVAL=999999", "FREQ=DAILY;COUNT=999999", "FREQ=MONTHLY;BYDAY=-53SU",
    "FREQ=YEARLY;BYWEEKNO=53;BYSETPOS=-1", "UNTIL=20260101", "20261130T090000/20261130T080000", "/", "+9999", "+2359",
    "-1400", "../../etc/passwd", "Europe", "localtime", "\x7f", "\\", "\"", "😀", "²", "٣", "İ", "a" * 300,
)  # fmt: skip


def _heard(content: bytes) -> tuple[str, list[str]]:
    """Everything that is answered about a calendar, and every exception's text on the way to it."""
    heard: list[str] = []

    def trace(frame, event, argument):
        frame.f_trace_lines = False
        if event == "exception" and not isinstance(argument[1], BadTimetable):
            error = argument[1]
            if not hasattr(error, "text"):  # Unreadable carries our own sentence
                heard.append(str(error))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        reading = read_timetable(decode(content).content, zone=ZoneInfo("Europe/Berlin"), now=NOW)
        return "\n".join(reading.notes), heard
    except BadTimetable as error:
        return str(error), heard
    finally:
        sys.settrace(before)


def _check(content: bytes) -> None:
    said, heard = _heard(content)
    for text in heard:
        for words in text.splitlines():
            assert len(words) < 8 or words not in said, (words, said)
    for word in (
        "Traceback",
        "Error",
        "Exception",
        "object has no",
        "NoneType",
        "vText",
        "datetime",
        "invalid literal",
    ):
        assert word not in said


def test_the_trace_hears_what_python_says():
    """Otherwise the tests below could not fail."""
    said, heard = _heard(GOOD.replace("FREQ=WEEKLY", "FREQ=WEEKLY;BYMONTH=x").encode())
    assert "is no rule for repeating" in said
    assert heard


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_line_is_answered_in_our_own_words(data):
    lines = GOOD.split("\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 2))
        name, colon, value = lines[at].partition(":")
        lines[at] = data.draw(
            st.sampled_from(
                [name + colon + data.draw(st.sampled_from(VALUES)), name, value, lines[at][::-1], "", lines[at] * 2]
            )
        )
    _check("\n".join(lines).encode())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, len(GOOD)))
def test_any_bytes_are_answered_in_our_own_words(noise, at):
    _check(GOOD.encode()[:at] + noise + GOOD.encode()[at:])
