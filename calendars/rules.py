"""Repeat rules (RFC 5545, 3.3.10): reading one, and the local times at which it repeats.

Only the periods around the days that are asked for are looked at, so a rule that never comes true
(30 February) or that began long ago costs no more than another. A rule with a COUNT is counted from
its start, except where each period counts the same.
"""

from __future__ import annotations

import calendar
import functools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from calendars.faults import short
from calendars.lines import Property
from calendars.values import Moment, Unreadable, read_moment
from calendars.zones import Zones

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
TOO_OFTEN = ("HOURLY", "MINUTELY", "SECONDLY")
TIMES_A_DAY_MAX = 24
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_Any = TypeVar("_Any")
_NUMBER = re.compile(r"[+-]?[0-9]{1,6}")
_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True)
class Rule:
    frequency: str
    interval: int = 1
    count: int | None = None
    until: Moment | None = None
    by_month: tuple[int, ...] = ()
    by_week_number: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    """(which one in the month or year, 0: each; weekday, Monday is 0)."""
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_set_position: tuple[int, ...] = ()
    week_start: int = 0


_NUMBERS: dict[str, tuple[str, Callable[[int], bool]]] = {
    "BYMONTH": ("by_month", lambda n: 1 <= n <= 12),
    "BYWEEKNO": ("by_week_number", lambda n: 1 <= abs(n) <= 53),
    "BYYEARDAY": ("by_year_day", lambda n: 1 <= abs(n) <= 366),
    "BYMONTHDAY": ("by_month_day", lambda n: 1 <= abs(n) <= 31),
    "BYHOUR": ("by_hour", lambda n: 0 <= n <= 23),
    "BYMINUTE": ("by_minute", lambda n: 0 <= n <= 59),
    "BYSECOND": ("by_second", lambda n: 0 <= n <= 60),
    "BYSETPOS": ("by_set_position", lambda n: 1 <= abs(n) <= 366),
}


def read_rule(prop: Property, zones: Zones) -> Rule:
    """Raises Unreadable, which says what part of the rule means nothing."""
    parts = _parts(prop.value)
    frequency = parts.pop("FREQ", "")
    if frequency in TOO_OFTEN:
        raise _too_often(prop.value)
    if frequency not in FREQUENCIES:
        raise _no_rule(prop.value)
    rule = Rule(frequency)
    for name, text in parts.items():
        rule = replace(rule, **_part(prop, zones, name, text))
    if frequency in ("DAILY", "WEEKLY") and any(which for which, _ in rule.by_day):
        raise Unreadable(
            f"“{short(prop.value)}” names the first or another such weekday, which only monthly and yearly rules can. "
            "Correct it in the calendar."
        )
    if math.prod(max(1, len(it)) for it in (rule.by_hour, rule.by_minute, rule.by_second)) > TIMES_A_DAY_MAX:
        raise _too_often(prop.value)
    return rule


