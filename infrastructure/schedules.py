"""EventBridge's schedule expressions, read as strictly as EventBridge reads them: no linter does, and a deploy fails late.

`rate(5 minutes)` or `cron(minutes hours day-of-month month day-of-week year)`; exactly one of the two days is `?`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_RATE = re.compile(r"^rate\((\d+) (minute|minutes|hour|hours|day|days)\)$")
_CRON = re.compile(r"^cron\(([^()]*)\)$")


class BadSchedule(ValueError):
    """The text says which field is wrong, and what is expected."""


@dataclass(frozen=True)
class _Field:
    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()
    special: str = ""
    """A pattern of what this field alone may hold beside numbers."""

    def check(self, text: str) -> None:
        for part in text.split(","):
            self._check_part(part)

    def _check_part(self, part: str) -> None:
        if self.special and re.fullmatch(self.special, part):
            return
        span, slash, step = part.partition("/")
        if slash and not (step.isdigit() and 1 <= int(step) <= self.most):
            raise BadSchedule(f"{self.name}: a step like /5 is expected, not {part!r}")
        if span == "*":
            return
        first, dash, last = span.partition("-")
        begin = self._number(first, part)
        if dash and self._number(last, part) < begin:
            raise BadSchedule(f"{self.name}: {part!r} ends before it begins")

    def _number(self, text: str, part: str) -> int:
        if text.upper() in self.words:
            return self.words.index(text.upper()) + 1
        if not text.isdigit() or not self.least <= int(text) <= self.most:
            raise BadSchedule(f"{self.name}: {self.least} to {self.most} is expected, not {part!r}")
        return int(text)


_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of month", 1, 31, special=r"\?|L|LW|(?:[1-9]|[12]\d|3[01])W"),
    _Field("month", 1, 12, MONTHS),
    _Field("day of week", 1, 7, DAYS, special=r"\?|L|[1-7]L|[1-7]#[1-5]"),
    _Field("year", 1970, 2199),
)


def check_schedule(text: str) -> None:
    """Raise BadSchedule unless EventBridge Scheduler takes this expression."""
    if rate := _RATE.match(text):
        _check_rate(int(rate[1]), rate[2])
    elif cron := _CRON.match(text):
        _check_cron(cron[1])
    else:
        raise BadSchedule(f"rate(5 minutes) or cron(0 9 ? * MON-FRI *) is expected, not {text!r}")


def _check_rate(number: int, unit: str) -> None:
    if number < 1:
        raise BadSchedule("a rate is at least 1")
    if (number == 1) == unit.endswith("s"):
        raise BadSchedule(f"EventBridge wants rate(1 minute) and rate(2 minutes), not rate({number} {unit})")


def _check_cron(text: str) -> None:
    values = text.split(" ")
    if len(values) != len(_FIELDS):
        raise BadSchedule(f"cron needs six fields (minutes hours day month weekday year), not {len(values)}: {text!r}")
    for field, value in zip(_FIELDS, values, strict=True):
        field.check(value)
    if (values[2] == "?") == (values[4] == "?"):
        raise BadSchedule(f"exactly one of day of month and day of week must be ?, in {text!r}")
