"""One event of a calendar file, as it is written: its start, its length, how it repeats."""

from __future__ import annotations

from dataclasses import dataclass, field

from calendars.components import Component
from calendars.faults import Fault, Faults
from calendars.lines import Property, unescape, words
from calendars.rules import Rule, read_rule
from calendars.values import Length, Moment, Unreadable, read_length, read_moment, read_period
from calendars.zones import Zones

TITLE_LENGTH_MAX = 200
_ALL_DAY_MARKS = ("X-MICROSOFT-CDO-ALLDAYEVENT", "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT", "X-FUNAMBOL-ALLDAY")


@dataclass(frozen=True)
class Event:
    line: int
    """Of its BEGIN:VEVENT."""
    title: str
    uid: str
    """Empty: it has none, and belongs to no other event."""
    sequence: int
    canceled: bool
    start: Moment | None
    """None only in one that is canceled; one in a series may say only which one it is."""
    end: Moment | Length | None
    all_day_mark: bool
    """Its author's program says that it takes the whole day."""
    rules: tuple[Rule, ...] = ()
    except_rules: tuple[Rule, ...] = ()
    more: tuple[tuple[Moment, Moment | Length | None], ...] = ()
    """RDATE: more starts, some with an end of their own."""
    exceptions: tuple[Moment, ...] = ()
    replaces: Moment | None = None
    """RECURRENCE-ID: the start of the one in a series that this event is instead of."""
    and_later: bool = False
    """It also changes all later ones of the series (RANGE=THISANDFUTURE)."""


@dataclass
class _Reading:
    component: Component
    zones: Zones
    faults: Faults
    start: Moment | None = None
    rules: list[Rule] = field(default_factory=list)
    except_rules: list[Rule] = field(default_factory=list)
    more: list[tuple[Moment, Moment | Length | None]] = field(default_factory=list)
    exceptions: list[Moment] = field(default_factory=list)
    end: Moment | Length | None = None
    end_line: int = 0
    end_name: str = ""
    replaces: Moment | None = None
    and_later: bool = False


def read_event(component: Component, zones: Zones, faults: Faults, *, all_canceled: bool) -> Event | None:
    """None: a fault was added. `all_canceled`: the whole calendar is a cancellation."""
    before = len(faults.found)
    reading = _Reading(component, zones, faults)
    for prop in component.properties:
        try:
            _read(reading, prop)
        except Unreadable as error:
            faults.add(error.at(prop.line))
    canceled = all_canceled or _text(component, "STATUS").upper() in ("CANCELLED", "CANCELED")
    if len(faults.found) > before or component.faulty:
        return None
    if reading.start is None and not canceled:
        faults.add(
            Fault("This event does not say when it starts (DTSTART). Give it a time, or remove it.", component.line)
        )
        return None
    sequence = _text(component, "SEQUENCE")
    return Event(
        line=component.line,
        title=_title(component),
        uid=_text(component, "UID"),
        sequence=int(sequence) if sequence.isdecimal() and len(sequence) < 12 else 0,
        canceled=canceled,
        start=reading.start or reading.replaces,
        end=reading.end,
        all_day_mark=any(_text(component, name).upper() in ("TRUE", "1") for name in _ALL_DAY_MARKS),
        rules=tuple(reading.rules),
        except_rules=tuple(reading.except_rules),
        more=tuple(reading.more),
        exceptions=tuple(reading.exceptions),
        replaces=reading.replaces,
        and_later=reading.and_later,
    )


def _read(reading: _Reading, prop: Property) -> None:
    zones = reading.zones
    match prop.name:
        case "DTSTART":
            reading.start = read_moment(prop, zones)
        case "DTEND" | "DURATION":
            _read_end(reading, prop)
        case "RRULE":
            reading.rules.append(read_rule(prop, zones))
        case "EXRULE":
            reading.except_rules.append(read_rule(prop, zones))
        case "RDATE":
            reading.more += [read_period(prop, zones, it) for it in prop.value.split(",") if it.strip()]
        case "EXDATE":
            reading.exceptions += [read_period(prop, zones, it)[0] for it in prop.value.split(",") if it.strip()]
        case "RECURRENCE-ID":
            reading.replaces = read_moment(prop, zones)
            reading.and_later = _is_and_later(prop)


def _read_end(reading: _Reading, prop: Property) -> None:
    if reading.end is not None:
        if reading.end_name == prop.name:
            return  # said already: twice the same property
        raise Unreadable(
            f"The event has an end (DTEND) and a duration (DURATION; the other one is in line {reading.end_line}), "
            "so it is not certain which one counts. Remove one of the two."
        )
    reading.end = read_moment(prop, reading.zones) if prop.name == "DTEND" else read_length(prop)
    reading.end_line, reading.end_name = prop.line, prop.name


def _is_and_later(prop: Property) -> bool:
    extent = prop.parameters.get("RANGE", "").upper()
    if extent not in ("", "THISANDFUTURE"):
        raise Unreadable("This event changes a class and all earlier ones (RANGE), which no calendar does any more.")
    return extent == "THISANDFUTURE"


def _text(component: Component, name: str) -> str:
    prop = component.first(name)
    return unescape(prop.value).strip() if prop else ""


def _title(component: Component) -> str:
    prop = component.first("SUMMARY")  # the first one, where exporters write one for each language
    return (words(prop)[:TITLE_LENGTH_MAX] if prop else "") or "Class"
