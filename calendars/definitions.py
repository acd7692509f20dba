"""Time zones that a calendar file defines itself (VTIMEZONE; RFC 5545, 3.6.5)."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from calendars.components import Component
from calendars.lines import unescape
from calendars.rules import Rule, expand, read_rule
from calendars.values import Unreadable, read_moment
from calendars.zones import Zone, Zones

_OFFSET = re.compile(r"([+-]?)([0-9]{1,2}):?([0-9]{2}):?([0-9]{2})?")
_BEGIN = datetime(1970, 1, 1)  # noqa: DTZ001  local times are naive
_AHEAD = timedelta(days=3 * 366)
_NO_ZONES = Zones({})
ONSETS_MAX = 4000


@dataclass(frozen=True, order=True)
class _Change:
    at: datetime
    """In UTC."""
    before: timedelta
    after: timedelta


class DefinedZone:
    """A zone by its changes of offset, in order."""

    def __init__(self, changes: list[_Change], first: timedelta) -> None:
        self._changes = changes
        self._first = first
        self._utc = [change.at for change in changes]
        # In local time a change takes effect where the new offset is certain: after the hour that
        # the clocks leave out, and after the second run of the hour that comes twice.
        self._local = [_naive(change.at) + max(change.before, change.after) for change in changes]

    def to_utc(self, local: datetime) -> datetime:
        index = bisect.bisect_right(self._local, local)
        offset = self._changes[index - 1].after if index else self._first
        return (local - offset).replace(tzinfo=UTC)

    def to_local(self, moment: datetime) -> datetime:
        index = bisect.bisect_right(self._utc, moment)
        return _naive(moment) + (self._changes[index - 1].after if index else self._first)


def defined_zones(components: list[Component], now: datetime) -> dict[str, Callable[[], Zone | None]]:
    """By the name that events use. Each is worked out when needed; None: it cannot be."""
    made: dict[str, Callable[[], Zone | None]] = {}
    for component in components:
        name = component.first("TZID")
        if name is not None:
            made.setdefault(unescape(name.value), _maker(component, now))
    return made


def _maker(component: Component, now: datetime) -> Callable[[], Zone | None]:
    def make() -> Zone | None:
        try:
            return _zone(component, _naive(now) + _AHEAD)
        except (Unreadable, ValueError):
            location = component.first("X-LIC-LOCATION")
            return _NO_ZONES.find(location.value) if location else None

    return make


def _zone(component: Component, end: datetime) -> Zone:
    changes: list[_Change] = []
    for observance in component.children:
        if observance.name in ("STANDARD", "DAYLIGHT"):
            changes += _changes(observance, end)
    if not changes:
        raise ValueError("no observance")
    changes.sort()
    # Far back only the last change before 1970 counts, and each observance has one.
    return DefinedZone(changes, changes[0].before)


def _changes(observance: Component, end: datetime) -> list[_Change]:
    start = observance.first("DTSTART")
    before, after = (_offset(observance, name) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
    if start is None:
        raise ValueError("no DTSTART")
    first = read_moment(start, _NO_ZONES).local
    onsets = {first}
    for prop in observance.all("RRULE"):
        rule = read_rule(prop, _NO_ZONES)
        onsets.update(_onsets(rule, first, before, end))
    for prop in observance.all("RDATE"):
        onsets.update(read_moment(prop, _NO_ZONES, it.partition("/")[0]).local for it in prop.value.split(","))
    if len(onsets) > ONSETS_MAX:
        raise ValueError("too many changes")
    return [_Change((onset - before).replace(tzinfo=UTC), before, after) for onset in onsets]


def _onsets(rule: Rule, first: datetime, before: timedelta, end: datetime) -> list[datetime]:
    begin = max(first, _BEGIN - timedelta(days=366))
    found: list[datetime] = []
    for onset in expand(rule, first, begin, end):
        if rule.until is not None:
            at = onset if rule.until.zone is None else onset - before
            if at > rule.until.local + timedelta(days=1 if rule.until.is_date else 0):
                break
        found.append(onset)
        if len(found) > ONSETS_MAX:
            raise ValueError("too many changes")
    return found


def _offset(observance: Component, name: str) -> timedelta:
    prop = observance.first(name)
    found = _OFFSET.fullmatch(prop.value) if prop else None
    if found is None:
        raise ValueError("no offset")
    hours, minutes, seconds = (int(it or 0) for it in found.groups()[1:])
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if offset >= timedelta(days=1):
        raise ValueError("no offset")
    return -offset if found[1] == "-" else offset


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
