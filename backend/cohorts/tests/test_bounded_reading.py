from __future__ import annotations

import resource
from datetime import UTC, datetime

import pytest

from backend.cohorts import bounded_reading
from backend.cohorts.bounded_reading import read_bounded
from backend.cohorts.tests.calendars import EVERY_DAY, calendar, event
from backend.cohorts.timetable import CONTENT_BYTES_MAX
from backend.platform.problems import ProblemError
from calendars.components import EVENTS_MAX
from calendars.faults import BadTimetable

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)


def test_the_process_answers_what_the_function_would():
    reading = read_bounded(EVERY_DAY, zone="Europe/Berlin", now=NOW)
    assert len(reading.classes) == 14
    assert reading.classes[0].starts_at == datetime(2026, 10, 21, 7, tzinfo=UTC)


def test_faults_come_back_with_their_lines():
    with pytest.raises(BadTimetable) as caught:
        read_bounded(calendar(event("DTSTART:soon")), zone="Europe/Berlin", now=NOW)
    assert [fault.line for fault in caught.value.faults] == [7]


BOMB = calendar(
    *[
        event("DTSTART:01000101T090000", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5", uid=str(n))
        for n in range(200)
    ]
)
"""Days that never come, counted from the year 100 on: minutes of work."""


def test_a_rule_that_would_keep_a_processor_busy_for_long_is_cut_off():
    with pytest.raises(BadTimetable) as caught:
        read_bounded(BOMB, zone="Europe/Berlin", now=NOW)
    assert "takes too long to work out" in str(caught.value)


def test_a_mistake_of_ours_is_not_blamed_on_the_file():
    with pytest.raises(ProblemError) as caught:
        read_bounded(EVERY_DAY, zone="No/Where", now=NOW)
    assert caught.value.reason == "internal"


def test_only_so_many_are_read_at_once(monkeypatch):
    monkeypatch.setattr(bounded_reading, "WITHIN_S", 0.01)
    for _ in range(bounded_reading.AT_ONCE_MAX):
        bounded_reading._places.acquire()
    try:
        with pytest.raises(ProblemError) as caught:
            read_bounded(EVERY_DAY, zone="Europe/Berlin", now=NOW)
        assert caught.value.status == 503
    finally:
        for _ in range(bounded_reading.AT_ONCE_MAX):
            bounded_reading._places.release()


def test_a_calendar_costs_at_most_two_seconds_of_a_processor():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(BadTimetable):
        read_bounded(BOMB, zone="Europe/Berlin", now=NOW)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2.3


def largest(make):
    """As many events as a file may hold, in at most 256 kB."""
    events, size = [], 100
    while len(events) < EVENTS_MAX and size + len(one := make(len(events))) + 2 <= CONTENT_BYTES_MAX:
        events.append(one)
        size += len(one) + 2
    return calendar(*events)


def lesson(n, *lines):
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{n}", *lines, "END:VEVENT"])


@pytest.mark.parametrize(
    "make",
    [
        lambda n: lesson(n, f"DTSTART;TZID=Europe/Berlin:2010010{n % 9 + 1}T0{n % 10}0000", "RRULE:FREQ=WEEKLY"),
        lambda n: lesson(n, "DTSTART:20150101T090000Z", f"RRULE:FREQ=DAILY;COUNT={n + 1}"),
        lambda n: lesson(n, "DTSTART:20150101T090000Z", "RRULE:FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1;COUNT=150"),
        lambda n: lesson(n, "DTSTART:20150101T090000Z", f"RRULE:FREQ=YEARLY;BYWEEKNO={n % 53 + 1}"),
        lambda n: lesson(
            "one", "DTSTART:20200101T090000Z", "RRULE:FREQ=DAILY" if n == 0 else f"RECURRENCE-ID:202{n % 9}0501T090000Z"
        ),
        lambda n: lesson(n, "DTSTART:20200101T090000Z", "RRULE:FREQ=DAILY", "EXDATE:" + ",".join(["20240101T090000Z"] * 300)),
    ],
    ids=["weekly", "counted", "last weekday", "weeks of the year", "changes of one series", "exceptions"],
)  # fmt: skip
def test_a_calendar_of_the_largest_size_is_read_within_two_seconds_of_a_processor(make):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    read_bounded(largest(make), zone="Europe/Berlin", now=NOW)  # the kernel ends what takes longer
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2
