"""SQL as the student typed it: divided into statements, limited by wrapping, never rewritten.

Superset runs what its parser writes after reading the text, which changes some queries:
`json_extract` becomes an operator with another result, `0xFF` a column, and the columns' names of a
recursive query get lost. Here the text itself runs; the parser's view serves only where a mistake
changes nothing: which tables a query names.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

_NAME = r"\"(?:[^\"]|\"\")*(?:\"|$)|`(?:[^`]|``)*(?:`|$)"
_HIDDEN = {
    "sqlite": re.compile(rf"(?s)--[^\n]*|/\*.*?(?:\*/|$)|'(?:[^']|'')*(?:'|$)|{_NAME}|\[[^\]]*(?:\]|$)"),
    "duckdb": re.compile(
        rf"(?s)--[^\n]*|/\*.*?(?:\*/|$)|[eE]'(?:[^'\\]|''|\\.)*(?:'|$)|'(?:[^']|'')*(?:'|$)|{_NAME}"
        r"|(\$\w*\$).*?(?:\1|$)"
    ),
}
"""Comments, strings and quoted names: what is in them decides nothing here."""
_WORD = re.compile(r"[A-Za-z_]\w*")
_QUERIES = frozenset(("SELECT", "VALUES", "FROM", "TABLE"))
_ONLY_LOOKS = _QUERIES | frozenset(("EXPLAIN", "DESCRIBE", "DESC", "SHOW", "SUMMARIZE", "PIVOT", "UNPIVOT"))
_CHANGES = frozenset(("INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"))
_LIMIT = re.compile(r"(?i)\blimit\s+(\d+)(?:\s+offset\s+\d+)?\s*$")
_WRAPPED = re.compile(r"(?s)SELECT \* FROM \(\n(.*)\n\) LIMIT \d+")
NOTHING_TO_RUN = "There is no query here, only a comment. Write one, for example: SELECT 1"


def install_before_views() -> None:
    """Superset's views import this function by name, so this comes before the views."""
    from superset.exceptions import QueryClauseValidationException
    from superset.sql import parse

    rewritten = parse.sanitize_clause

    def sanitize(clause: str, engine: str) -> str:
        if engine not in _HIDDEN:
            return str(rewritten(clause, engine))
        if not is_clause(clause, engine):
            raise QueryClauseValidationException(f"This is not one expression of SQL: {clause}")
        return f"{clause}\n" if "--" in clause else clause

    parse.sanitize_clause = sanitize


def install() -> None:
    """Once for each process, after Superset's engine descriptions can be imported."""
    from superset.db_engine_specs.duckdb import DuckDBEngineSpec
    from superset.db_engine_specs.sqlite import SqliteEngineSpec
    from superset.sql.parse import SQLScript
    from superset.sqllab import api

    typed = _statement_class()
    for engine, specification in (("sqlite", SqliteEngineSpec), ("duckdb", DuckDBEngineSpec)):
        SQLScript.special_engines[engine] = typed
        specification.execute_with_cursor = classmethod(_execute_with_cursor)
    api.SQLScript = _Pretty


def split(script: str, engine: str) -> list[str]:
    """The statements of a script, without those that are blank or only a comment."""
    outline = outlined(script, engine)
    pieces, begin = [], 0
    for end in [found.start() for found in re.finditer(";", outline)] + [len(script)]:
        piece = script[begin:end]
        if engine == "sqlite" and end < len(script) and _in_a_trigger(piece):
            continue
        if outline[begin:end].strip():
            pieces.append(piece.strip())
        begin = end + 1
    return pieces


def outlined(text: str, engine: str) -> str:
    """The text with comments as spaces, and each string or quoted name as one long one; as long."""

    def blanked(found: re.Match[str]) -> str:
        return (" " if found[0].startswith(("--", "/*")) else "\x01") * len(found[0])

    return _HIDDEN[engine].sub(blanked, text)


def leading_word(text: str, engine: str) -> str:
    """What a statement is: its first word, after WITH the one that follows the named queries."""
    words = _outer_words(text, engine)
    if words[:1] != ["WITH"]:
        return words[0] if words else ""
    return next((word for word in words if word in _QUERIES | _CHANGES), "WITH")


def is_query(text: str, engine: str) -> bool:
    """Whether it gives rows and may be written in the place of a table."""
    return leading_word(text, engine) in _QUERIES - {"TABLE"}


def changes(text: str, engine: str) -> bool:
    """Whether it may change a database; what is not known to only look does."""
    word = leading_word(text, engine)
    if word == "PRAGMA":
        return "=" in outlined(text, engine)
    return word not in _ONLY_LOOKS


def is_clause(text: str, engine: str) -> bool:
    """Whether it may stand in a chart's query (a metric, a filter): it closes what it opens, and
    ends nothing else."""
    outline, depth = outlined(text, engine), 0
    for character in outline:
        depth += (character == "(") - (character == ")")
        if depth < 0 or character == ";":
            return False
    return depth == 0 and bool(outline.strip())


def limit_of(text: str, engine: str) -> int | None:
    found = _LIMIT.search(outlined(text, engine))
    return int(found[1]) if found else None


def limited(text: str, limit: int) -> str:
    """The text in a query that takes its first rows. It may end with a comment."""
    return f"SELECT * FROM (\n{text}\n) LIMIT {limit}"  # noqa: S608  it is to run what was typed


def typed_in(text: str) -> str | None:
    """What was typed, of a text that `limited` made."""
    found = _WRAPPED.fullmatch(text)
    return found[1] if found else None


