"""Calendars as people have them. Each test is one that was once read wrongly, or of its kind."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from backend.cohorts.timetable import read_timetable
from calendars.faults import BadTimetable

NOW = datetime(2026, 11, 29, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def event(*lines, uid="one", summary="Class"):
    has_end = any(it.startswith(("DTEND", "DURATION")) for it in lines)
    fixed = [f"UID:{uid}", "DTSTAMP:20261101T000000Z", f"SUMMARY:{summary}"]
    names = {it.partition(":")[0].partition(";")[0] for it in lines}
    fixed = [it for it in fixed if it.partition(":")[0] not in names]
    return ["BEGIN:VEVENT", *lines, *fixed, *([] if has_end else ["DURATION:PT2H"]), "END:VEVENT"]


def calendar(*parts, header=()):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *header, *(line for it in parts for line in it)]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def read(*parts, header=(), zone=BERLIN):
    return read_timetable(calendar(*parts, header=header), zone=zone, now=NOW)


def starts(*parts, **options):
    return [f"{it.starts_at:%d %H:%M}" for it in read(*parts, **options).classes]


def times(*parts, **options):
    return [f"{it.starts_at:%d %H:%M}–{it.ends_at:%H:%M}" for it in read(*parts, **options).classes]


def note(*parts, **options):
    """The first note of a calendar without classes."""
    reading = read(*parts, **options)
    assert reading.classes == ()
    return reading.notes[0]


def faults(*parts, **options):
    with pytest.raises(BadTimetable) as caught:
        read(*parts, **options)
    return [(it.line, it.text) for it in caught.value.faults]


DAILY_IN_BERLIN = ("DTSTART;TZID=Europe/Berlin:20261130T090000", "RRULE:FREQ=DAILY;COUNT=3")
THREE_IN_BERLIN = ["30 08:00", "01 08:00", "02 08:00"]


# --- a wrong time, a lost class or an extra class -------------------------------------------------


def test_a_canceled_calendar_has_no_classes_and_says_so():
    said = note(event("DTSTART:20261130T090000Z"), header=["METHOD:CANCEL"])
    assert said == "1 entry is canceled and left out: “Class” (line 5)."


def test_an_end_before_the_start_is_left_out_with_the_line():
    said = note(event("DTSTART:20261130T090000Z", "DTEND:20261130T080000Z"))
    assert said == "1 entry ends before it starts and is left out: “Class” (line 4)."


@pytest.mark.parametrize("mark", ["X-MICROSOFT-CDO-ALLDAYEVENT:TRUE", "X-OTHER:1"])
def test_an_all_day_event_written_as_times_is_no_class_of_24_hours(mark):
    said = note(event("DTSTART;TZID=Europe/Berlin:20261201T000000", "DTEND;TZID=Europe/Berlin:20261202T000000", mark))
    assert "takes a whole day" in said


@pytest.mark.parametrize("uid", ["a", ""])
def test_one_uid_for_several_classes_loses_none(uid):
    days = [event(f"DTSTART:{day}T090000Z", uid=uid) for day in (20261130, 20261201, 20261202)]
    assert starts(*days) == ["30 09:00", "01 09:00", "02 09:00"]


def test_a_floating_start_with_an_end_of_the_series_in_utc_keeps_its_last_class():
    assert starts(event("DTSTART:20261130T090000", "RRULE:FREQ=DAILY;UNTIL=20261202T080000Z")) == THREE_IN_BERLIN


def test_an_end_of_the_series_by_date_includes_that_day():
    series = event("DTSTART;TZID=Europe/Berlin:20261130T090000", "RRULE:FREQ=DAILY;UNTIL=20261202")
    assert starts(series) == THREE_IN_BERLIN


def test_the_calendars_own_zone_does_not_move_times_in_utc():
    series = event("DTSTART:20261001T070000Z", "RRULE:FREQ=WEEKLY")
    assert starts(series, header=["X-WR-TIMEZONE:Europe/Berlin"]) == ["03 07:00", "10 07:00"]


def test_a_moved_class_named_by_its_date_is_not_there_twice():
    moved = event("RECURRENCE-ID;VALUE=DATE:20261201", "DTSTART;TZID=Europe/Berlin:20261201T140000")
    assert starts(event(*DAILY_IN_BERLIN), moved) == ["30 08:00", "01 13:00", "02 08:00"]


def test_a_zone_next_to_a_time_in_utc_means_nothing():
    assert starts(event("DTSTART;TZID=America/New_York:20261130T140000Z")) == ["30 14:00"]


def test_of_two_titles_the_first_is_shown():
    (one,) = read(event("DTSTART:20261130T090000Z", "SUMMARY:Class", "SUMMARY:other")).classes
    assert one.title == "Class"


# --- refused although the classes are clear, or in a programmer's words ---------------------------

AMSTERDAM = [
    "BEGIN:VTIMEZONE", r"TZID:(UTC+01:00) Amsterdam\, Berlin\, Bern",
    "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
    "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT",
    "END:VTIMEZONE",
]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        '"(UTC+01:00) Amsterdam, Berlin, Bern"',
        "(UTC+01:00) Amsterdam, Berlin, Bern",
        r"(UTC+01:00) Amsterdam\, Berlin\, Bern",
    ],
)
def test_exchanges_own_names_of_zones_are_read_by_their_definition(name):
    assert starts(AMSTERDAM, event(f"DTSTART;TZID={name}:20261130T090000")) == ["30 08:00"]


def test_a_zone_that_the_file_defines_changes_its_clocks():
    series = event('DTSTART;TZID="(UTC+01:00) Amsterdam, Berlin, Bern":20261001T090000', "RRULE:FREQ=DAILY")
    reading = read_timetable(calendar(AMSTERDAM, series), zone=BERLIN, now=datetime(2026, 10, 24, tzinfo=UTC))
    assert [it.starts_at.hour for it in reading.classes[:3]] == [7, 8, 8]


def test_a_broken_to_do_does_not_refuse_good_classes():
    todo = ["BEGIN:VTODO", "DUE:rubbish", "no property", "RRULE:FREQ=NEVER", "END:VTODO"]
    assert starts(todo, event("DTSTART:20261130T090000Z")) == ["30 09:00"]


@pytest.mark.parametrize(
    "lines",
    [
        "ATTENDEE;CN=\"open:mailto:x", "DTSTAMP:yesterday", "CREATED:0", "X-NOTHING", "GEO:here", "PRIORITY:first",
        "LAST-MODIFIED;TZID=Mars/Base:20261130T090000", "ORGANIZER", "URL;;;:", "TRIGGER:soon", "COMPLETED:x",
        "DESCRIPTION:half\nand the rest without a blank at its beginning",
    ],
)  # fmt: skip
def test_what_does_not_decide_a_classs_time_refuses_no_file(lines):
    assert starts(event("DTSTART:20261130T090000Z", *lines.split("\n"))) == ["30 09:00"]


def test_a_line_that_is_no_property_is_told():
    reading = read(event("DTSTART:20261130T090000Z", "just some text"))
    assert reading.notes == ("Line 6 is no calendar data and was ignored.",)


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (["DTSTART:20261130T090000Z", "DTSTART:20261201T090000Z"], 6),
        (["UID:a", "UID:b", "DTSTART:20261130T090000Z"], 6),
        (["DTSTART:20261130T090000Z", "DTEND:20261130T100000Z", "DTEND:20261130T110000Z"], 7),
        (["DTSTART:20261130T090000Z", "DTEND:20261130T100000Z", "DURATION:PT1H"], 7),
        (["DTSTART:20261130T090000Z", "STATUS:CONFIRMED", "STATUS:CANCELLED"], 7),
    ],
)
def test_a_property_twice_is_refused_in_a_sentence_with_the_line(lines, line):
    ((found, text),) = faults(event(*lines))
    assert found == line
    assert "not certain which one counts" in text


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY; COUNT=2", "FREQ=WEEKLY;COUNT=2;", " freq = weekly ; count = 2"])
def test_a_blank_in_a_rule_is_read_as_meant(rule):
    assert starts(event("DTSTART:20261130T090000Z", f"RRULE:{rule}")) == ["30 09:00", "07 09:00"]


def test_a_windows_zone_in_the_header_is_understood():
    reading = read(event("DTSTART:20261130T090000"), header=["X-WR-TIMEZONE:Eastern Standard Time"])
    assert [it.starts_at.hour for it in reading.classes] == [14]
    assert reading.notes == ("Times without a time zone are read in the calendar's own zone, Eastern Standard Time.",)


def test_a_zone_in_the_header_that_nobody_knows_is_refused_only_where_it_matters():
    mars = ["X-WR-TIMEZONE:Mars/Base"]
    assert starts(event("DTSTART:20261130T090000Z"), header=mars) == ["30 09:00"]
    ((line, text),) = faults(event("DTSTART:20261130T090000"), header=mars)
    assert line == 4
    assert "Mars/Base" in text


# --- more of each kind ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "exception",
    [
        "EXDATE;TZID=Europe/Berlin:20261201T090000", "EXDATE:20261201T080000Z", "EXDATE:20261201T090000",
        "EXDATE;VALUE=DATE:20261201", "EXDATE:20261201", "EXDATE;TZID=America/New_York:20261201T030000",
        "EXDATE;VALUE=PERIOD:20261201T080000Z/PT2H", "EXDATE:20250101T000000Z,20261201T080000Z",
        "EXRULE:FREQ=WEEKLY;BYDAY=TU", "EXRULE:FREQ=MONTHLY;BYMONTHDAY=1",
    ],
)  # fmt: skip
def test_an_exception_takes_out_its_class_whatever_way_it_is_written(exception):
    assert starts(event(*DAILY_IN_BERLIN, exception)) == ["30 08:00", "02 08:00"]


@pytest.mark.parametrize(
    "name",
    [
        "RECURRENCE-ID;TZID=Europe/Berlin:20261201T090000", "RECURRENCE-ID:20261201T080000Z",
        "RECURRENCE-ID:20261201T090000", "RECURRENCE-ID;VALUE=DATE:20261201",
        "RECURRENCE-ID;TZID=America/New_York:20261201T030000",
    ],
)  # fmt: skip
def test_a_moved_class_replaces_its_own_whatever_way_it_is_named(name):
    moved = event(name, "DTSTART:20261204T100000Z")
    assert starts(event(*DAILY_IN_BERLIN), moved) == ["30 08:00", "02 08:00", "04 10:00"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("RDATE;TZID=Europe/Berlin:20261205T100000", "05 09:00–11:00"),
        ("RDATE:20261205T100000Z", "05 10:00–12:00"),
        ("RDATE:20261205T100000", "05 09:00–11:00"),
        ("RDATE;VALUE=DATE:20261205", "05 08:00–10:00"),
        ("RDATE;VALUE=PERIOD:20261205T100000Z/PT30M", "05 10:00–10:30"),
        ("RDATE;VALUE=PERIOD:20261205T100000Z/20261205T103000Z", "05 10:00–10:30"),
    ],
)
def test_one_more_class_is_read_whatever_way_it_is_written(more, expected):
    assert times(event("DTSTART;TZID=Europe/Berlin:20261130T090000", more)) == ["30 08:00–10:00", expected]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("DTSTART;TZID=Europe/Berlin:20261130T090000", "DTEND:20261130T110000"),
        ("DTSTART;TZID=Europe/Berlin:20261130T090000", "DTEND:20261130T100000Z"),
        ("DTSTART;TZID=Europe/Berlin:20261130T090000", "DTEND;TZID=America/New_York:20261130T050000"),
        ("DTSTART:20261130T080000Z", "DTEND;TZID=Europe/Berlin:20261130T110000"),
        ("DTSTART:20261130T090000", "DTEND:20261130T100000Z"),
        ("DTSTART:20261130T090000", "DTEND;TZID=Europe/Paris:20261130T110000"),
    ],
)
def test_an_end_on_another_clock_than_the_start_is_read_right(start, end):
    assert times(event(start, end)) == ["30 08:00–10:00"]


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("DTSTART:20261130T090000", "DTEND;TZID=America/New_York:20261130T110000", "length is not certain"),
        ("DTSTART:20261130T090000Z", "DTEND:20261130T110000", "length is not certain"),
        ("DTSTART:20261130T090000Z", "DTEND;VALUE=DATE:20261201", "without a time of day"),
        ("DTSTART;VALUE=DATE:20261130", "DTEND:20261130T110000Z", "whole day"),
        ("DTSTART:20261130T090000Z", "DURATION:-PT1H", "ends before it starts"),
        ("DTSTART:20261130T090000Z", "DURATION:PT0S", "no length"),
    ],
)
def test_an_end_that_does_not_fit_its_start_is_left_out_with_a_note(start, end, words):
    assert words in note(event(start, end))


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART;TZID=Europe/Berlin:20261201T000000", "DTEND;TZID=Europe/Berlin:20261201T235900"],
        ["DTSTART;TZID=Europe/Berlin:20261201T000000", "DTEND;TZID=Europe/Berlin:20261201T235959"],
        ["DTSTART:20261130T230000Z", "DTEND:20261201T225900Z"],
        ["DTSTART:20261130T230000Z", "DURATION:P1D"],
        ["DTSTART:20261201T080000Z", "DTEND:20261201T100000Z", "X-FUNAMBOL-ALLDAY:1"],
        ["DTSTART:20261201T000000Z", "DTEND:20261202T000000Z"],
    ],
)
def test_a_whole_day_in_disguise_is_no_class(lines):
    assert "takes a whole day" in note(event(*lines))


def test_the_day_on_which_the_clocks_change_is_a_whole_day_too():
    spring = calendar(event("DTSTART;TZID=Europe/Berlin:20270328T000000", "DTEND;TZID=Europe/Berlin:20270329T000000"))
    reading = read_timetable(spring, zone=BERLIN, now=datetime(2027, 3, 25, tzinfo=UTC))
    assert "takes a whole day" in reading.notes[0]


def test_a_newer_version_of_an_event_replaces_the_older_one_and_says_so():
    old = event("DTSTART:20261130T090000Z", "SEQUENCE:0")
    new = event("DTSTART:20261130T100000Z", "SEQUENCE:1")
    reading = read(new, old)
    assert [it.starts_at.hour for it in reading.classes] == [10]
    assert reading.notes == ("1 entry is an older version of another entry and is left out: “Class” (line 12).",)


def test_a_change_without_its_series_is_a_class():
    assert starts(event("RECURRENCE-ID:20261130T090000Z", "DTSTART:20261130T100000Z")) == ["30 10:00"]


def test_a_series_that_bears_the_name_of_its_first_class_repeats():
    odd = event("RECURRENCE-ID:20261130T090000Z", "DTSTART:20261130T090000Z", "RRULE:FREQ=DAILY;COUNT=2")
    assert starts(odd) == ["30 09:00", "01 09:00"]


def test_a_change_of_all_later_classes_changes_all_later_classes():
    later = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261201T090000",
        "DTSTART;TZID=Europe/Berlin:20261201T140000", "DURATION:PT1H",
    )  # fmt: skip
    assert times(event(*DAILY_IN_BERLIN), later) == ["30 08:00–10:00", "01 13:00–14:00", "02 13:00–14:00"]


def test_canceling_a_class_and_all_later_ones_cancels_them():
    off = event("RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261201T090000", "STATUS:CANCELLED")
    reading = read(event(*DAILY_IN_BERLIN), off)
    assert [it.starts_at.day for it in reading.classes] == [30]
    assert "2 entries are canceled" in reading.notes[0]


def test_a_change_of_a_class_that_the_series_takes_out_is_told():
    moved = event("RECURRENCE-ID:20261201T080000Z", "DTSTART:20261201T150000Z")
    reading = read(event(*DAILY_IN_BERLIN, "EXDATE:20261201T080000Z"), moved)
    assert [it.starts_at.day for it in reading.classes] == [30, 2]
    assert "replaces a class that its series takes out" in reading.notes[0]


@pytest.mark.parametrize("method", ["REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"])
def test_an_answer_to_an_invitation_is_no_timetable(method):
    assert "answer to an invitation" in note(event("DTSTART:20261130T090000Z"), header=[f"METHOD:{method}"])


@pytest.mark.parametrize("method", ["PUBLISH", "REQUEST", "ADD", "publish"])
def test_a_published_calendar_is_read(method):
    assert starts(event("DTSTART:20261130T090000Z"), header=[f"METHOD:{method}"]) == ["30 09:00"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY;COUNT=0", "COUNT=0"),
        ("FREQ=DAILY;COUNT=-1", "COUNT=-1"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0"),
        ("FREQ=DAILY;FREQ=WEEKLY", "no rule for repeating"),
        ("FREQ=DAILY;BYEASTER=1", "BYEASTER=1"),
        ("FREQ=DAILY;BYHOUR=25", "BYHOUR=25"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=32"),
        ("FREQ=WEEKLY;BYDAY=1MO", "monthly and yearly"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL “TOMORROW” is no date or time"),
        ("RSCALE=CHINESE;FREQ=YEARLY", "RSCALE=CHINESE"),
        ("W1 MO #10", "no rule for repeating"),
        ("", "no rule for repeating"),
        ("FREQ=HOURLY", "more often than a class"),
    ],
)
def test_a_rule_that_is_not_clear_is_refused_with_the_line_and_the_part(rule, words):
    ((line, text),) = faults(event("DTSTART:20261130T090000Z", f"RRULE:{rule}"))
    assert line == 6
    assert words in text


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261202T080000Z", "02"), ("20261202T075959Z", "01"), ("20261202T090000", "02"), ("20261202T085959", "01"),
        ("20261202", "02"),
    ],
)  # fmt: skip
def test_the_last_class_of_a_series_is_kept_whatever_way_the_end_is_written(until, last):
    for start in ("DTSTART;TZID=Europe/Berlin:20261130T090000", "DTSTART:20261130T090000"):
        assert starts(event(start, f"RRULE:FREQ=DAILY;UNTIL={until}"))[-1] == f"{last} 08:00"


def test_a_series_whose_start_does_not_keep_its_rule_has_its_start_and_says_so():
    reading = read(event("DTSTART:20261130T090000Z", "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=3"))
    assert [it.starts_at.day for it in reading.classes] == [30, 1, 8]
    assert "starts on a day that its own rule does not name" in reading.notes[0]


@pytest.mark.parametrize(
    ("local", "utc"),
    [("20270328T023000", "28 01:30"), ("20270328T030000", "28 01:00"), ("20261025T023000", "25 00:30")],
)
@pytest.mark.parametrize("zone", ["Europe/Berlin", '"(UTC+01:00) Amsterdam, Berlin, Bern"'])
def test_an_hour_that_the_clocks_leave_out_or_repeat_is_read_as_the_standard_says(zone, local, utc):
    content = calendar(AMSTERDAM, event(f"DTSTART;TZID={zone}:{local}"))
    now = (
        datetime(2027, 3, 27, tzinfo=UTC)
        if local < "20270401" and local > "2027"
        else datetime(2026, 10, 24, tzinfo=UTC)
    )
    assert [f"{it.starts_at:%d %H:%M}" for it in read_timetable(content, zone=BERLIN, now=now).classes] == [utc]


@pytest.mark.parametrize(
    "name",
    [
        "europe/berlin", "/mozilla.org/20070129_1/Europe/Berlin", "/freeassociation.sourceforge.net/Europe/Berlin",
        "W. Europe Standard Time", '"Europe/Berlin"', "Europe/Berlin ",
    ],
)  # fmt: skip
def test_a_zones_name_is_understood_with_a_vendors_prefix_or_in_another_case(name):
    assert starts(event(f"DTSTART;TZID={name}:20261130T090000")) == ["30 08:00"]


@pytest.mark.parametrize("name", ["UTC", "GMT", "Etc/UTC", "tzone://Microsoft/Utc", "Z"])
def test_utc_has_many_names(name):
    assert starts(event(f"DTSTART;TZID={name}:20261130T090000")) == ["30 09:00"]


def test_a_broken_definition_of_a_zone_matters_only_where_it_is_used():
    broken = [
        "BEGIN:VTIMEZONE",
        "TZID:Campus",
        "BEGIN:STANDARD",
        "TZOFFSETTO:one hour",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
    assert starts(broken, event("DTSTART:20261130T090000Z")) == ["30 09:00"]
    ((line, text),) = faults(broken, event("DTSTART;TZID=Campus:20261130T090000"))
    assert line == 11
    assert "Campus" in text


@pytest.mark.parametrize("value", ["20261130T090000z", "20261130t090000Z", "20261130T0900Z", " 20261130T090000Z "])
def test_a_time_with_a_clear_meaning_is_read(value):
    assert starts(event(f"DTSTART:{value}")) == ["30 09:00"]


def test_midnight_at_the_end_of_a_day_is_an_end():
    assert times(event("DTSTART:20261130T220000Z", "DTEND:20261130T240000Z")) == ["30 22:00–00:00"]


@pytest.mark.parametrize(
    "value",
    [
        "20260230T090000Z",
        "20261130T250000Z",
        "2026-11-30T09:00:00Z",
        "20261130T090000+0100",
        "",
        "00000101T000000Z",
        "٢٠٢٦١١٣٠",
    ],
)
def test_a_time_that_cannot_be_is_refused_with_the_line(value):
    ((line, text),) = faults(event(f"DTSTART:{value}"))
    assert line == 5
    assert "is no date or time" in text


def test_another_count_of_days_is_refused():
    ((line, text),) = faults(event("DTSTART:20261130T090000Z"), header=["CALSCALE:HEBREW"])
    assert line == 4
    assert "Gregorian" in text


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\r\n"])
def test_lines_may_end_in_any_way(end):
    content = calendar(event("DTSTART:2026113", " 0T090000Z", uid="x")).replace("\r\n", end)
    reading = read_timetable(content, zone=BERLIN, now=NOW)
    assert [it.starts_at.hour for it in reading.classes] == [9]


def test_an_event_that_does_not_end_is_not_swallowed():
    content = calendar(["BEGIN:VEVENT", "DTSTART:20261130T090000Z"], event("DTSTART:20261201T090000Z"))
    with pytest.raises(BadTimetable) as caught:
        read_timetable(content, zone=BERLIN, now=NOW)
    assert caught.value.faults[0].line == 6


def test_an_alarms_duration_is_not_the_classs():
    alarm = ["BEGIN:VALARM", "TRIGGER:-PT15M", "DURATION:PT9H", "END:VALARM"]
    lines = event("DTSTART:20261130T090000Z")
    assert times([*lines[:-1], *alarm, lines[-1]]) == ["30 09:00–11:00"]


def test_an_exception_at_another_time_than_its_class_is_told():
    reading = read(event(*DAILY_IN_BERLIN, "EXDATE:20261201T090000Z", "EXDATE:20261202T080000Z"))
    assert [it.starts_at.day for it in reading.classes] == [30, 1]
    assert reading.notes == (
        "“Class” (line 4) takes out a class at 10:00 on 1 December, but has it at another time; the class stays.",
    )


def test_of_two_changes_of_one_class_the_newer_counts_whatever_way_they_name_it():
    first = event("RECURRENCE-ID:20261201T080000Z", "DTSTART:20261201T100000Z", "SEQUENCE:1")
    second = event("RECURRENCE-ID;TZID=Europe/Berlin:20261201T090000", "DTSTART:20261201T110000Z", "SEQUENCE:2")
    assert starts(event(*DAILY_IN_BERLIN), second, first) == ["30 08:00", "01 11:00", "02 08:00"]
