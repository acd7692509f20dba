"""From an iCalendar file to the classes of a span of days. Pure: no clock, no database.

Nobody can tell beforehand how much work a short repeat rule causes: the portal reads what people
send it in a child process with limits.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from calendars.components import CalendarFile, Component, read_components
from calendars.definitions import defined_zones
from calendars.events import Event, read_event
from calendars.faults import Fault, Faults, short
from calendars.lines import unescape
from calendars.series import Found, Occurrence, Span, occurrences
from calendars.values import unknown_zone
from calendars.zones import DatabaseZone, Zone, Zones

CLASS_LENGTH_MAX = timedelta(hours=24)
NAMED_MAX = 3
_LAST_MINUTE = time(23, 59)


@dataclass(frozen=True)
class ClassMeeting:
    """One class. Times are in UTC."""

    starts_at: datetime
    ends_at: datetime
    title: str


@dataclass(frozen=True)
class TimetableReading:
    classes: tuple[ClassMeeting, ...]
    """Those that end after the span's begin and start before its end, in order."""
    notes: tuple[str, ...]
    """What a person should know: what was left out, and why."""


@dataclass(frozen=True)
class _Reason:
    """Why entries are left out, for one and for several."""

    one: str
    many: str


_CANCELED = _Reason("is canceled and left out", "are canceled and left out")
_WHOLE_DAY = _Reason(
    "takes a whole day or longer and is left out: it is taken for a holiday, not a class",
    "take a whole day or longer and are left out: they are taken for holidays, not classes",
)
_NO_LENGTH = _Reason("has no length and is left out", "have no length and are left out")
_BACKWARDS = _Reason("ends before it starts and is left out", "end before they start and are left out")
_NO_END_TIME = _Reason(
    "ends on a day without a time of day and is left out", "end on a day without a time of day and are left out"
)
_UNCLEAR = _Reason(
    "has a time zone only at its start or only at its end and is left out, because its length is not certain",
    "have a time zone only at their start or only at their end and are left out, because their length is not certain",
)
_SUPERSEDED = _Reason(
    "is an older version of another entry and is left out", "are older versions of other entries and are left out"
)
_EXCLUDED = _Reason(
    "replaces a class that its series takes out and is left out",
    "replace classes that their series take out and are left out",
)
_ORDER = (_CANCELED, _WHOLE_DAY, _NO_LENGTH, _BACKWARDS, _NO_END_TIME, _UNCLEAR, _SUPERSEDED, _EXCLUDED)


@dataclass
class _Notes:
    left_out: dict[_Reason, list[Event]] = field(default_factory=lambda: defaultdict(list))
    more: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        told = [_left_out(reason, self.left_out[reason]) for reason in _ORDER if reason in self.left_out]
        return [*told, *self.more]


def read_classes(content: str, *, zone: ZoneInfo, begin: datetime, end: datetime) -> TimetableReading:
    """The classes from `begin` to `end`. `zone`: for times without one. Raises BadTimetable."""
    faults, notes = Faults(), _Notes()
    file = read_components(content, faults)
    zones = Zones(defined_zones(file.zones, begin))
    _check_calendar_system(file.header, faults)
    method = _method(file.header, faults)
    read = (read_event(it, zones, faults, all_canceled=method == "CANCEL") for it in file.events)
    events = [it for it in read if it is not None]
    default = _default_zone(file, events, zones, faults, DatabaseZone(zone), notes)
    faults.raise_any()
    if method in _ANSWERS:
        events = []
        notes.more.append(
            "The file is an answer to an invitation, not a calendar, so its entries are left out. "
            "Export the calendar itself."
        )
    if file.ignored_lines:
        notes.more.append(_ignored(file.ignored_lines))
    found = occurrences(events, Span(begin, end, default))
    return _select(found, zone=zone, notes=notes)


_ANSWERS = ("REPLY", "REFRESH", "COUNTER", "DECLINECOUNTER")
"""Of these methods (RFC 5546) an event says what somebody answers or proposes."""


def _method(header: Component, faults: Faults) -> str:
    methods = header.all("METHOD")
    if len({it.value.upper() for it in methods}) > 1:
        faults.add(
            Fault(
                "The calendar has two METHODs, so it is not certain what it means. Export it again.", methods[-1].line
            )
        )
    return methods[0].value.upper() if methods else ""


def _check_calendar_system(header: Component, faults: Faults) -> None:
    system = header.first("CALSCALE")
    if system is not None and system.value.upper() not in ("GREGORIAN", ""):
        faults.add(
            Fault(
                f"The calendar counts days in another way (CALSCALE “{short(system.value)}”). "
                "Export it in the Gregorian calendar.",
                system.line,
            )
        )