def _outer_words(text: str, engine: str) -> list[str]:
    outline, depth, kept = outlined(text, engine), 0, []
    for character in outline:
        depth += (character == "(") - (character == ")")
        kept.append(" " if depth > 0 or character in "()" else character)
    outer = "".join(kept)
    if not outer.strip() and outline.strip().startswith("("):  # (SELECT 1)
        return _outer_words(outline.strip()[1:].rpartition(")")[0], engine)
    return [word.upper() for word in _WORD.findall(outer)]


def _in_a_trigger(piece: str) -> bool:
    words = [word.upper() for word in _WORD.findall(outlined(piece, "sqlite"))]
    return "TRIGGER" in words[:4] and words[:1] == ["CREATE"] and not sqlite3.complete_statement(f"{piece};")


def _execute_with_cursor(cls: Any, cursor: Any, sql: str, query: Any) -> None:
    """As Superset does it, but a mistake is told of what was typed, not of its wrapping."""
    from superset.db_engine_specs.base import BaseEngineSpec

    if (typed := typed_in(sql)) is not None:
        try:
            cursor.execute(f"EXPLAIN {typed}")
        except Exception:  # noqa: BLE001  the next line raises it in the right words
            sql = typed
    BaseEngineSpec.execute_with_cursor.__func__(cls, cursor, sql, query)


def _statement_class() -> type[Any]:
    from superset.exceptions import SupersetParseError
    from superset.sql.parse import BaseSQLStatement, SQLStatement

    class TypedStatement(BaseSQLStatement):  # type: ignore[misc]
        """One statement as text."""

        @classmethod
        def split_script(cls, script: str, engine: str) -> list[Any]:
            pieces = split(script, engine)
            if not pieces:
                raise SupersetParseError(script, engine, message=NOTHING_TO_RUN)
            return [cls(piece, engine) for piece in pieces]

        @classmethod
        def _parse_statement(cls, statement: str, engine: str) -> str:  # noqa: ARG003
            return statement

        @classmethod
        def _extract_tables_from_statement(cls, parsed: str, engine: str) -> set[Any]:
            try:
                return SQLStatement(parsed, engine).tables
            except Exception:  # noqa: BLE001  a text that only the database understands
                return set()

        def format(self, comments: bool = True) -> str:  # noqa: ARG002
            return self._parsed

        def get_settings(self) -> dict[str, Any]:
            return {}

        def is_select(self) -> bool:
            return is_query(self._parsed, self.engine)

        def is_mutating(self) -> bool:
            return changes(self._parsed, self.engine)

        def optimize(self) -> Any:
            return self

        def check_functions_present(self, functions: set[str]) -> bool:
            calls = re.findall(r"(\w+)\s*\(", outlined(self._parsed, self.engine))
            return bool({call.upper() for call in calls} & {function.upper() for function in functions})

        def check_tables_present(self, tables: set[str]) -> bool:
            return bool({table.table.lower() for table in self.tables} & {table.lower() for table in tables})

        def get_limit_value(self) -> int | None:
            return limit_of(self._parsed, self.engine)

        def set_limit_value(self, limit: int, method: Any = None) -> None:  # noqa: ARG002
            if self.is_select():
                self._parsed = limited(self._parsed, limit)

        def as_create_table(self, table: Any, method: Any) -> Any:
            return type(self)(f"CREATE {method.name} {table} AS\n{self._parsed}", self.engine)

        def has_cte(self) -> bool:
            return _outer_words(self._parsed, self.engine)[:1] == ["WITH"]

        def has_subquery(self) -> bool:
            return SQLStatement(self._parsed, self.engine).has_subquery()

        def parse_predicate(self, predicate: str) -> str:
            return predicate

        def apply_rls(self, catalog: Any, schema: Any, predicates: dict[Any, list[Any]], method: Any) -> None:  # noqa: ARG002
            if any(predicates.values()):
                raise SupersetParseError(
                    self._parsed, self.engine, message="Row-level security cannot be used with this database."
                )

    return TypedStatement


class _Pretty:
    """SQL Lab's Format button: as Superset's parser writes the text, if that says the same."""

    def __init__(self, script: str, engine: str) -> None:
        self._script = script
        self._engine = engine

    def format(self) -> str:
        from superset.sql.parse import SQLGLOT_DIALECTS, SQLStatement

        dialect = SQLGLOT_DIALECTS.get(self._engine)
        try:
            statements = SQLStatement.split_script(self._script, self._engine)
            pretty = ";\n".join(statement.format() for statement in statements)
            same = _words_of(pretty, dialect) == _words_of(self._script, dialect)
        except Exception:  # noqa: BLE001  a text that it does not understand stays as it is
            return self._script
        return pretty if same and statements else self._script


def _words_of(text: str, dialect: Any) -> list[tuple[str, str]]:
    import sqlglot
    from sqlglot.tokens import TokenType

    trivial = (TokenType.ALIAS, TokenType.SEMICOLON)  # AS, which it adds
    valued = (TokenType.STRING, TokenType.NUMBER, TokenType.IDENTIFIER, TokenType.VAR)
    tokens = [token for token in sqlglot.tokenize(text, read=dialect) if token.token_type not in trivial]
    if any(token.token_type is TokenType.HEX_STRING for token in tokens):
        raise ValueError("0xFF and x'FF' look alike to it")
    return [(token.token_type.name, token.text.lower() if token.token_type in valued else "") for token in tokens]
