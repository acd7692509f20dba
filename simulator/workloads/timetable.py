"""When classes are: a plain weekly timetable, or what an iCalendar file says."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from calendars.classes import read_classes
from calendars.faults import BadTimetable as NotRead
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
    """The classes of an iCalendar file in the term: those that the portal would find.

    Raises BadTimetable when the file cannot be read, is no calendar, or has no class in the term.
    """
    zone = zoneinfo.ZoneInfo(term.time_zone)
    begin = dt.datetime.fromtimestamp(term.starts_at, dt.UTC)
    try:
        text = read_text(file)
        read = read_classes(text, zone=zone, begin=begin, end=dt.datetime.fromtimestamp(term.ends_at, dt.UTC))
    except BadFile as problem:
        raise BadTimetable(str(problem)) from None
    except NotRead as problem:
        raise BadTimetable(f"{file}: {problem}") from None
    classes = tuple(sorted({ClassHours(it.starts_at.timestamp(), it.ends_at.timestamp()) for it in read.classes}))
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
