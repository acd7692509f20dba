"""Which kind a column's values have, and how SQLite keeps each of them without changing it.

Text files have no kinds, so all values of a column decide: what would not come back as it was typed
(01067, +49 171, 1E5) stays text. Workbooks and Parquet files say which kind a value has.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from images.superset.inside import dates
from images.superset.inside.text_files import Unreadable

INTEGER_MAX = 2**63 - 1
_EXACT_MAX = 2**53
"""Beyond it a floating-point number no longer counts in ones."""
MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "#NA"))  # fmt: skip
"""What stands for no value among numbers, dates and true/false. Text keeps all but the empty."""
_INTEGER = re.compile(r"-?(?:0|[1-9]\d*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)?\.\d+(?:[eE][+-]?\d+)?|-?(?:0|[1-9]\d*)\.|-?[1-9](?:\.\d+)?[eE][+-]\d+")
_ANY_INTEGER = re.compile(r"[+-]?\d+")
_DIGITS_NEVER_TOO_MANY = 15
_KNOWN_MAX = 4096
_TRUTH = {"true": 1, "false": 0}


class Kind(StrEnum):
    """The value is the type that the table's column gets."""

    INTEGER = "BIGINT"
    REAL = "FLOAT"
    BOOLEAN = "BOOLEAN"
    DATETIME = "DATETIME"
    DATE = "DATE"
    TEXT = "TEXT"
    BYTES = "BLOB"


ASKED = {
    "str": Kind.TEXT, "string": Kind.TEXT, "object": Kind.TEXT, "text": Kind.TEXT, "category": Kind.TEXT,
    "int": Kind.INTEGER, "int64": Kind.INTEGER, "int32": Kind.INTEGER, "integer": Kind.INTEGER,
    "float": Kind.REAL, "float64": Kind.REAL, "float32": Kind.REAL,
    "bool": Kind.BOOLEAN, "boolean": Kind.BOOLEAN, "datetime64": Kind.DATETIME, "datetime64[ns]": Kind.DATETIME,
    "datetime": Kind.DATETIME, "date": Kind.DATETIME,
}  # fmt: skip
"""The form's “Column data types”, as pandas names them."""
_IN_WORDS = {
    Kind.INTEGER: "whole numbers",
    Kind.REAL: "numbers",
    Kind.BOOLEAN: "true and false",
    Kind.DATETIME: "dates",
    Kind.DATE: "dates",
    Kind.TEXT: "text",
    Kind.BYTES: "bytes",
}


@dataclass(frozen=True)
class Reading:
    """How the values of a text file are to be understood, as the form says."""

    null_values: frozenset[str] | None = None
    """None: MISSING."""
    decimal: str = "."
    day_first: bool = False


