from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from backend.cohorts.tests.calendars import EVERY_DAY, calendar, daily, event
from backend.cohorts.timetable import read_timetable
from calendars.faults import FAULTS_TOLD_MAX, BadTimetable

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def read(content, *, now=NOW, zone=BERLIN):
    return read_timetable(content, zone=zone, now=now)


def starts(content, **options):
    return [
        it.starts_at.isoformat(timespec="minutes").removesuffix("+00:00") for it in read(content, **options).classes
    ]


def faults(content):
    with pytest.raises(BadTimetable) as caught:
        read(content)
    return [(fault.line, fault.text) for fault in caught.value.faults]


def test_the_classes_of_the_next_fourteen_days_are_read_the_next_one_first():
    classes = read(EVERY_DAY).classes
    assert len(classes) == 14
    assert classes[0].starts_at == datetime(2026, 10, 21, 7, tzinfo=UTC)
    assert classes[0].ends_at - classes[0].starts_at == timedelta(hours=3)
    assert classes[0].title == "Algorithms"
    assert list(classes) == sorted(classes, key=lambda it: it.starts_at)


def test_a_class_that_is_on_now_is_still_to_come():
    at_ten = datetime(2026, 10, 20, 8, tzinfo=UTC)
    assert read(EVERY_DAY, now=at_ten).classes[0].starts_at == datetime(2026, 10, 20, 7, tzinfo=UTC)


def test_nine_in_the_morning_stays_nine_when_the_clocks_change():
    found = starts(EVERY_DAY)
    assert "2026-10-24T07:00" in found
    assert "2026-10-25T08:00" in found, "summer time ended that night"


def test_a_time_in_utc_moves_on_the_clock_as_its_author_said():
    utc = calendar(event("DTSTART:20261023T090000Z", "DTEND:20261023T100000Z", "RRULE:FREQ=DAILY"))
    assert {it.partition("T")[2] for it in starts(utc)} == {"09:00"}


def test_a_class_in_the_hour_that_the_change_of_clocks_leaves_out_is_not_lost():
    gap = calendar(event("DTSTART;TZID=Europe/Berlin:20270328T023000", "DTEND;TZID=Europe/Berlin:20270328T040000"))
    assert len(starts(gap, now=datetime(2027, 3, 27, tzinfo=UTC))) == 1


def test_a_time_without_a_zone_is_meant_in_the_cohorts_zone():
    floating = calendar(event("DTSTART:20261021T090000", "DTEND:20261021T100000"))
    assert starts(floating) == ["2026-10-21T07:00"]
    assert starts(floating, zone=ZoneInfo("America/New_York")) == ["2026-10-21T13:00"]


def test_a_zone_that_the_file_defines_itself_is_used():
    zone = "\r\n".join(
        ["BEGIN:VTIMEZONE", "TZID:School Time", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0300",
         "TZOFFSETTO:+0300", "END:STANDARD", "END:VTIMEZONE"]
    )  # fmt: skip
    own = event("DTSTART;TZID=School Time:20261021T090000", "DTEND;TZID=School Time:20261021T100000")
    assert starts(calendar(zone, own)) == ["2026-10-21T06:00"]


def test_outlooks_names_of_zones_are_understood():
    name = "W. Europe Standard Time"
    outlook = event(f"DTSTART;TZID={name}:20261021T090000", f"DTEND;TZID={name}:20261021T100000")
    assert starts(calendar(outlook)) == ["2026-10-21T07:00"]


def test_a_zone_that_nobody_knows_is_an_error_at_its_line_and_not_taken_for_local_time():
    ((line, text),) = faults(calendar(event("DTSTART;TZID=Mars/Base:20261021T090000")))
    assert line == 7
    assert "Mars/Base" in text
    assert "Europe/Berlin" in text, "what to do"


def test_whole_days_canceled_and_empty_entries_are_noted_and_left_out():
    reading = read(
        calendar(
            event("DTSTART;VALUE=DATE:20261021", uid="holiday"),
            event("DTSTART:20261021T090000", "DTEND:20261023T100000", uid="trip"),
            event("DTSTART:20261021T090000", "DTEND:20261021T100000", "STATUS:CANCELLED", uid="off"),
            event("DTSTART:20261021T090000", "SUMMARY:Nothing", uid="nothing"),
        )
    )
    assert reading.classes == ()
    assert reading.notes == (
        "1 entry is canceled and left out: “Class” (line 15).",
        (
            "2 entries take a whole day or longer and are left out: they are taken for holidays, not classes: "
            "“Class” (line 4), “Class” (line 9)."
        ),
        "1 entry has no length and is left out: “Nothing” (line 22).",
        "There is no class in the next 14 days.",
    )


