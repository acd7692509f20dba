"""Which statements a text has, and what each is, by the rules of SQLite and DuckDB."""

from __future__ import annotations

import sqlite3

import pytest

from images.superset.inside import statements


@pytest.mark.parametrize(
    ("script", "pieces"),
    [
        ("select 1; select 2;", ["select 1", "select 2"]),
        ("select ';' -- a; b\n; /* ; */ select \"x;y\"", ["select ';' -- a; b", '/* ; */ select "x;y"']),
        ("-- nothing", []),
        (" ; /* none */ ; ", []),
        ("select [a;b], `c;d`", ["select [a;b], `c;d`"]),
        ("create trigger t after insert on a begin select 1; select 2; end; select 3", ["create trigger t after insert on a begin select 1; select 2; end", "select 3"]),
        ("select 'open; text", ["select 'open; text"]),
    ],
)  # fmt: skip
def test_a_script_is_divided_where_sqlite_would(script: str, pieces: list[str]) -> None:
    assert statements.split(script, "sqlite") == pieces


def test_duckdbs_own_strings_hide_what_is_in_them() -> None:
    assert statements.split("select $$a;b$$; select E'it\\'s; x'", "duckdb") == [
        "select $$a;b$$",
        "select E'it\\'s; x'",
    ]


@pytest.mark.parametrize(
    ("text", "word", "query", "changes"),
    [
        ("select 1", "SELECT", True, False),
        ("-- first\n with a as (select 'update') select * from a", "SELECT", True, False),
        ("with a as (select 1) insert into b select * from a", "INSERT", False, True),
        ("with recursive c(n) as (values (1)) select n from c", "SELECT", True, False),
        ("((select 1))", "SELECT", True, False),
        ("values (1), (2)", "VALUES", True, False),
        ("from sales", "FROM", True, False),
        ("pragma table_info(a)", "PRAGMA", False, False),
        ("pragma user_version = 5", "PRAGMA", False, True),
        ("explain select 1", "EXPLAIN", False, False),
        ("replace into a values (1)", "REPLACE", False, True),
        ("drop table a", "DROP", False, True),
        ("vacuum", "VACUUM", False, True),
        ("attach 'x' as y", "ATTACH", False, True),
    ],
)
def test_a_statement_is_what_its_first_word_says(text: str, word: str, query: bool, changes: bool) -> None:
    assert statements.leading_word(text, "sqlite") == word
    assert statements.is_query(text, "sqlite") is query
    assert statements.changes(text, "sqlite") is changes


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("select 1 limit 5", 5),
        ("select 1 limit 5 offset 2 -- all", 5),
        ("select 1 limit 5, 10", None),
        ("select 'limit 5'", None),
        ("select * from (select 1 limit 5)", None),
    ],
)
def test_the_limit_is_read_where_it_counts(text: str, limit: int | None) -> None:
    assert statements.limit_of(text, "sqlite") == limit


def test_wrapping_limits_any_query_and_can_be_taken_away() -> None:
    typed = "with recursive c(n) as (select 1 union all select n + 1 from c) select n from c -- for ever"
    wrapped = statements.limited(typed, 3)
    assert sqlite3.connect(":memory:").execute(wrapped).fetchall() == [(1,), (2,), (3,)]
    assert statements.typed_in(wrapped) == typed
    assert statements.limit_of(wrapped, "sqlite") == 3
    assert statements.typed_in("select 1") is None


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("json_extract(a, '$.b') = 'x'", True),
        ("sum(n) -- all", True),
        ("')' = a", True),
        ("1) or (1", False),
        ("1; drop table t", False),
        ("(1", False),
        ("-- nothing", False),
    ],
)
def test_a_charts_expression_is_taken_as_typed_if_it_is_whole(text: str, whole: bool) -> None:
    assert statements.is_clause(text, "sqlite") is whole
