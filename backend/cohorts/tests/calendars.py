"""Calendars of the tests, as short as they can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def calendar(*parts: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *parts, "END:VCALENDAR", ""])


def event(*lines: str, uid: str = "one") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"])


def daily(start: str, end: str, *more: str, zone: str = "Europe/Berlin") -> str:
    """A class on every day from `start` on."""
    return event(f"DTSTART;TZID={zone}:{start}", f"DTEND;TZID={zone}:{end}", "RRULE:FREQ=DAILY", *more)


EVERY_DAY = calendar(daily("20260101T090000", "20260101T120000", "SUMMARY:Algorithms"))


def every_day_but_not_now(*more: str, hours: int = 3, uid: str = "one") -> str:
    """A class each day that begins six hours from now, so 14 are to come and none has begun."""
    first = (datetime.now(UTC) - timedelta(days=30) + timedelta(hours=6)).strftime("%Y%m%dT%H%M%SZ")
    return event(f"DTSTART:{first}", f"DURATION:PT{hours}H", "RRULE:FREQ=DAILY", *more, uid=uid)
