"""Dates and times of an uploaded file, read in one way for a whole column or refused."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

_TIME = r"(?:[ T,]+(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,6})?)?)\s*(?P<half>[AaPp][Mm])?)?"
_NUMBERS = re.compile(rf"(?P<one>\d{{1,2}})(?P<by>[./-])(?P<two>\d{{1,2}})(?P=by)(?P<year>\d{{4}}|\d{{2}}){_TIME}")
_NAMED = (
    re.compile(rf"(?P<day>\d{{1,2}})\.?[ -](?P<month>[A-Za-z]{{3,9}})\.?[ ,-]+(?P<year>\d{{4}}){_TIME}"),
    re.compile(rf"(?P<month>[A-Za-z]{{3,9}})\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_TIME}"),
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T].+)?|\d{8}(?:T.+)?|\d{4}/\d{2}/\d{2}(?:[ T].+)?")
_OFFSET = re.compile(r"\d{1,2}:\d{2}.*(?:Z|[+-]\d{2}:?\d{2})$", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TO_PIVOT = 69
"""A year of two digits up to it is of this century, as POSIX reads it."""


def stored(value: Any, *, day_first: bool, only_day: bool) -> str:
    """As Superset and SQLite's date functions read it; with an offset, the same moment in UTC.

    Raises ValueError with the end of a sentence.
    """
    moment = value if isinstance(value, dt.date) else _parsed(str(value).strip(), day_first=day_first)
    if isinstance(moment, dt.datetime):
        if moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
        if only_day:
            moment = moment.date()
    elif not only_day:
        moment = dt.datetime.combine(moment, dt.time())
    if isinstance(moment, dt.datetime):
        return moment.isoformat(sep=" ", timespec="microseconds")[:26]
    return moment.isoformat()


def has_offset(value: Any) -> bool:
    if isinstance(value, dt.datetime):
        return value.tzinfo is not None
    return isinstance(value, str) and _OFFSET.search(value.strip()) is not None


def _parsed(text: str, *, day_first: bool) -> dt.datetime:
    if _ISO.fullmatch(text):
        try:
            return dt.datetime.fromisoformat(text.replace("/", "-"))
        except ValueError:
            raise ValueError("is no date") from None
    if found := _NUMBERS.fullmatch(text):
        return _of_numbers(found, day_first=day_first)
    for pattern in _NAMED:
        found = pattern.fullmatch(text)
        if found and found["month"][:3].lower() in _MONTHS:
            month = _MONTHS.index(found["month"][:3].lower()) + 1
            return _moment(int(found["year"]), month, int(found["day"]), found)
    raise ValueError("is no date that can be read. Write it as 2026-01-31 or 2026-01-31 14:30")


def _of_numbers(found: re.Match[str], *, day_first: bool) -> dt.datetime:
    day_leads = day_first or found["by"] == "."  # nobody writes 12.31.2026
    day, month = (found["one"], found["two"]) if day_leads else (found["two"], found["one"])
    year = int(found["year"])
    if len(found["year"]) == 2:
        year += 2000 if year < _TO_PIVOT else 1900
    try:
        return _moment(year, int(month), int(day), found)
    except ValueError:
        if int(month) > 12 and int(day) <= 12:
            tick = "Leave “Day first” out" if day_leads else "Tick “Day first”"
            order = "day" if day_leads else "month"
            raise ValueError(f"is no date if the {order} comes first. {tick} or write dates as 2026-01-31") from None
        raise


def _moment(year: int, month: int, day: int, found: re.Match[str]) -> dt.datetime:
    hour, minute, second, fraction = 0, 0, 0, 0
    if found["time"]:
        parts = re.split(r"[:.,]", found["time"])
        hour, minute = int(parts[0]), int(parts[1])
        second = int(parts[2]) if len(parts) > 2 else 0
        fraction = int(parts[3].ljust(6, "0")) if len(parts) > 3 else 0
        if found["half"]:
            if not 1 <= hour <= 12:
                raise ValueError("is no time")
            hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    try:
        return dt.datetime(year, month, day, hour, minute, second, fraction)  # noqa: DTZ001  the file has no zone
    except ValueError:
        raise ValueError("is no date") from None
