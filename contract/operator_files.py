"""Text files that a person writes or exports, and names on a command line."""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BYTES_MAX = 5_000_000
LINE_BYTES_MAX = 1_000_000
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class BadFile(ValueError):
    """The text names the file and perhaps the line, and says what is wrong with it."""


def read_text(path: Path, *, bytes_max: int = BYTES_MAX) -> str:
    """A whole file in UTF-8, with a byte order mark or without. Raises BadFile."""
    try:
        with path.open("rb") as file:
            raw = file.read(bytes_max + 1)
    except OSError as error:
        raise BadFile(f"{path}: cannot be read ({error.strerror})") from None
    if len(raw) > bytes_max:
        raise BadFile(f"{path}: is larger than {bytes_max / 1e6:g} MB")
    return _decoded(raw.removeprefix(codecs.BOM_UTF8), str(path), first_line=1)


def read_lines(path: Path, *, lines_max: int) -> Iterator[tuple[int, str]]:
    """Each line that is not blank, with its number, one at a time. Raises BadFile."""
    try:
        with path.open("rb") as file:
            number = 0
            while raw := file.readline(LINE_BYTES_MAX + 1):
                number += 1
                if number > lines_max:
                    raise BadFile(f"{path}: at most {lines_max:,} lines are read")
                if len(raw) > LINE_BYTES_MAX:
                    raise BadFile(f"{path}, line {number}: is longer than {LINE_BYTES_MAX / 1e6:g} MB")
                content = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
                if line := _decoded(content, str(path), first_line=number).strip():
                    yield number, line
    except OSError as error:
        raise BadFile(f"{path}: cannot be read ({error.strerror})") from None


def read_toml(path: Path) -> dict[str, Any]:
    """Raises BadFile."""
    try:
        return tomllib.loads(read_text(path))
    except BadFile:
        raise
    except tomllib.TOMLDecodeError as error:
        raise BadFile(f"{path}: is not valid TOML: {error}") from None
    except (ValueError, RecursionError):  # Python's own limits, not TOML's
        raise BadFile(f"{path}: is not valid TOML: too many digits, or brackets inside each other") from None


def _decoded(raw: bytes, name: str, *, first_line: int) -> str:
    if raw.startswith(_UTF16):
        raise BadFile(f"{name}: is text in UTF-16; save it as UTF-8")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = first_line + raw.count(b"\n", 0, error.start)
        raise BadFile(f"{name}, line {line}: is not text in UTF-8; save the file as UTF-8") from None
    if "\0" in text:
        line = first_line + text.count("\n", 0, text.index("\0"))
        raise BadFile(f"{name}, line {line}: is no text, it has a NUL character")
    return text