def test_days_that_are_taken_out_do_not_take_place():
    without = calendar(daily("20261020T090000", "20261020T120000", "EXDATE;TZID=Europe/Berlin:20261021T090000"))
    assert starts(without)[0] == "2026-10-22T07:00"


def test_one_class_of_a_series_may_be_canceled_or_moved():
    series = daily("20261020T090000", "20261020T120000")
    canceled = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261021T090000", "DTSTART;TZID=Europe/Berlin:20261021T090000",
        "DTEND;TZID=Europe/Berlin:20261021T120000", "STATUS:CANCELLED",
    )  # fmt: skip
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261022T090000", "DTSTART;TZID=Europe/Berlin:20261022T140000",
        "DTEND;TZID=Europe/Berlin:20261022T150000",
    )  # fmt: skip
    assert starts(calendar(series, canceled, moved))[:2] == ["2026-10-22T12:00", "2026-10-23T07:00"]


def test_folded_lines_count_from_where_they_begin():
    long = event("SUMMARY:" + "\r\n ".join(["long"] * 5), "DTSTART:2026-10-21", "DURATION:PT1H")
    assert [line for line, _ in faults(calendar(long))] == [12]


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        (["DTSTART:2026-10-21"], 7, "no date or time"),
        (["DTSTART:20261341T090000"], 7, "no date or time"),
        (["DTSTART:20261021T090000", "RRULE:FREQ=SOMETIMES"], 8, "no rule for repeating"),
        (["DTSTART:20261021T090000", "RRULE:COUNT=3"], 8, "no rule for repeating"),
        (["DTSTART:20261021T090000", "RRULE:FREQ=WEEKLY;BYDAY=XX"], 8, "no rule for repeating"),
        (["DTSTART:20261021T090000", "RRULE:FREQ=SECONDLY"], 8, "more often than a class does"),
        (["DTSTART:20261021T090000", "DURATION:3 hours"], 8, "no duration"),
        (["DTSTART:20261021T090000", "EXDATE:tomorrow"], 8, "no date or time"),
        (["DTSTART 20261021T090000"], 7, "not calendar data"),
        (["SUMMARY:When?"], 4, "does not say when it starts"),
    ],
)
def test_a_faulty_line_is_named_with_what_is_wrong(lines, line, words):
    ((found, text),) = faults(calendar(event(*lines)))
    assert found == line
    assert words in text
    assert text.endswith("."), "a sentence, the last of which says what to do"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "begins with BEGIN:VCALENDAR"),
        ("<html>", "begins with BEGIN:VCALENDAR"),
        (calendar(), "holds no event"),
        (EVERY_DAY[:-15], "cut off"),
        (EVERY_DAY + EVERY_DAY, "second calendar"),
        (calendar("END:VEVENT"), "ends what has not begun"),
        (calendar(*["BEGIN:VEVENT"] * 20), "inside each other"),
        (calendar(*[event("DTSTART:20261021T090000", uid=str(n)) for n in range(2001)]), "more than 2000 events"),
        (
            calendar(*[daily("20261021T090000", "20261021T100000", f"SUMMARY:{n}").replace("one", str(n)) for n in range(40)]),
            "classes in the next 14 days; 500 are the limit",
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_no_timetable_is_refused_in_words(content, words):
    assert words in faults(content)[-1][1]


def test_a_hopeless_file_lists_only_some_faults():
    assert len(faults(calendar(*[event("DTSTART:soon", uid=str(n)) for n in range(100)]))) == FAULTS_TOLD_MAX


def test_what_a_title_must_not_hold_does_not_reach_a_screen():
    odd = calendar(event("DTSTART:20261021T090000", "DURATION:PT1H", "SUMMARY:a\\nb\u202e\u0007" + "x" * 500))
    title = read(odd).classes[0].title
    assert title.startswith("a b")
    assert len(title) == 200
    assert title.isprintable()
