"""What a table gets of a text file: values keep their kind, or a sentence says why not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from images.superset.inside import sources, tables
from images.superset.inside.kinds import Kind, Reading, asked_kinds
from images.superset.inside.sources import Shape, Source
from images.superset.inside.text_files import Unreadable


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection


def _put(
    database: sqlite3.Connection,
    content: str | bytes,
    how: tables.IfExists = "replace",
    *,
    name: str = "t",
    reading: Reading | None = None,
    asked: dict[str, Kind] | None = None,
    delimiter: str = ",",
    **shape: Any,
) -> list[tuple[Any, ...]]:
    raw = content if isinstance(content, bytes) else content.encode()
    source = sources.of_text(raw, Shape(**shape), delimiter=delimiter)
    tables.write(database, name, source, if_exists=how, reading=reading or Reading(), asked=asked or {})
    return database.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608


def _types(database: sqlite3.Connection) -> list[str]:
    return [row[2] for row in database.execute("PRAGMA table_info(t)")]


@pytest.mark.parametrize(
    ("values", "kept", "kind"),
    [
        (["1", "-2", ""], [1, -2, None], "BIGINT"),
        ([" 1", "NA", "2 "], [1, None, 2], "BIGINT"),
        (["9223372036854775807", "-9223372036854775808"], [2**63 - 1, -(2**63)], "BIGINT"),
        (["1", "2.5", ".5", "1e-05"], [1.0, 2.5, 0.5, 1e-05], "FLOAT"),
        (["True", "false", ""], [1, 0, None], "BOOLEAN"),
        (["01067", "10115"], ["01067", "10115"], "TEXT"),
        (["+49171", "1"], ["+49171", "1"], "TEXT"),
        (["1E5", "2"], ["1E5", "2"], "TEXT"),
        (["00.5"], ["00.5"], "TEXT"),
        (["1e999"], ["1e999"], "TEXT"),
        (["inf", "1"], ["inf", "1"], "TEXT"),
        (["1_000"], ["1_000"], "TEXT"),
        (["NA", "DE"], ["NA", "DE"], "TEXT"),
        (["1", "x", "true"], ["1", "x", "true"], "TEXT"),
        (["", ""], [None, None], "TEXT"),
        (["٣"], ["٣"], "TEXT"),
    ],
)
def test_values_keep_their_kind(database: sqlite3.Connection, values: list[str], kept: list[Any], kind: str) -> None:
    rows = _put(database, "v,other\n" + "".join(f"{value},x\n" for value in values))
    assert [row[0] for row in rows] == kept
    assert [type(row[0]) for row in rows] == [type(value) for value in kept]
    assert _types(database) == [kind, "TEXT"]


def test_a_number_beyond_64_bits_is_named_with_its_column_and_row(database: sqlite3.Connection) -> None:
    with pytest.raises(
        Unreadable, match=r"^Row 2 \(line 4 of the file\), column “n”: “99999999999999999999” is larger"
    ):
        _put(database, 'n,t\n1,"a\nb"\n99999999999999999999,c\n')
    rows = _put(database, "n\n99999999999999999999\n", asked=asked_kinds(["n"], {"n": "str"}, []))
    assert rows == [("99999999999999999999",)]
    with pytest.raises(Unreadable, match="has more digits than a column with decimal numbers keeps"):
        _put(database, "n\n0.5\n9007199254740993\n")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("Total,total\n3,4\n", "“Total” and “total” differ only in upper and lower case"),
        (",".join(f"c{n}" for n in range(2500)) + "\n", "2,500 columns; a table has at most 2,000"),
        ("n\n1\n99999999999999999999\n", "is larger"),
        ("a,b\n1,2\n3,4,5\n", "Line 3 of the file has 3 cells, but the row with the columns' names has 2"),
        ("a,b\n1,2\n3\n", "Line 3 of the file has 1 cell, but the row with the columns' names has 2"),
        ('a,b\n1,2\n3,"4\n', "Line 3 begins a cell with a quote"),
        ("", "This file is empty"),
    ],
)
def test_a_replace_that_fails_keeps_the_table(database: sqlite3.Connection, content: str, why: str) -> None:
    before = _put(database, "a,b\n1,2\n")
    with pytest.raises(Unreadable, match=why):
        _put(database, content)
    assert database.execute("SELECT * FROM t").fetchall() == before


def test_a_replace_that_fails_in_the_middle_of_writing_keeps_the_table(database: sqlite3.Connection) -> None:
    """Where the old table was already dropped inside the transaction."""
    before = _put(database, "a,b\n1,2\n")
    database.execute("CREATE VIEW seen AS SELECT a FROM t")
    database.execute("PRAGMA max_page_count = 8")
    with pytest.raises(Unreadable, match="There is no room left for this table"):
        _put(database, "a,b\n" + "some words,more words\n" * 20_000)
    assert database.execute("SELECT * FROM t").fetchall() == before
    with pytest.raises(Unreadable, match="“2024-13-01” is no date"):
        _put(database, "a,b\n2024-12-01,1\n2024-13-01,1\n", asked={"a": Kind.DATETIME})
    assert database.execute("SELECT * FROM t").fetchall() == before
    assert database.execute("SELECT * FROM seen").fetchall() == [(1,)]
    assert not database.in_transaction


def test_appended_values_take_the_tables_kinds_or_are_refused(database: sqlite3.Connection) -> None:
    _put(database, "zip,n,x\n01067,1,0.5\n")
    rows = _put(database, "n,ZIP,x\n2,10115,3\n", "append")
    assert rows[1] == ("10115", 2, 3.0)
    for content, why in (
        ("zip,n,x\n1,02,1\n", r"Row 1 \(line 2 of the file\), column “n”: “02” does not fit into a column with whole"),
        ("zip,n,x\n1,1,1E5\n", "column “x”: “1E5” does not fit into a column with numbers"),
        ("zip,q\n1,2\n", "has no column “q”; its columns are “zip”, “n”, “x”"),
    ):
        with pytest.raises(Unreadable, match=why):
            _put(database, content, "append")
    assert database.execute("SELECT * FROM t").fetchall() == rows
    with pytest.raises(Unreadable, match="There is a table “t” already"):
        _put(database, "a\n1\n", "fail")


@pytest.mark.parametrize("name", ["sqlite_mine", " ", "x\0y", "n" * 201, "v"])
def test_names_that_no_table_can_have(database: sqlite3.Connection, name: str) -> None:
    database.execute("CREATE VIEW v AS SELECT 1")
    with pytest.raises(Unreadable, match=r"“|begin with"):
        _put(database, "a\n1\n", name=name)
    assert _put(database, "a\n1\n", name="o'dd; name") == [(1,)]


def test_names_are_one_only_where_sqlite_takes_them_for_one(database: sqlite3.Connection) -> None:
    assert _put(database, "Ä,ä\n1,2\n") == [(1, 2)]


@pytest.mark.parametrize(
    ("number", "kept"),
    [("0.1", 0.1), ("19.90", 19.9), ("0.12345678901234567890", "0.12345678901234567890"), ("NaN", "NaN")],
)
def test_a_decimal_number_keeps_all_its_digits(database: sqlite3.Connection, number: str, kept: float | str) -> None:
    source = Source(["n"], True, lambda: iter([(Decimal(number),)]), lambda _row: "")
    tables.write(database, "t", source, if_exists="replace", reading=Reading(), asked={})
    assert database.execute("SELECT * FROM t").fetchall() == [(kept,)]


@pytest.mark.parametrize(
    "value", [float("inf"), 1.5, 2**63, Decimal("Infinity"), Decimal("NaN"), Decimal("0.1")], ids=repr
)
def test_a_number_that_no_whole_number_is_gets_a_sentence(database: sqlite3.Connection, value: float | Decimal) -> None:
    database.execute("CREATE TABLE t (n BIGINT)")
    source = Source(["n"], True, lambda: iter([(value,)]), lambda _row: "")
    with pytest.raises(Unreadable, match="does not fit into a column with whole numbers"):
        tables.write(database, "t", source, if_exists="append", reading=Reading(), asked={})


DATES = {
    "2026-01-31": "2026-01-31 00:00:00.000000",
    "31.01.2026 14:05": "2026-01-31 14:05:00.000000",
    "01/31/2026 2:05 PM": "2026-01-31 14:05:00.000000",
    "31.12.68": "2068-12-31 00:00:00.000000",
    "31.12.69": "1969-12-31 00:00:00.000000",
    "31 Jan 2026": "2026-01-31 00:00:00.000000",
    "January 31, 2026": "2026-01-31 00:00:00.000000",
    "2026-01-31T14:05:06.789": "2026-01-31 14:05:06.789000",
    "2026-03-29T02:30:00+02:00": "2026-03-29 00:30:00.000000",
    "0001-01-01": "0001-01-01 00:00:00.000000",
    "9999-12-31": "9999-12-31 00:00:00.000000",
}


@pytest.mark.parametrize("text", DATES)
def test_a_column_of_dates_is_kept_as_sqlite_reads_dates(database: sqlite3.Connection, text: str) -> None:
    assert _put(database, f'd\n"{text}"\n', asked={"d": Kind.DATETIME}) == [(DATES[text],)]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ("31/01/2026", "is no date if the month comes first. Tick “Day first”"),
        ("2026-01-31T10:00Z\n2026-01-31T10:00", "has no offset to UTC, unlike row 1"),
        ("31.02.2026", "is no date"),
        ("soon", "is no date that can be read. Write it as"),
    ],
)
def test_dates_that_could_be_read_wrongly_are_refused(database: sqlite3.Connection, values: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        _put(database, f"d\n{values}\n", asked={"d": Kind.DATETIME})


def test_the_form_chooses_rows_nulls_and_decimals(database: sqlite3.Connection) -> None:
    content = "Report\n\na;b\n1,5;-\n2;x\n3;y\n"
    reading = Reading(null_values=frozenset("-"), decimal=",")
    assert _put(database, content, reading=reading, delimiter=";", skip_rows=2, rows_max=2) == [(1.5, None), (2.0, "x")]
    assert _put(database, "a\n\n1\n\n\n") == [(None,), (1,)]
    assert _put(database, "a,b\n\n1,2\n\n") == [(1, 2)]
    with pytest.raises(Unreadable, match="“decimals” in “Column data types” is no type"):
        asked_kinds(["a"], {"a": "decimals"}, [])
    with pytest.raises(Unreadable, match=r"There is no column “z” in this file\. Its columns are “a”"):
        asked_kinds(["a"], {}, ["z"])
