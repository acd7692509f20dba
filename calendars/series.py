"""From the events of a calendar to their occurrences around a span of days, in UTC.

A series is its rules, more dates and exceptions, and the events that are instead of one or of all
later occurrences. The repeat is worked out on the series' own clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from calendars.events import Event
from calendars.rules import Rule, expand, keeps
from calendars.values import Length, Moment
from calendars.zones import UTC_ZONE, Zone

_MARGIN = timedelta(days=2)
"""More than any two clocks differ."""
_LOOK_BACK_MAX = timedelta(days=31)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Occurrence:
    event: Event
    starts_at: datetime
    """In UTC."""
    ends_at: datetime | None
    """None: the event does not say at what time it ends."""
    local: datetime
    """The start on its own clock."""
    local_end: datetime | None
    is_date: bool
    """It has no time of day."""
    odd: bool = False
    """The start of a series does not keep the series' own rule."""
    unclear: bool = False
    """Its start and its end are on different clocks, one of which is not named."""


@dataclass
class Found:
    occurrences: list[Occurrence] = field(default_factory=list)
    superseded: list[Event] = field(default_factory=list)
    """Older versions of another event."""
    excluded: list[Event] = field(default_factory=list)
    """Instead of an occurrence that the series takes out (EXDATE)."""
    missed: list[tuple[Event, datetime]] = field(default_factory=list)
    """What an EXDATE takes out, on the series' clock, while that day's has another time."""


@dataclass(frozen=True)
class Span:
    """The days whose occurrences are asked for. `default`: the clock of times without one."""

    begin: datetime
    end: datetime
    default: Zone


def occurrences(events: Iterable[Event], span: Span) -> Found:
    found = Found()
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[event.uid].append(event)
    for uid, group in groups.items():
        _group(found, group, span, has_uid=bool(uid))
    return found


def _group(found: Found, group: list[Event], span: Span, *, has_uid: bool) -> None:
    """Events with one UID. Without a RECURRENCE-ID each is a series of its own, because exporters
    give several classes one UID; but a higher SEQUENCE says that it is a newer version."""
    series = [it for it in group if it.replaces is None]
    changes = [it for it in group if it.replaces is not None]
    if not series and any(it.rules for it in changes):
        # An exporter that gives a whole series the RECURRENCE-ID of its first class.
        series = [it for it in changes if it.rules]
        changes = [it for it in changes if not it.rules]
    newest = max((it.sequence for it in series), default=0)
    if has_uid:
        found.superseded += [it for it in series if it.sequence < newest]
        series = [it for it in series if it.sequence == newest]
    one_by_one = _newest_of_each(changes, _zone_of(series[0], span) if series else span.default)
    used: set[int] = set()
    for event in series:
        if event.start is not None:
            found.occurrences += _series(event, one_by_one, used, span, found.missed)
    for change in one_by_one:
        if _is_excluded(change, series, span):
            found.excluded.append(change)
        elif change.start is not None:
            found.occurrences += _between(_single(change, change.start, span), span)


def _newest_of_each(changes: list[Event], zone: Zone) -> list[Event]:
    """Of several events instead of the same occurrence the newest, else the last one."""
    newest: dict[object, Event] = {}
    for change in changes:
        named = change.replaces
        key = (named and (_on_clock(named, zone), named.is_date), change.and_later)
        if key not in newest or change.sequence >= newest[key].sequence:
            newest[key] = change
    return list(newest.values())


def _zone_of(event: Event, span: Span) -> Zone:
    return (event.start.zone if event.start else None) or span.default


@dataclass
class _Set:
    """Moments to compare starts with, whatever way they are written."""

    zone: Zone
    default: Zone
    dates: set[datetime] = field(default_factory=set)
    moments: set[datetime] = field(default_factory=set)
    walls: set[datetime] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    """Of moments with a time; only a series without times looks at them."""

    def add(self, moment: Moment) -> _Set:
        if moment.is_date:
            self.dates.add(moment.local)
        elif moment.zone is not None:
            self.moments.add(moment.zone.to_utc(moment.local))
            self.days.add(self.zone.to_local(moment.zone.to_utc(moment.local)).date())
        else:
            self.walls.add(moment.local)
            if self.zone is UTC_ZONE:
                self.moments.add(self.default.to_utc(moment.local))
            self.days.add(moment.local.date())
        return self

    def has(self, local: datetime, *, is_date: bool) -> bool:
        if not (self.dates or self.moments or self.walls):
            return False
        midnight = local.replace(hour=0, minute=0, second=0)
        if midnight in self.dates or local in self.walls:
            return True
        if is_date:
            return local.date() in self.days
        return bool(self.moments) and self.zone.to_utc(local) in self.moments


