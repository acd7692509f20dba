"""Writing an uploaded table into a student's SQLite database: whole, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Literal, NoReturn

from images.superset.inside.kinds import Column, Kind, Reading, Wrong, in_words
from images.superset.inside.sources import Source
from images.superset.inside.text_files import Unreadable

COLUMNS_MAX = 2000
"""SQLite's own limit."""
NAME_CHARACTERS_MAX = 200
_CELLS_AT_ONCE = 20_000
IfExists = Literal["fail", "replace", "append"]


def write(
    connection: sqlite3.Connection,
    name: str,
    source: Source,
    *,
    if_exists: IfExists,
    reading: Reading,
    asked: dict[str, Kind],
) -> None:
    """Write all rows in one transaction: a table that it replaces stays until the new one is whole.

    Raises Unreadable, whatever went wrong; then the database is as before.
    """
    _check_names(name, source.names)
    connection.isolation_level = None  # transactions begin and end where we say
    try:
        before = _columns_of(connection, name)
        if before is not None and if_exists == "fail":
            _refuse_a_second(name)
        columns = _columns(source, reading, asked)
        appending = before is not None and if_exists == "append"
        if appending:
            kinds = _kinds_of_table(name, source.names, before or {})
        else:
            kinds = [column.kind() for column in columns]
        connection.execute("BEGIN IMMEDIATE")
        if not appending:
            _create(connection, name, source.names, kinds)
        marks = ", ".join("?" * len(kinds))
        names = ", ".join(_quoted(each) for each in source.names)
        rows = _kept(source, columns, kinds, seen=not appending)
        connection.executemany(f"INSERT INTO {_quoted(name)} ({names}) VALUES ({marks})", rows)  # noqa: S608  quoted
        connection.execute("COMMIT")
    except Wrong as problem:
        _give_up(connection)
        raise _placed(problem, source) from None
    except sqlite3.Error as problem:
        _give_up(connection)
        raise Unreadable(_in_words(problem)) from problem
    except BaseException:
        _give_up(connection)
        raise


def _refuse_a_second(name: str) -> NoReturn:
    raise Unreadable(
        f"There is a table “{name}” already. Choose another name, or “Replace” or “Append” under "
        "“If table already exists”."
    )


def converted(source: Source, reading: Reading, asked: dict[str, Kind]) -> tuple[list[Kind], list[list[Any]]]:
    """Kinds and rows, for a database that something else writes. Raises Unreadable."""
    try:
        columns = _columns(source, reading, asked)
        kinds = [column.kind() for column in columns]
        return kinds, list(_kept(source, columns, kinds, seen=True))
    except Wrong as problem:
        raise _placed(problem, source) from None


def _placed(problem: Wrong, source: Source) -> Unreadable:
    place = source.where(problem.row)
    return Unreadable(f"Row {problem.row}{f' ({place})' if place else ''}{problem.rest}")


def _columns(source: Source, reading: Reading, asked: dict[str, Kind]) -> list[Column]:
    columns = [Column(name, source.typed, reading, asked.get(name)) for name in source.names]
    for first, pieces in _pieces(source):
        for column, values in zip(columns, pieces, strict=True):
            if column.asked is None:
                column.see(first, values)
    return columns


def _kept(source: Source, columns: list[Column], kinds: list[Kind], *, seen: bool) -> Iterator[Sequence[Any]]:
    keepers = [column.keeper(kind, seen=seen) for column, kind in zip(columns, kinds, strict=True)]
    for first, pieces in _pieces(source):
        yield from zip(*(keep(first, values) for keep, values in zip(keepers, pieces, strict=True)), strict=True)


