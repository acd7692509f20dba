"""Which schemas of a DuckDB file Superset offers: the file's own, under the names that SQL uses.

DuckDB's driver lists `shop.main`, `system.main`, `temp.main` and more. With `main` alone, SQL Lab
opens with that schema chosen, as it does for SQLite.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_OF_THE_SYSTEM = ("system", "temp")
_CATALOGS = ("information_schema", "pg_catalog")


def install() -> None:
    """Once for each process, after Superset's engine descriptions can be imported."""
    from superset.db_engine_specs.duckdb import DuckDBEngineSpec

    def names(_specification: Any, inspector: Any) -> set[str]:
        return own(inspector.get_schema_names())

    DuckDBEngineSpec.get_schema_names = classmethod(names)


def own(names: Iterable[str]) -> set[str]:
    """`database.schema` of one database as `schema`; of several, as they are."""
    parts = [name.rpartition(".") for name in names]
    shown = [(each, schema) for each, _, schema in parts if each not in _OF_THE_SYSTEM and schema not in _CATALOGS]
    several = len({database for database, _ in shown}) > 1
    return {f"{database}.{schema}" if several else schema for database, schema in shown}
