"""Checks an iCalendar file line by line: its parser forgives what a person should hear about.

It would take an unknown time zone for no time zone, and an impossible date for no event.
"""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass, field
from typing import Any

from icalendar import vDDDLists, vDDDTypes, vDuration, vRecur
from icalendar.parser import Contentline
from icalendar.timezone import tzp

FAULTS_TOLD_MAX = 10
EVENTS_MAX = 2000
DEPTH_MAX = 8
TIMES_A_DAY_MAX = 24
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
EXPORT_AGAIN = "Export the calendar again and upload that file."

_TIMES = {"DTSTART": vDDDTypes, "DTEND": vDDDTypes, "RECURRENCE-ID": vDDDTypes, "EXDATE": vDDDLists, "RDATE": vDDDLists}


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file, in sentences for the person who uploaded it."""

    text: str
    """What, why and what to do."""
    line: int | None = None
    """Counted from 1, where the property begins; None: the file as a whole."""

    def __str__(self) -> str:
        return self.text if self.line is None else f"Line {self.line}: {self.text}"


class BadTimetable(Exception):
    """The file is no timetable. At most `FAULTS_TOLD_MAX` faults, in the order of the file."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


@dataclass
class _Component:
    name: str
    line: int
    has_start: bool = False


@dataclass
class _Check:
    zones: frozenset[str]
    """Time zones that the file itself defines."""
    open: list[_Component] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    events: int = 0
    calendars: int = 0

    def fault(self, line: int | None, text: str) -> None:
        self.faults.append(Fault(text, line))
        if len(self.faults) >= FAULTS_TOLD_MAX:
            raise BadTimetable(*self.faults)


def check_lines(content: str) -> None:
    """Raises BadTimetable unless every line that matters for class times can be read."""
    lines = _unfold(content)
    if not lines or lines[0][1].strip().upper() != "BEGIN:VCALENDAR":
        first = lines[0][0] if lines else None
        raise BadTimetable(
            Fault(
                "This is not an iCalendar file: such a file begins with BEGIN:VCALENDAR. "
                "Export the calendar as iCalendar (.ics) and upload that file.",
                first,
            )
        )
    check = _Check(_defined_zones(lines))
    for number, text in lines:
        _line(check, number, text)
    for component in check.open:
        check.fault(component.line, f"BEGIN:{component.name} has no END: the file seems to be cut off. {EXPORT_AGAIN}")
    if not check.events and not check.faults:
        check.fault(None, "The calendar holds no event (VEVENT). Upload the calendar that has the classes in it.")
    if check.faults:
        raise BadTimetable(*check.faults)


def _unfold(content: str) -> list[tuple[int, str]]:
    """Logical lines with the number of their first physical line. A blank continues a line."""
    lines: list[tuple[int, list[str]]] = []
    for number, text in enumerate(re.split(r"\r\n|\n|\r", content.removeprefix("\ufeff")), start=1):
        if text[:1] in (" ", "\t") and lines:
            lines[-1][1].append(text[1:])
        elif text.strip():
            lines.append((number, [text]))
    return [(number, "".join(parts)) for number, parts in lines]


def _defined_zones(lines: list[tuple[int, str]]) -> frozenset[str]:
    zones: set[str] = set()
    inside = False
    for _, text in lines:
        upper = text.strip().upper()
        if upper in ("BEGIN:VTIMEZONE", "END:VTIMEZONE"):
            inside = upper.startswith("BEGIN")
        elif inside and upper.startswith("TZID"):
            zones.add(text.partition(":")[2].strip())
    return frozenset(zones)


def _line(check: _Check, number: int, text: str) -> None:
    try:
        name, parameters, value = Contentline(text).parts()
    except ValueError:
        check.fault(number, f"“{_short(text)}” is not calendar data, which reads NAME:value. {EXPORT_AGAIN}")
        return
    name = name.upper()
    if name == "BEGIN":
        _begin(check, number, value.strip().upper())
    elif name == "END":
        _end(check, number, value.strip().upper())
    elif not check.open:
        check.fault(number, f"{name} stands outside of the calendar. {EXPORT_AGAIN}")
    elif check.open[-1].name == "VEVENT":
        check.open[-1].has_start |= name == "DTSTART"
        _event_property(check, number, name, str(parameters.get("TZID") or ""), value)


def _begin(check: _Check, number: int, component: str) -> None:
    if component == "VCALENDAR":
        check.calendars += 1
        if check.calendars > 1:
            raise BadTimetable(
                Fault("A second calendar begins here, and a cohort has one. Upload a file with one calendar.", number)
            )
    if len(check.open) >= DEPTH_MAX:
        raise BadTimetable(Fault(f"More than {DEPTH_MAX} parts lie inside each other. {EXPORT_AGAIN}", number))
    check.open.append(_Component(component, number))
    check.events += component == "VEVENT"
    if check.events > EVENTS_MAX:
        raise BadTimetable(
            Fault(
                f"The calendar holds more than {EVENTS_MAX} events, more than a timetable needs. "
                "Export only this cohort's classes, or this year's.",
                number,
            )
        )


def _end(check: _Check, number: int, component: str) -> None:
    if not check.open or check.open[-1].name != component:
        raise BadTimetable(
            *check.faults, Fault(f"END:{_short(component)} ends what has not begun. {EXPORT_AGAIN}", number)
        )
    ended = check.open.pop()
    if component == "VEVENT" and not ended.has_start:
        check.fault(ended.line, "This event does not say when it starts (DTSTART). Give it a time, or remove it.")


def _event_property(check: _Check, number: int, name: str, zone: str, value: str) -> None:
    if name == "RRULE":
        _rule(check, number, value)
    elif name == "DURATION":
        try:
            vDuration.from_ical(value)
        except ValueError:
            check.fault(number, f"“{_short(value)}” is no duration, as PT3H is. Correct it in the calendar.")
    elif name in _TIMES:
        if zone and not _knows_zone(zone, check.zones):
            check.fault(
                number,
                f"nobody knows the time zone “{_short(zone)}”, so the time of the class is not certain. "
                "Use a name such as Europe/Berlin, or export the calendar with its time zones (VTIMEZONE).",
            )
            return
        try:
            for one in value.split(",") if name == "RDATE" else (value,):
                _TIMES[name].from_ical(one.partition("/")[0] if name == "RDATE" else one)
        except ValueError:
            check.fault(
                number,
                f"{name} “{_short(value)}” is no date or time, as 20261123T090000 is. Correct it in the calendar.",
            )


def _knows_zone(zone: str, defined: frozenset[str]) -> bool:
    if zone in defined:
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells that it guesses what a vendor's prefix means
        try:
            return tzp.timezone(zone) is not None
        except (ValueError, OSError):
            return False


def _rule(check: _Check, number: int, value: str) -> None:
    try:
        rule: Any = vRecur.from_ical(value)
        frequency = str(rule["FREQ"][0]).upper()
    except (ValueError, KeyError, IndexError):
        check.fault(
            number,
            f"“{_short(value)}” is no rule for repeating, as FREQ=WEEKLY;BYDAY=MO is. Correct it in the calendar.",
        )
        return
    times_a_day = math.prod(max(1, len(rule.get(part, ()))) for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    if frequency not in FREQUENCIES or times_a_day > TIMES_A_DAY_MAX:
        check.fault(
            number,
            f"“{_short(value)}” repeats more often than a class does. Let the event repeat daily, weekly or monthly.",
        )


def _short(text: str) -> str:
    """Of foreign text only the beginning, without what a screen would trip over."""
    shown = "".join(character if character.isprintable() else "�" for character in text.strip())
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