def _pieces(source: Source) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
    """Some rows at a time, as columns, with the number of the first row."""
    rows = source.rows()
    first, most = 1, max(1, _CELLS_AT_ONCE // len(source.names))
    while some := list(islice(rows, most)):
        yield first, list(zip(*some, strict=True))
        first += len(some)


def _check_names(name: str, columns: Sequence[str]) -> None:
    if not name.strip() or "\0" in name or len(name) > NAME_CHARACTERS_MAX:
        raise Unreadable(f"“{name[:60]}” cannot be a table's name. Use 1 to {NAME_CHARACTERS_MAX} characters.")
    if name.lower().startswith("sqlite_"):
        raise Unreadable("Names of tables that begin with “sqlite_” are the database's own. Choose another one.")
    if len(columns) > COLUMNS_MAX:
        raise Unreadable(
            f"This file has {len(columns):,} columns; a table has at most {COLUMNS_MAX:,}. Leave some out under "
            "“Columns to be read”, or write one row for each value."
        )
    seen: dict[str, str] = {}
    for column in columns:
        if "\0" in column:
            raise Unreadable("The name of a column has a NUL character. Remove it from the file.")
        folded = _folded(column)
        if folded in seen:
            raise Unreadable(
                f"Two columns have the same name for the database: “{seen[folded]}” and “{column}” differ only in "
                "upper and lower case. Rename one of them in the file."
            )
        seen[folded] = column


def _folded(name: str) -> str:
    """SQLite's view of a name: it ignores the case of ASCII letters alone."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)


def _columns_of(connection: sqlite3.Connection, name: str) -> dict[str, str] | None:
    """Name and type of each column of the table; None: there is none."""
    found = connection.execute("SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE", (name,)).fetchone()
    if found is None:
        return None
    if found[0] != "table":
        raise Unreadable(f"“{name}” is the name of a {found[0]} already. Choose another name.")
    return {row[1]: row[2] for row in connection.execute(f"PRAGMA table_info({_quoted(name)})")}


def _kinds_of_table(table: str, names: Sequence[str], before: dict[str, str]) -> list[Kind]:
    types = {_folded(column): declared for column, declared in before.items()}
    for name in names:
        if _folded(name) not in types:
            raise Unreadable(
                f"The table “{table}” has no column “{name}”; its columns are {in_words([*before])}. Rename the "
                "columns of the file, or choose “Replace” under “If table already exists”."
            )
    return [_kind_of_type(types[_folded(name)]) for name in names]


def _kind_of_type(declared: str) -> Kind:
    """By SQLite's rules of affinity, after the names that Superset gives."""
    word = declared.upper()
    if word in ("DATETIME", "TIMESTAMP"):
        return Kind.DATETIME
    if word == "DATE":
        return Kind.DATE
    if word in ("BOOLEAN", "BOOL"):
        return Kind.BOOLEAN
    if "INT" in word:
        return Kind.INTEGER
    if any(part in word for part in ("CHAR", "CLOB", "TEXT")):
        return Kind.TEXT
    if word == "BLOB":
        return Kind.BYTES
    return Kind.REAL if any(part in word for part in ("REAL", "FLOA", "DOUB", "NUM", "DEC")) else Kind.TEXT


def _create(connection: sqlite3.Connection, name: str, columns: Sequence[str], kinds: list[Kind]) -> None:
    definitions = ", ".join(f"{_quoted(each)} {kind.value}" for each, kind in zip(columns, kinds, strict=True))
    connection.execute(f"DROP TABLE IF EXISTS {_quoted(name)}")
    connection.execute(f"CREATE TABLE {_quoted(name)} ({definitions})")


def _give_up(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        with suppress(sqlite3.Error):  # SQLite has rolled back by itself
            connection.execute("ROLLBACK")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _in_words(problem: sqlite3.Error) -> str:
    text = str(problem).lower()
    if "full" in text or "disk i/o" in text:
        return "There is no room left for this table. Delete files or tables that you no longer need, then try again."
    if "locked" in text:
        return "The database is busy: another query or upload is still writing to it. Try again in a moment."
    if "constraint" in text:
        return "The table does not allow these rows: a value is missing, or is there twice. Nothing was added."
    if "readonly" in text or "unable to open" in text:
        return "The database's file cannot be written. Check its permissions in your files."
    if "malformed" in text or "not a database" in text:
        return "The database's file is damaged. Restore it from a snapshot of your workspace."
    return "The database could not keep this table. Nothing was changed."
