"""What an operator types: options, and numbers to change by name (`--habit NAME=VALUE`)."""

from __future__ import annotations

import difflib
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

EXIT_BAD_INPUT = 2
WIDTH_IN_A_FILE = 130


class BadInput(ValueError):
    """The text names what was asked for, and says what is possible."""


def words_of(command: str, arguments: Sequence[str] | None) -> list[str]:
    """What was typed after the command, which the entry script passes on as the first word."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    return given[1:] if given[:1] == [command] else given


def refuse(problem: BadInput) -> int:
    print(f"apranova: {problem}", file=sys.stderr)
    return EXIT_BAD_INPUT


def console(file: TextIO | None = None) -> Console:
    from rich.console import Console  # here, because the infrastructure's tests have no rich

    stream: TextIO = file or sys.stdout
    return Console(file=stream, highlight=False, width=None if stream.isatty() else WIDTH_IN_A_FILE)


def number(default: Any, meaning: str, source: str = "", *, minimum: float = 0.0, maximum: float = 1.0) -> Any:
    """A dataclass field with its meaning, its source and what it may be."""
    return field(
        default=default, metadata={"meaning": meaning, "source": source, "minimum": minimum, "maximum": maximum}
    )


def numbers_of(kind: type) -> Mapping[str, Field[float]]:
    """Every number of a dataclass by its name."""
    return {item.name: item for item in fields(kind)}


def check_numbers(values: object) -> None:
    for name, item in numbers_of(type(values)).items():
        value, least, most = getattr(values, name), item.metadata["minimum"], item.metadata["maximum"]
        if not (math.isfinite(value) and least <= value <= most):
            raise BadInput(
                f"{name} must be from {least:,.10g} to {most:,.10g}, not {value:,.10g} ({item.metadata['meaning']})"
            )


def read_numbers(texts: Iterable[str], kind: type, *, option: str, list_option: str) -> dict[str, float]:
    """NAME=VALUE, where a field of `kind` has that name."""
    known, values = numbers_of(kind), dict[str, float]()
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadInput(f"{option} expects NAME=VALUE, not {text!r}")
        if name not in known:
            raise BadInput(f"{option}: there is no {name!r}{meant(name, known)} {list_option} lists them")
        try:
            values[name] = float(value)
        except ValueError:
            raise BadInput(f"{name} must be a number, not {value!r}") from None
    return values


def meant(wrong: str, known: Iterable[str]) -> str:
    """; the closest known word, if one is close."""
    close = difflib.get_close_matches(wrong, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def check_writable(*files: Path | None) -> None:
    """Before minutes of work, not after."""
    for file in files:
        if file is not None:
            try:
                file.open("a", encoding="utf-8").close()
            except OSError as error:
                raise BadInput(f"{file}: cannot be written ({error.strerror})") from None