def _default_zone(
    file: CalendarFile, events: list[Event], zones: Zones, faults: Faults, cohorts: Zone, notes: _Notes
) -> Zone:
    """The clock of times without a zone: the calendar's own (X-WR-TIMEZONE), else the cohort's."""
    named = [it for it in file.header.all("X-WR-TIMEZONE") if it.value]
    if not named or not any(it.start and it.start.zone is None and not it.start.is_date for it in events):
        return cohorts
    name = unescape(named[0].value)
    zone = zones.find(name)
    if zone is None or len({it.value for it in named}) > 1:
        faults.add(Fault(unknown_zone(name), named[-1].line))
        return cohorts
    noon = datetime(2000, 1, 1, 12), datetime(2000, 7, 1, 12)  # noqa: DTZ001  local times are naive
    if any(zone.to_utc(it) != cohorts.to_utc(it) for it in noon):
        notes.more.append(f"Times without a time zone are read in the calendar's own zone, {short(name)}.")
    return zone


def _select(found: Found, *, zone: ZoneInfo, notes: _Notes) -> TimetableReading:
    classes: set[tuple[datetime, datetime, str]] = set()
    for occurrence in found.occurrences:
        reason = _why_left_out(occurrence, zone)
        if reason is not None:
            notes.left_out[reason].append(occurrence.event)
        elif occurrence.ends_at is not None:
            classes.add((occurrence.starts_at, occurrence.ends_at, occurrence.event.title))
            if occurrence.odd:
                notes.more.append(
                    f"“{occurrence.event.title}” (line {occurrence.event.line}) starts on a day that its own rule "
                    "does not name; that day counts as a class, too."
                )
    for reason, events in ((_SUPERSEDED, found.superseded), (_EXCLUDED, found.excluded)):
        if events:
            notes.left_out[reason] += events
    for event, at in found.missed[:NAMED_MAX]:
        notes.more.append(
            f"“{event.title}” (line {event.line}) takes out a class at {at:%H:%M} on {at:%-d %B}, but has it at another "
            "time; the class stays."
        )
    return TimetableReading(tuple(ClassMeeting(*it) for it in sorted(classes)), tuple(notes.sentences()))


def _why_left_out(occurrence: Occurrence, zone: ZoneInfo) -> _Reason | None:
    event, ends_at = occurrence.event, occurrence.ends_at
    if event.canceled:
        return _CANCELED
    if occurrence.is_date or event.all_day_mark:
        return _WHOLE_DAY
    if occurrence.unclear:
        return _UNCLEAR
    if ends_at is None:
        return _NO_END_TIME
    if ends_at < occurrence.starts_at:
        return _BACKWARDS
    if ends_at == occurrence.starts_at:
        return _NO_LENGTH
    if ends_at - occurrence.starts_at >= CLASS_LENGTH_MAX or _fills_a_day(occurrence, zone):
        return _WHOLE_DAY
    return None


def _fills_a_day(occurrence: Occurrence, zone: ZoneInfo) -> bool:
    """From midnight to midnight, or to the last minute, on its own clock or on the cohort's. The
    day may have 23 hours."""
    start, end = occurrence.local, occurrence.local_end
    if end is not None and _is_day(start, end):
        return True
    here = [it.astimezone(zone).replace(tzinfo=None) for it in (occurrence.starts_at, occurrence.ends_at) if it]
    return len(here) == 2 and _is_day(here[0], here[1])


def _is_day(start: datetime, end: datetime) -> bool:
    return start.time() == time(0) and (end.date() > start.date() or end.time() >= _LAST_MINUTE)


def _left_out(reason: _Reason, events: list[Event]) -> str:
    """Which entries are left out, and why. One of a series is named once."""
    named = list(dict.fromkeys(f"“{it.title}” (line {it.line})" for it in events))
    shown = ", ".join(named[:NAMED_MAX]) + (f" and {len(named) - NAMED_MAX} more" if len(named) > NAMED_MAX else "")
    count = f"1 entry {reason.one}" if len(events) == 1 else f"{len(events)} entries {reason.many}"
    return f"{count}: {shown}."


def _ignored(lines: list[int]) -> str:
    shown = ", ".join(map(str, lines[:NAMED_MAX])) + (", …" if len(lines) > NAMED_MAX else "")
    if len(lines) == 1:
        return f"Line {shown} is no calendar data and was ignored."
    return f"{len(lines)} lines are no calendar data and were ignored: {shown}."