def _parts(value: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in value.upper().split(";"):
        name, equals, text = (it.strip() for it in part.partition("="))
        if not name and not equals:
            continue  # a semicolon too many
        if not equals or not text or name in parts:
            raise _no_rule(value)
        parts[name] = text
    return parts


def _part(prop: Property, zones: Zones, name: str, text: str) -> dict[str, object]:
    try:
        if name == "UNTIL":
            return {"until": read_moment(Property("UNTIL", prop.parameters, text, prop.line), zones)}
        if name == "COUNT":
            return {"count": _positive(prop, name, text)}
        if name == "INTERVAL":
            return {"interval": _positive(prop, name, text)}
        if name == "WKST":
            return {"week_start": WEEKDAYS.index(text)}
        if name == "BYDAY":
            return {"by_day": tuple(_weekday(it) for it in text.split(","))}
        if name == "RSCALE" and text == "GREGORIAN":
            return {}
        if name == "SKIP" and text == "OMIT":
            return {}
        field, allowed = _NUMBERS[name]
        numbers = tuple(sorted({_number(it) for it in text.split(",")}))
    except (ValueError, KeyError):
        raise _no_rule(prop.value, f"{name}={text}") from None
    if not all(map(allowed, numbers)):
        raise _no_rule(prop.value, f"{name}={text}")
    return {field: numbers}


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError
    return int(text)


def _positive(prop: Property, name: str, text: str) -> int:
    number = _number(text)
    if number < 1:
        raise Unreadable(
            f"“{short(prop.value)}” has {name}={number}, which can mean never or without end. "
            "Give the event another end in the calendar."
        )
    return number


def _weekday(text: str) -> tuple[int, int]:
    found = _DAY.fullmatch(text.strip())
    if found is None or (found[1] and not 1 <= abs(int(found[1])) <= 53):
        raise ValueError
    return int(found[1] or 0), WEEKDAYS.index(found[2])


def _no_rule(value: str, part: str = "") -> Unreadable:
    because = f" (because of {short(part)})" if part else ""
    return Unreadable(
        f"“{short(value)}” is no rule for repeating{because}, as FREQ=WEEKLY;BYDAY=MO is. Correct it in the calendar."
    )


def _too_often(value: str) -> Unreadable:
    return Unreadable(
        f"“{short(value)}” repeats more often than a class does. Let the event repeat daily, weekly or monthly."
    )


def keeps(rule: Rule, start: datetime) -> bool:
    """Whether the start is one of the times of its own rule."""
    day = start.date()
    return start in _in_period(_plan(rule, start), _period_of(rule, day), day, day)


def expand(rule: Rule, start: datetime, first: datetime, last: datetime) -> Iterator[datetime]:
    """The rule's local times from `first` through `last`, in order, up to its COUNT.

    The start is the first one even if it does not keep the rule. UNTIL is the caller's: only who
    knows the zone can compare it.
    """
    left, odd = rule.count, not keeps(rule, start)
    plan = _plan(rule, start)
    rule = plan.rule
    if odd:
        if first <= start <= last:
            yield start
        left = None if left is None else left - 1
    # Who counts needs every day from the start on.
    begin, end = (start if left is not None else max(start, first)).date(), last.date()
    for passed, period in _periods(rule, start, first, last):
        if left is not None:
            left -= passed
        for moment in _in_period(plan, period, begin, end):
            if moment < start:
                continue
            if moment > last or (left is not None and left <= 0):
                return
            left = None if left is None else left - 1
            if moment >= first:
                yield moment


def _with_what_start_says(rule: Rule, start: datetime) -> Rule:
    """What a rule leaves open is as in its start."""
    rule = replace(
        rule,
        by_hour=rule.by_hour or (start.hour,),
        by_minute=rule.by_minute or (start.minute,),
        by_second=rule.by_second or (start.second,),
    )
    if rule.by_day or rule.by_month_day or rule.by_year_day or rule.frequency == "DAILY":
        return rule
    if rule.frequency == "WEEKLY" or rule.by_week_number:
        return replace(rule, by_day=((0, start.weekday()),))
    if rule.frequency == "MONTHLY":
        return replace(rule, by_month_day=(start.day,))
    return replace(rule, by_month=rule.by_month or (start.month,), by_month_day=(start.day,))


def _period_of(rule: Rule, day: date) -> date:
    """The first day of the day, week, month or year that has `day` in it."""
    match rule.frequency:
        case "DAILY":
            return day
        case "WEEKLY":
            return day - timedelta(days=(day.weekday() - rule.week_start) % 7)
        case "MONTHLY":
            return day.replace(day=1)
        case _:
            return day.replace(month=1, day=1)


def _periods(rule: Rule, start: datetime, first: datetime, last: datetime) -> Iterator[tuple[int, date]]:
    """Periods that may have a time from `first` to `last`, and how many times lie in those that
    were skipped before it."""
    origin = _period_of(rule, start.date())
    each = _times_in_each(rule)
    step = 0
    if rule.count is None:
        step = max(0, _steps_until(rule, origin, first.date()))
    elif each:
        yield 0, origin  # it may be cut by the start
        step = max(1, _steps_until(rule, origin, first.date()))
    passed = each * (step - 1) if rule.count is not None and each else 0
    while (period := _after(rule, origin, step)) is not None and period <= last.date():
        yield passed, period
        passed, step = 0, step + 1


def _times_in_each(rule: Rule) -> int:
    """How many times each period has, where all have the same number; else 0."""
    limits = (rule.by_month, rule.by_week_number, rule.by_year_day, rule.by_month_day, rule.by_set_position)
    if any(limits) or rule.frequency not in ("DAILY", "WEEKLY") or (rule.frequency == "DAILY" and rule.by_day):
        return 0
    times = len(rule.by_hour) * len(rule.by_minute) * len(rule.by_second)
    return times * (len({weekday for _, weekday in rule.by_day}) if rule.frequency == "WEEKLY" else 1)


def _steps_until(rule: Rule, origin: date, day: date) -> int:
    match rule.frequency:
        case "DAILY":
            return (day - origin).days // rule.interval
        case "WEEKLY":
            return (day - origin).days // (7 * rule.interval)
        case "MONTHLY":
            return (12 * (day.year - origin.year) + day.month - origin.month) // rule.interval
        case _:
            return (day.year - origin.year) // rule.interval


def _after(rule: Rule, origin: date, step: int) -> date | None:
    """The period `step` repetitions after the first; None beyond the calendar."""
    count = step * rule.interval
    try:
        match rule.frequency:
            case "DAILY":
                return origin + timedelta(days=count)
            case "WEEKLY":
                return origin + timedelta(days=7 * count)
            case "MONTHLY":
                years, month = divmod(origin.month - 1 + count, 12)
                return origin.replace(year=origin.year + years, month=month + 1)
            case _:
                return origin.replace(year=origin.year + count)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class _Plan:
    """A rule made ready for one start."""

    rule: Rule
    days: Rule
    """What it says of days alone, so that other events with the same days share the work."""
    times: tuple[time, ...]


_FEW_DAYS = 28
"""So many days are looked at one by one; a whole period is worked out once for all such rules."""


def _plan(rule: Rule, start: datetime) -> _Plan:
    rule = _with_what_start_says(rule, start)
    times = tuple(
        time(hour, minute, min(second, 59))
        for hour in rule.by_hour
        for minute in rule.by_minute
        for second in rule.by_second
    )
    no_time = {"by_hour": (), "by_minute": (), "by_second": ()}
    positions = rule.by_set_position if len(times) == 1 else ()
    days = replace(rule, interval=1, count=None, until=None, by_set_position=positions, **no_time)
    return _Plan(rule, days, times)


def _in_period(plan: _Plan, period: date, begin: date, end: date) -> list[datetime]:
    """The rule's times in the period, in order; of its days at least `begin` to `end`."""
    rule = plan.rule
    first, last = max(begin, period), min(end, _last_day(rule, period))
    if not rule.by_set_position and (last - first).days < _FEW_DAYS:
        near = (first + timedelta(days=n) for n in range((last - first).days + 1))
        days = tuple(day for day in near if _has_day(rule, day))
    else:
        days = _days(plan.days, period)
    found = [datetime.combine(day, at) for day in days for at in plan.times]
    return _picked(found, rule.by_set_position) if len(plan.times) > 1 else found


def _picked(found: Sequence[_Any], positions: tuple[int, ...]) -> list[_Any]:
    if not positions:
        return list(found)
    picked = {at - 1 if at > 0 else len(found) + at for at in positions}
    return [it for index, it in enumerate(found) if index in picked]


def _last_day(rule: Rule, period: date) -> date:
    match rule.frequency:
        case "DAILY":
            return period
        case "WEEKLY":
            return period + timedelta(days=6)
        case "MONTHLY":
            return period.replace(day=calendar.monthrange(period.year, period.month)[1])
        case _:
            return period.replace(month=12, day=31)


@functools.lru_cache(maxsize=8192)
def _days(rule: Rule, period: date) -> tuple[date, ...]:
    """The days of the period that the rule names."""
    match rule.frequency:
        case "DAILY":
            days: Iterable[date] = (period,)
        case "WEEKLY":
            days = (period + timedelta(days=n) for n in range(7))
        case "MONTHLY":
            days = _days_of_month(period.year, period.month)
        case _:
            months = rule.by_month or range(1, 13)
            days = (day for month in months for day in _days_of_month(period.year, month))
    return tuple(_picked([day for day in days if _has_day(rule, day)], rule.by_set_position))


def _days_of_month(year: int, month: int) -> Iterator[date]:
    return (date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1))


