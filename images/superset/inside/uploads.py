"""Uploading a file into a database of one's own."""

from __future__ import annotations

from typing import Any

_NO_SCHEMA = ("", "null", "undefined")
"""What Superset's form sends when no schema was chosen; taken by its word, SQLite looks for a database of that name."""


def install() -> None:
    """Once for each process, after Superset's engine descriptions can be imported."""
    from superset.db_engine_specs.sqlite import SqliteEngineSpec

    def normalize(_specification: Any, table_name: str, schema_name: str | None = None) -> tuple[str, str | None]:
        return table_name, None if schema_name in _NO_SCHEMA else schema_name

    SqliteEngineSpec.normalize_table_name_for_upload = classmethod(normalize)