@dataclass
class Column:
    """What has been seen of a column; `typed` values have a kind of their own."""

    name: str
    typed: bool
    reading: Reading
    asked: Kind | None = None
    _seen: set[Kind] = field(default_factory=set)
    _known: set[str] = field(default_factory=set)
    _too_large: tuple[int, object] | None = None
    _inexact: tuple[int, object] | None = None
    _offsets: dict[bool, int] = field(default_factory=dict)

    def see(self, first_row: int, values: Sequence[Any]) -> None:
        """Some of its values after the others; rows count from 1."""
        if Kind.TEXT in self._seen or (not self.typed and self._all_alike(values)):
            return
        for row, value in enumerate(values, first_row):
            self._see(row, value)

    def _all_alike(self, values: Sequence[str]) -> bool:
        """A short way for long columns of small whole numbers, or of decimal ones."""
        if self._seen <= {Kind.INTEGER} and all(map(_INTEGER.fullmatch, values)):
            self._seen.add(Kind.INTEGER)
            return max(map(len, values)) <= _DIGITS_NEVER_TOO_MANY
        return (
            self._seen == {Kind.REAL}
            and self.reading.decimal == "."
            and all(map(_DECIMAL.fullmatch, values))
            and all(map(math.isfinite, map(float, values)))
        )

    def _see(self, row: int, value: Any) -> None:
        if isinstance(value, str) and value in self._known:
            return
        kind = self._kind_of_typed(value) if self.typed else self._kind_of_text(str(value))
        if isinstance(value, str) and len(self._known) < _KNOWN_MAX:
            self._known.add(value)
        if kind is None:
            return
        self._seen.add(kind)
        if kind is Kind.INTEGER and len(str(value)) > _DIGITS_NEVER_TOO_MANY:
            number = int(str(value))
            if abs(number) > _EXACT_MAX:
                self._inexact = self._inexact or (row, value)
            if not _fits(number):
                self._too_large = self._too_large or (row, value)

    def kind(self) -> Kind:
        """Once all is seen. Raises Wrong for a number that no column could keep."""
        if self.asked is not None:
            return self.asked
        match frozenset(self._seen):
            case seen if seen == {Kind.INTEGER}:
                if self._too_large:
                    raise self._wrong(self._too_large, f"is larger than the largest whole number that a table keeps ({INTEGER_MAX})")  # fmt: skip
                return Kind.INTEGER
            case seen if seen == {Kind.INTEGER, Kind.REAL} or seen == {Kind.REAL}:
                if self._inexact:
                    raise self._wrong(self._inexact, "has more digits than a column with decimal numbers keeps")
                return Kind.REAL
            case seen if len(seen) == 1:
                return next(iter(seen))
            case seen if seen == {Kind.DATE, Kind.DATETIME}:
                return Kind.DATETIME
            case _:
                return Kind.TEXT

    def _wrong(self, seen: tuple[int, object], why: str) -> Wrong:
        row, value = seen
        if self.typed:
            return Wrong(self.name, row, value, f"{why}. Make the column text in the file")
        return Wrong(self.name, row, value, f"{why}. To keep all digits as text, write {json.dumps({self.name: 'str'}, ensure_ascii=False)} into “Column data types”")  # fmt: skip

    def _kind_of_text(self, value: str) -> Kind | None:
        bare = value.strip()
        if self.missing(value, among_text=False):
            return None
        if _INTEGER.fullmatch(bare):
            return Kind.INTEGER
        number = _with_a_point(bare, self.reading.decimal)
        if _DECIMAL.fullmatch(number) and math.isfinite(float(number)):
            return Kind.REAL
        return Kind.BOOLEAN if bare.lower() in _TRUTH else Kind.TEXT

    def missing(self, value: str, *, among_text: bool) -> bool:
        if self.reading.null_values is not None:
            return not value or value in self.reading.null_values
        return not value if among_text else value.strip() in MISSING

    def keeper(self, kind: Kind, *, seen: bool) -> Callable[[int, Sequence[Any]], list[Any]]:
        """What makes of (first row, values) what SQLite gets; raises Wrong for a value that is not
        of `kind`. `seen`: the kind is that of the values themselves, not of a table that is there.
        """
        of_text = self._conversion(kind)
        quick = self._quick(kind) if seen and not self.typed and self.asked is None else None

        def keep(row: int, value: Any) -> Any:
            try:
                if isinstance(value, str):
                    kept = None if self.missing(value, among_text=self.typed or kind is Kind.TEXT) else of_text(value)
                elif self._kind_of_typed(value) is None:
                    kept = None
                else:
                    kept = _typed(value, kind)
            except ValueError as problem:
                raise Wrong(self.name, row, value, str(problem)) from None
            if kind is Kind.DATETIME and kept is not None:
                self._one_clock(row, value)
            return kept

        def keep_all(first_row: int, values: Sequence[Any]) -> list[Any]:
            if quick is not None:
                with suppress(ValueError):  # a value is missing
                    return list(map(quick, values))
            return [keep(row, value) for row, value in enumerate(values, first_row)]

        return keep_all

    def _quick(self, kind: Kind) -> Callable[[str], Any] | None:
        if kind is Kind.TEXT and self.reading.null_values is None:
            return lambda value: value or None
        if kind is Kind.REAL:
            return float if self.reading.decimal == "." else None
        return int if kind is Kind.INTEGER else None

    def _conversion(self, kind: Kind) -> Callable[[str], Any]:
        as_asked = self.asked is not None
        match kind:
            case Kind.INTEGER:
                return lambda value: _whole(value, exact=not as_asked)
            case Kind.REAL:
                return lambda value: _finite(_with_a_point(value.strip(), self.reading.decimal), exact=not as_asked)
            case Kind.BOOLEAN:
                return _truth
            case Kind.DATETIME | Kind.DATE:
                return lambda value: dates.stored(value, day_first=self.reading.day_first, only_day=kind is Kind.DATE)
            case _:
                return _without_nul

    def _kind_of_typed(self, value: object) -> Kind | None:
        if isinstance(value, str) and self.missing(value, among_text=True):
            return None
        return _kind_of_typed(value)

    def _one_clock(self, row: int, value: Any) -> None:
        """Times with an offset are one moment everywhere, times without are not: never both."""
        self._offsets.setdefault(dates.has_offset(value), row)
        if len(self._offsets) == 2:
            other = self._offsets[not dates.has_offset(value)]
            has = "an offset to UTC" if dates.has_offset(value) else "no offset to UTC"
            raise Wrong(self.name, row, value, f"has {has}, unlike row {other}. Write all in the same way")


