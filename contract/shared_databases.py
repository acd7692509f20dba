"""Which shared files Superset offers as databases: by what is in them, not only by their names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

ENDINGS = (".duckdb", ".ddb", ".db", ".db3", ".sqlite", ".sqlite3")
DATABASES_MAX = 100
_FILES_MAX = 50_000
_HEAD_BYTES = 16
_SQLITE = b"SQLite format 3\0"
_DUCKDB = b"DUCK"
"""At offset 8, behind a checksum."""


def databases_in(top: Path) -> dict[str, Literal["duckdb", "sqlite"]]:
    """Path below `top` → what it is, by path; at most 100. A name that no database's address can
    have (a question mark) is left out."""
    found: dict[str, Literal["duckdb", "sqlite"]] = {}
    for path in sorted(islice(_named(top), _FILES_MAX)):
        kind = _kind_of(top / path)
        if kind is not None and "?" not in path:
            found[path] = kind
            if len(found) == DATABASES_MAX:
                break
    return found


def _named(top: Path) -> Iterator[str]:
    for folder, _, names in os.walk(top):
        below = os.path.relpath(folder, top)
        for name in names:
            if name.casefold().endswith(ENDINGS):
                yield name if below == "." else f"{below}/{name}"


def _kind_of(file: Path) -> Literal["duckdb", "sqlite"] | None:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as opened:
        head = opened.read(_HEAD_BYTES)
    if head == _SQLITE:
        return "sqlite"
    return "duckdb" if head[8:12] == _DUCKDB else None
