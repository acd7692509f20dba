"""Values of the properties that say when a class is: times, durations (RFC 5545, 3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from calendars.faults import Fault, short
from calendars.lines import Property
from calendars.zones import UTC_ZONE, Zone, Zones

_TIME = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[Tt]([0-9]{2})([0-9]{2})([0-9]{2})?([Zz])?)?")
_DURATION = re.compile(
    r"([+-]?)[Pp](?:([0-9]{1,6})[Ww])?(?:([0-9]{1,6})[Dd])?"
    r"(?:[Tt](?:([0-9]{1,6})[Hh])?(?:([0-9]{1,6})[Mm])?(?:([0-9]{1,8})[Ss])?)?"
)
_YEARS = range(100, 9900)
"""Away from both ends of Python's calendar, so that no zone's offset leads beyond it."""


@dataclass(frozen=True)
class Moment:
    """A date or a time as it is written."""

    local: datetime
    """Naive; a date is its midnight."""
    zone: Zone | None
    """None: it names none."""
    is_date: bool = False


@dataclass(frozen=True)
class Length:
    """Days follow the calendar; the rest is exact (RFC 5545, 3.3.6)."""

    days: int = 0
    exact: timedelta = timedelta(0)


class Unreadable(Exception):
    """A value that means nothing; it carries the fault, without its line."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def at(self, line: int) -> Fault:
        return Fault(self.text, line)


def read_moment(prop: Property, zones: Zones, value: str | None = None) -> Moment:
    """A date or time of the property, whatever type it declares. Raises Unreadable."""
    text = (prop.value if value is None else value).strip()
    found = _TIME.fullmatch(text)
    local = _local(found) if found else None
    if found is None or local is None:
        raise Unreadable(
            f"{prop.name} “{short(text)}” is no date or time, as 20261123T090000 is. Correct it in the calendar."
        )
    if found[4] is None:
        return Moment(local, None, is_date=True)
    if found[7]:
        return Moment(local, UTC_ZONE)  # a name next to it means nothing (RFC 5545, 3.2.19)
    name = prop.parameters.get("TZID", "").strip()
    if not name:
        return Moment(local, None)
    zone = zones.find(name)
    if zone is None:
        raise Unreadable(unknown_zone(name))
    return Moment(local, zone)


def unknown_zone(name: str) -> str:
    return (
        f"nobody knows the time zone “{short(name)}”, so the time of the class is not certain. "
        "Use a name such as Europe/Berlin, or export the calendar with its time zones (VTIMEZONE)."
    )


def _local(found: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second = (int(it or 0) for it in found.groups()[:6])
    next_day = (hour, minute, second) == (24, 0, 0)  # midnight at the end of a day
    if second > 60:  # 60 is a leap second
        return None
    try:
        local = datetime(year, month, day, 0 if next_day else hour, minute, min(second, 59))  # noqa: DTZ001  on its own clock
    except ValueError:
        return None
    if year not in _YEARS:
        return None
    return local + timedelta(days=1) if next_day else local


def read_length(prop: Property, value: str | None = None) -> Length:
    """Raises Unreadable."""
    text = (prop.value if value is None else value).strip()
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        raise Unreadable(f"“{short(text)}” is no duration, as PT3H is. Correct it in the calendar.")
    weeks, days, hours, minutes, seconds = (int(it or 0) for it in found.groups()[1:])
    sign = -1 if found[1] == "-" else 1
    exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return Length(sign * (7 * weeks + days), sign * exact)


def read_period(prop: Property, zones: Zones, value: str) -> tuple[Moment, Moment | Length | None]:
    """A date, a time, or a period as `start/end` or `start/duration`. Raises Unreadable."""
    first, slash, second = value.partition("/")
    start = read_moment(prop, zones, first)
    if not slash:
        return start, None
    if second.strip()[:1] in ("P", "p", "+", "-"):
        return start, read_length(prop, second)
    return start, read_moment(prop, zones, second)
