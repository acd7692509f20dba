"""When classes are: a plain weekly timetable, or what an iCalendar file says."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.operator_files import BadFile, read_text
from simulator.operator_input import BadInput

SATURDAY = 5
CLASSES_MAX = 5_000


class BadTimetable(BadInput):
    """The text names the file or the value, and says what is expected."""


@dataclass(frozen=True, order=True)
class ClassHours:
    """One class: seconds since the epoch."""

    starts_at: float
    ends_at: float


@dataclass(frozen=True)
class Term:
    """The days that are simulated, on the school's wall."""

    first_day: dt.date
    days: int
    time_zone: str = "UTC"
    holidays: frozenset[dt.date] = frozenset()

    def __post_init__(self) -> None:
        if not 1 <= self.days <= 366:
            raise BadTimetable(f"days must be from 1 to 366, not {self.days}")
        try:
            zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise BadTimetable(f"a time zone like Europe/Vienna is expected, not {self.time_zone!r}") from None

    @property
    def starts_at(self) -> float:
        return self.at(0, 0.0)

    @property
    def ends_at(self) -> float:
        return self.at(self.days, 0.0)

    def day(self, index: int) -> dt.date:
        return self.first_day + dt.timedelta(days=index)

    def at(self, index: int, hour: float) -> float:
        """The moment when clocks show `hour` on a day of the term."""
        midnight = dt.datetime.combine(self.day(index), dt.time(), zoneinfo.ZoneInfo(self.time_zone))
        return (midnight + dt.timedelta(hours=hour)).timestamp()


def weekly(term: Term, *, start_hour: float, hours: float) -> tuple[ClassHours, ...]:
    """A class on each weekday that is no holiday."""
    return tuple(
        ClassHours(term.at(index, start_hour), term.at(index, start_hour + hours))
        for index in range(term.days)
        if hours > 0 and term.day(index).weekday() < SATURDAY and term.day(index) not in term.holidays
    )


def read_timetable(file: Path, term: Term) -> tuple[ClassHours, ...]:
    """The classes of an iCalendar file in the term, without canceled and all-day events.

    Raises BadTimetable when the file cannot be read, is no calendar, or has no class in the term.
    """
    import icalendar
    import recurring_ical_events

    try:
        calendar = icalendar.Calendar.from_ical(read_text(file))
        zone = zoneinfo.ZoneInfo(term.time_zone)
        begin = dt.datetime.combine(term.first_day, dt.time(), zone)
        events = recurring_ical_events.of(calendar).between(begin, begin + dt.timedelta(days=term.days))
    except BadFile as problem:
        raise BadTimetable(str(problem)) from None
    except Exception:  # noqa: BLE001  the libraries raise what they like, in words for programmers
        raise BadTimetable(f"{file}: is not an iCalendar file, or a damaged one") from None
    classes = tuple(sorted({found for event in events if (found := _class(event, zone)) is not None}))
    classes = tuple(found for found in classes if term.starts_at <= found.starts_at < term.ends_at)
    if not classes:
        last = term.day(term.days - 1)
        raise BadTimetable(f"{file}: has no class from {term.first_day} to {last}; --start chooses another first day")
    if len(classes) > CLASSES_MAX:
        raise BadTimetable(f"{file}: has {len(classes):,} classes in the term, at most {CLASSES_MAX:,} are possible")
    return classes


def without_holidays(classes: Iterable[ClassHours], term: Term) -> tuple[ClassHours, ...]:
    zone = zoneinfo.ZoneInfo(term.time_zone)
    return tuple(one for one in classes if dt.datetime.fromtimestamp(one.starts_at, zone).date() not in term.holidays)


def read_days(words: Sequence[str]) -> frozenset[dt.date]:
    """Single days, or ranges like 2026-12-21..2027-01-03."""
    days: set[dt.date] = set()
    for word in words:
        first, dots, last = word.partition("..")
        try:
            begin = dt.date.fromisoformat(first)
            end = dt.date.fromisoformat(last) if dots else begin
        except ValueError:
            raise BadTimetable(
                f"a day like 2026-12-24 or days like 2026-12-24..2027-01-03 are expected, not {word!r}"
            ) from None
        if not 0 <= (end - begin).days <= 366:
            raise BadTimetable(f"{word}: the last day must not be before the first, nor more than a year after it")
        days.update(begin + dt.timedelta(days=index) for index in range((end - begin).days + 1))
    return frozenset(days)


def _class(event: object, zone: zoneinfo.ZoneInfo) -> ClassHours | None:
    """None for an all-day event, a canceled one, and one without length."""
    start, end = event.start, event.end  # type: ignore[attr-defined]
    if not (isinstance(start, dt.datetime) and isinstance(end, dt.datetime)):
        return None
    if str(event.get("STATUS", "")).upper() == "CANCELLED":  # type: ignore[attr-defined]
        return None
    starts_at = (start if start.tzinfo else start.replace(tzinfo=zone)).timestamp()
    ends_at = (end if end.tzinfo else end.replace(tzinfo=zone)).timestamp()
    return ClassHours(starts_at, ends_at) if ends_at > starts_at else None