def _set_of(moments: Iterable[Moment], zone: Zone, span: Span) -> _Set:
    made = _Set(zone, span.default)
    for moment in moments:
        made.add(moment)
    return made


def _is_excluded(change: Event, series: list[Event], span: Span) -> bool:
    """Whether the series itself takes out the occurrence that the event is instead of."""
    if change.canceled or change.replaces is None:
        return False
    return any(it.exceptions and _excludes(it, change.replaces, span) for it in series if it.start is not None)


def _excludes(event: Event, replaces: Moment, span: Span) -> bool:
    zone = _zone_of(event, span)
    exceptions = _set_of(event.exceptions, zone, span)
    return exceptions.has(_on_clock(replaces, zone), is_date=replaces.is_date)


def _on_clock(moment: Moment, zone: Zone) -> datetime:
    """The moment as a local time of the zone; one without a zone is meant in it."""
    if moment.is_date or moment.zone is None or moment.zone is zone:
        return moment.local
    return zone.to_local(moment.zone.to_utc(moment.local))


def _series(
    event: Event, changes: list[Event], used: set[int], span: Span, missed: list[tuple[Event, datetime]]
) -> Iterator[Occurrence]:
    """`used`: lines of changes that found their occurrence in another series of the same UID."""
    zone = _zone_of(event, span)
    single = [(it, _set_of([it.replaces], zone, span)) for it in changes if it.replaces and not it.and_later]
    later = sorted(
        ((_on_clock(it.replaces, zone), it) for it in changes if it.replaces and it.and_later), key=lambda it: it[0]
    )
    starts = list(_starts(event, zone, span, _reach(event, later, zone)))
    missed += [(event, at) for at in _missed(event, [local for local, _, _ in starts], zone, span)]
    for local, end, odd in starts:
        is_date = event.start is not None and event.start.is_date
        replaced = [it for it, moments in single if it.line not in used and moments.has(local, is_date=is_date)]
        if replaced:
            used.update(it.line for it in replaced if _is_only_here(it, is_date=is_date))
            continue
        change = next((it for at, it in reversed(later) if at <= local), None)
        if change is None:
            made = _occurrence(event, local, end, zone, span, odd=odd)
        elif change.replaces is not None and _on_clock(change.replaces, zone) == local:
            continue  # it is itself this occurrence
        else:
            made = _moved(change, local, zone, span)
        yield from _between(made, span)


def _is_only_here(change: Event, *, is_date: bool) -> bool:
    """A change by date is for every class of that day in its series, so it stays open."""
    return not (change.replaces and change.replaces.is_date and not is_date)


def _moved(change: Event, local: datetime, zone: Zone, span: Span) -> Occurrence:
    """A later occurrence of a series that was changed from one occurrence on."""
    if change.start is None or change.replaces is None:
        return _occurrence(change, local, None, zone, span)
    shift = _on_clock(change.start, zone) - _on_clock(change.replaces, zone)
    return _occurrence(change, local + shift, _length(change.start, change.end, span), zone, span)


def _reach(event: Event, later: list[tuple[datetime, Event]], zone: Zone) -> timedelta:
    """How far before the span an occurrence may start that still touches it."""
    reach = min(_longest(event), _LOOK_BACK_MAX) + _MARGIN
    for at, change in later:
        if change.start is not None:
            reach += min(abs(_on_clock(change.start, zone) - at), 12 * _LOOK_BACK_MAX)
    return reach


def _longest(event: Event) -> timedelta:
    if isinstance(event.end, Length):
        return abs(event.end.exact) + abs(timedelta(days=event.end.days))
    if event.end is not None and event.start is not None:
        return abs(event.end.local - event.start.local)
    return timedelta(0)


def _starts(
    event: Event, zone: Zone, span: Span, reach: timedelta
) -> Iterator[tuple[datetime, Length | str | None, bool]]:
    """Local starts, each with its length and whether it does not keep the series' rule."""
    start = event.start
    if start is None:
        return
    first = span.begin.replace(tzinfo=None) - reach
    last = span.end.replace(tzinfo=None) + reach
    usual = _length(start, event.end, span)
    found: dict[datetime, Length | str | None] = {start.local: usual}
    for rule in event.rules:
        found.update((local, usual) for local in _expanded(rule, start, zone, first, last))
    if event.rules and not _is_begun(event, start, zone):
        del found[start.local]
    for more, end in event.more:
        local = more.local + (start.local - _midnight(start.local)) if more.is_date else _on_clock(more, zone)
        found[local] = usual if end is None else _length(more, end, span)
    exceptions = _set_of(event.exceptions, zone, span)
    for rule in event.except_rules:
        exceptions.walls.update(
            local for local in _expanded(rule, start, zone, first, last) if local != start.local or keeps(rule, local)
        )
    odd = bool(event.rules) and not any(keeps(rule, start.local) for rule in event.rules)
    for local, length in sorted(found.items(), key=lambda it: it[0]):
        if first <= local <= last and not exceptions.has(local, is_date=start.is_date):
            yield local, length, odd and local == start.local