def _has_day(rule: Rule, day: date) -> bool:
    if rule.by_month and day.month not in rule.by_month:
        return False
    if rule.by_day and not any(day.weekday() == weekday for _, weekday in rule.by_day):
        return False  # the cheapest look before the dear ones
    if rule.by_month_day:
        length = calendar.monthrange(day.year, day.month)[1]
        if day.day not in rule.by_month_day and day.day - length - 1 not in rule.by_month_day:
            return False
    if rule.by_year_day:
        number, length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
        if number not in rule.by_year_day and number - length - 1 not in rule.by_year_day:
            return False
    if rule.by_week_number and not _has_week(rule, day):
        return False
    return not rule.by_day or any(_is_weekday(rule, day, which, weekday) for which, weekday in rule.by_day)


def _has_week(rule: Rule, day: date) -> bool:
    """A week belongs to the year that has four of its days."""
    fourth = day - timedelta(days=(day.weekday() - rule.week_start) % 7) + timedelta(days=3)
    number = (fourth.timetuple().tm_yday - 1) // 7 + 1
    end = date(fourth.year, 12, 31)
    last_fourth = end - timedelta(days=(end.weekday() - fourth.weekday()) % 7)
    weeks = (last_fourth.timetuple().tm_yday - 1) // 7 + 1
    return number in rule.by_week_number or number - weeks - 1 in rule.by_week_number


def _is_weekday(rule: Rule, day: date, which: int, weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    if which == 0:
        return True
    if rule.frequency == "MONTHLY" or rule.by_month:
        number, length = day.day, calendar.monthrange(day.year, day.month)[1]
    else:
        number, length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
    return which == ((number - 1) // 7 + 1 if which > 0 else -((length - number) // 7 + 1))
