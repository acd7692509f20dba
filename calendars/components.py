"""The structure of a calendar file: its header, its events and the time zones that it defines.

Everything else (to-dos, alarms, journals) is skipped, however broken it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from calendars.faults import EXPORT_AGAIN, BadTimetable, Fault, Faults, short
from calendars.lines import Property, read_property, read_time_property, unfold

EVENTS_MAX = 2000
DEPTH_MAX = 8
ONCE = frozenset({"DTSTART", "DTEND", "DURATION", "UID", "RECURRENCE-ID", "STATUS", "SEQUENCE"})
"""Of these an event has one, or it is not certain when it is."""
TIMES = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"})
DECIDING = ONCE | TIMES | {"RRULE", "EXRULE"}
"""What decides when a class is. No other property can refuse a file."""
_DECIDING_LINE = re.compile(rf"\s*({'|'.join(sorted(DECIDING, key=len, reverse=True))})\b(?!-)", re.IGNORECASE)


@dataclass
class Component:
    name: str
    line: int
    properties: list[Property] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)
    """Of a time zone: its observances."""
    faulty: bool = False
    """One of its lines was told as a fault."""

    def all(self, name: str) -> list[Property]:
        return [it for it in self.properties if it.name == name]

    def first(self, name: str) -> Property | None:
        return next((it for it in self.properties if it.name == name), None)


@dataclass
class CalendarFile:
    header: Component
    events: list[Component]
    zones: list[Component]
    ignored_lines: list[int]
    """Lines inside of events that are no calendar data and decide nothing."""


@dataclass
class _Reading:
    faults: Faults
    header: Component | None = None
    open: list[Component] = field(default_factory=list)
    events: list[Component] = field(default_factory=list)
    zones: list[Component] = field(default_factory=list)
    ignored: list[int] = field(default_factory=list)


def read_components(content: str, faults: Faults) -> CalendarFile:
    """Raises BadTimetable when the file is no calendar or its parts do not fit."""
    lines = unfold(content)
    if not lines or lines[0][1].strip().upper() != "BEGIN:VCALENDAR":
        raise BadTimetable(
            Fault(
                "This is not an iCalendar file: such a file begins with BEGIN:VCALENDAR. "
                "Export the calendar as iCalendar (.ics) and upload that file.",
                lines[0][0] if lines else None,
            )
        )
    reading = _Reading(faults)
    for number, text in lines:
        _line(reading, number, text)
    for component in reading.open:
        faults.add(
            Fault(f"BEGIN:{component.name} has no END: the file seems to be cut off. {EXPORT_AGAIN}", component.line)
        )
    if not reading.events and not faults.found:
        faults.add(Fault("The calendar holds no event (VEVENT). Upload the calendar that has the classes in it."))
    if reading.header is None:
        faults.raise_any()
        raise BadTimetable(Fault(f"The calendar has no content. {EXPORT_AGAIN}"))
    return CalendarFile(reading.header, reading.events, reading.zones, reading.ignored)


def _line(reading: _Reading, number: int, text: str) -> None:
    upper = text.strip().upper()
    if upper.startswith("BEGIN:"):
        _begin(reading, number, upper[6:].strip())
    elif upper.startswith("END:"):
        _end(reading, number, upper[4:].strip())
    elif reading.open:
        _property(reading, number, text)


def _property(reading: _Reading, number: int, text: str) -> None:
    component = reading.open[-1]
    in_event = component.name == "VEVENT"
    if not in_event and component.name not in ("VCALENDAR", "VTIMEZONE", "STANDARD", "DAYLIGHT"):
        return
    prop = read_property(number, text)
    deciding = _DECIDING_LINE.match(text) if in_event else None
    if deciding and deciding[1].upper() in TIMES and (prop is None or ":" in prop.value) and ":" in text:
        prop = read_time_property(number, text)
    if prop is not None:
        component.properties.append(prop)
    elif deciding:
        component.faulty = True
        reading.faults.add(
            Fault(f"“{short(text)}” is not calendar data, which reads NAME:value. {EXPORT_AGAIN}", number)
        )
    elif in_event:
        reading.ignored.append(number)


def _begin(reading: _Reading, number: int, name: str) -> None:
    if name == "VCALENDAR":
        if reading.header is not None:
            raise BadTimetable(
                *reading.faults.found,
                Fault("A second calendar begins here, and a cohort has one. Upload a file with one calendar.", number),
            )
        reading.header = Component(name, number)
    if len(reading.open) >= DEPTH_MAX:
        raise BadTimetable(Fault(f"More than {DEPTH_MAX} parts lie inside each other. {EXPORT_AGAIN}", number))
    component = reading.header if name == "VCALENDAR" and reading.header else Component(name, number)
    if reading.open and reading.open[-1].name == "VEVENT" and name == "VEVENT":
        reading.faults.add(
            Fault(f"An event begins inside another one, which has no END:VEVENT. {EXPORT_AGAIN}", number)
        )
    if reading.open and reading.open[-1].name == "VTIMEZONE":
        reading.open[-1].children.append(component)
    reading.open.append(component)
    if name == "VEVENT":
        reading.events.append(component)
    elif name == "VTIMEZONE":
        reading.zones.append(component)
    if len(reading.events) > EVENTS_MAX:
        raise BadTimetable(
            Fault(
                f"The calendar holds more than {EVENTS_MAX} events, more than a timetable needs. "
                "Export only this cohort's classes, or this year's.",
                number,
            )
        )


def _end(reading: _Reading, number: int, name: str) -> None:
    if not reading.open or reading.open[-1].name != name:
        raise BadTimetable(
            *reading.faults.found, Fault(f"END:{short(name)} ends what has not begun. {EXPORT_AGAIN}", number)
        )
    ended = reading.open.pop()
    if name == "VEVENT":
        _refuse_what_comes_twice(reading.faults, ended)


def _refuse_what_comes_twice(faults: Faults, event: Component) -> None:
    seen: dict[str, int] = {}
    for prop in event.properties:
        if prop.name in ONCE and prop.name in seen:
            faults.add(
                Fault(
                    f"{prop.name} is here for the second time in one event (first in line {seen[prop.name]}), so it is "
                    "not certain which one counts. Remove one of the two, or export the calendar again.",
                    prop.line,
                )
            )
        seen.setdefault(prop.name, prop.line)