class Wrong(Unreadable):
    """A value that cannot be kept; whoever knows the file adds where its row is."""

    def __init__(self, column: str, row: int, value: object, why: str) -> None:
        self.row = row
        shown = str(value) if len(str(value)) <= 60 else f"{str(value)[:57]}…"
        self.rest = f", column “{column}”: “{shown}” {why}."
        super().__init__(f"Row {row}{self.rest}")


def asked_kinds(names: Iterable[str], types: dict[str, str], date_columns: Iterable[str]) -> dict[str, Kind]:
    """What the form asks for. Raises Unreadable for a column or a type that is not there."""
    known = list(names)
    kinds: dict[str, Kind] = {}
    for name, word in types.items():
        kind = ASKED.get(str(word).lower())
        if kind is None:
            raise Unreadable(f"“{word}” in “Column data types” is no type. Use str, int, float, bool or datetime.")
        kinds[name] = kind
    kinds |= dict.fromkeys(date_columns, Kind.DATETIME)
    for name in kinds:
        if name not in known:
            raise Unreadable(f"There is no column “{name}” in this file. Its columns are {in_words(known)}.")
    return kinds


def in_words(names: list[str], most: int = 10) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _kind_of_typed(value: object) -> Kind | None:
    match value:
        case None | "":
            return None
        case bool():
            return Kind.BOOLEAN
        case int():
            return Kind.INTEGER
        case float():
            return None if math.isnan(value) else Kind.REAL
        case Decimal():
            return Kind.REAL if value.is_finite() and _is_kept(value, float(value)) else Kind.TEXT
        case dt.datetime():
            return None if value != value else Kind.DATETIME  # pandas' NaT
        case dt.date():
            return Kind.DATE
        case bytes():
            return Kind.BYTES
        case _:
            return Kind.TEXT


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case dict() | list() | tuple():
            return json.dumps(value, ensure_ascii=False, default=str)
        case dt.datetime():
            return value.isoformat(sep=" ")
        case bytes():
            return value.hex()
        case _:
            return str(value)


def _typed(value: Any, kind: Kind) -> Any:
    """A value that is no text, in a column of this kind."""
    match kind:
        case Kind.TEXT:
            return _without_nul(_text(value))
        case Kind.INTEGER | Kind.REAL | Kind.BOOLEAN if isinstance(value, bool | int | float | Decimal):
            with suppress(OverflowError, ValueError):  # infinite, or no number
                number = float(value) if kind is Kind.REAL else int(value)
                if _is_kept(value, number) and (kind is Kind.REAL or _fits(int(number))):
                    return number
        case Kind.DATETIME | Kind.DATE if isinstance(value, dt.date):
            return dates.stored(value, day_first=False, only_day=kind is Kind.DATE)
        case Kind.BYTES if isinstance(value, bytes):
            return value
        case _:
            pass
    raise ValueError(f"does not fit into a column with {_IN_WORDS[kind]}")


def _is_kept(value: float | Decimal, number: float) -> bool:
    """Whether the number is written like the value: 0.1 is, though no binary number is a tenth."""
    return number == value or (isinstance(value, Decimal) and value.is_finite() and Decimal(repr(number)) == value)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("has a NUL character. Remove it from the file")
    return text


def _fits(number: int) -> bool:
    return -INTEGER_MAX - 1 <= number <= INTEGER_MAX


def _with_a_point(value: str, decimal: str) -> str:
    return value.replace(decimal, ".") if decimal != "." and "." not in value else value


def _whole(value: str, *, exact: bool) -> int:
    """`exact`: not 01067, whose zero would be lost."""
    bare = value.strip()
    if not (_INTEGER if exact else _ANY_INTEGER).fullmatch(bare):
        raise ValueError("does not fit into a column with whole numbers")
    if not _fits(int(bare)):
        raise ValueError(f"is larger than the largest whole number that a table keeps ({INTEGER_MAX})")
    return int(bare)


def _finite(bare: str, *, exact: bool) -> float:
    if exact and not (_INTEGER.fullmatch(bare) or _DECIMAL.fullmatch(bare)):
        raise ValueError("does not fit into a column with numbers")
    try:
        number = float(bare)
    except ValueError:
        raise ValueError("is no number") from None
    if not math.isfinite(number) or "_" in bare:
        raise ValueError("is no number")
    return number


def _truth(value: str) -> int:
    truth = {**_TRUTH, "1": 1, "0": 0}.get(value.strip().lower())
    if truth is None:
        raise ValueError("is neither true nor false")
    return truth