def _missed(event: Event, kept: list[datetime], zone: Zone, span: Span) -> Iterator[datetime]:
    """Exceptions that take out nothing, although the series has an occurrence on their day."""
    days = {local.date() for local in kept}
    more = {_on_clock(moment, zone) for moment, _ in event.more}
    for exception in event.exceptions:
        if exception.is_date or (exception.zone is None and zone is UTC_ZONE):
            continue
        at = _on_clock(exception, zone)
        near = span.begin - _DAY <= zone.to_utc(at) < span.end
        if (
            near
            and at not in more
            and at.date() in days
            and not any(at in expand(it, _start_of(event), at, at) for it in event.rules)
        ):
            yield at


def _start_of(event: Event) -> datetime:
    assert event.start is not None  # noqa: S101  only a series with a start is asked
    return event.start.local


def _is_begun(event: Event, start: Moment, zone: Zone) -> bool:
    """Whether the series has its start: not if every rule ends before it."""
    return any(rule.until is None or _until(rule.until, start.local, start, zone) for rule in event.rules)


def _expanded(rule: Rule, start: Moment, zone: Zone, first: datetime, last: datetime) -> Iterator[datetime]:
    for local in expand(rule, start.local, first, last):
        if rule.until is not None and not _until(rule.until, local, start, zone):
            return
        yield local


def _until(until: Moment, local: datetime, start: Moment, zone: Zone) -> bool:
    """Whether the series has not ended by then. A date means the whole day on the series' clock; a
    time without a zone is on that clock, too."""
    if until.is_date or start.is_date:
        last_day = until.local if until.is_date or until.zone is None else zone.to_local(until.zone.to_utc(until.local))
        return local < _midnight(last_day) + _DAY
    if until.zone is None:
        return local <= until.local
    return zone.to_utc(local) <= until.zone.to_utc(until.local)


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0)


UNCLEAR = "unclear"


def _length(start: Moment, end: Moment | Length | None, span: Span) -> Length | str | None:
    """How long it takes. None: it does not say. UNCLEAR: its start and its end are on different
    clocks, one of which is not named."""
    if end is None:
        return Length()
    if isinstance(end, Length):
        return end
    if end.is_date:
        return Length(days=(end.local - _midnight(start.local)).days) if start.is_date else None
    if start.is_date:
        return Length(days=1)
    if (start.zone is None) != (end.zone is None):
        if start.zone is UTC_ZONE:
            return UNCLEAR
        if start.zone is not None:
            end = Moment(end.local, start.zone)
        elif end.zone not in (None, UTC_ZONE) and end.zone.to_utc(start.local) != span.default.to_utc(start.local):
            return UNCLEAR
    ends_at = (end.zone or span.default).to_utc(end.local)
    return Length(exact=ends_at - (start.zone or span.default).to_utc(start.local))


def _single(event: Event, start: Moment, span: Span) -> Occurrence:
    zone = _zone_of(event, span)
    return _occurrence(event, start.local, _length(start, event.end, span), zone, span)


def _occurrence(
    event: Event, local: datetime, length: Length | str | None, zone: Zone, span: Span, *, odd: bool = False
) -> Occurrence:
    is_date = event.start is not None and event.start.is_date
    clock = span.default if is_date else zone
    starts_at = clock.to_utc(local)
    ends_at = local_end = None
    if isinstance(length, Length):
        days = timedelta(days=max(-9999, min(length.days, 9999)))
        if is_date and length == Length():
            days = _DAY
        exact = max(-9999 * _DAY, min(length.exact, 9999 * _DAY))
        ends_at = clock.to_utc(local + days) + exact
        local_end = clock.to_local(ends_at)
    return Occurrence(event, starts_at, ends_at, local, local_end, is_date, odd=odd, unclear=length == UNCLEAR)


def _between(made: Occurrence, span: Span) -> Iterator[Occurrence]:
    end = made.starts_at if made.ends_at is None else max(made.starts_at, made.ends_at)
    # One without a length on the very first moment is still asked for.
    if made.starts_at < span.end and (end > span.begin or made.starts_at >= span.begin):
        yield made
