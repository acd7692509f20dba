"""What a hostile student's SQL reaches: their own sandbox, and nothing else of the school."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from tests.product import Product
from tests.school import School

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SAMPLE, OWN = 1, 2
"""Databases: DuckDB with the sample, SQLite for uploads."""

Sql = Callable[..., Any]


@pytest.fixture(scope="module")
def sql(product: Product) -> Sql:
    """Runs SQL as Superset's page does; the rows, or the error as text."""
    student = School(product).demo_student("emil")
    student.launch()
    token = student.ask_inside("/api/v1/security/csrf_token/").json()["result"]

    def run(text: str, *, database: int = OWN) -> Any:
        message = {"database_id": database, "sql": text, "runAsync": False, "schema": "main"}
        answer = student.http.post(
            f"{student.origin}/api/v1/sqllab/execute/",
            json={**message, "client_id": secrets.token_hex(5)},
            headers={"X-CSRFToken": token, "Origin": student.origin, "Referer": f"{student.origin}/sqllab/"},
        )
        return answer.json()["data"] if answer.status_code == 200 else answer.text

    return run


def test_hostile_sql_loads_no_library(sql: Sql) -> None:
    assert "not authorized" in sql("SELECT load_extension('/tmp/x.so')")
    for text in ("INSTALL httpfs", "LOAD '/home/student/x.duckdb_extension'"):
        assert isinstance(sql(text, database=SAMPLE), str), text


@pytest.mark.parametrize("path", ["/run/task/agent.sock", "/run/egress.sock", "/run/task/task.json", "/etc/shadow"])
def test_hostile_sql_attaches_no_socket_and_no_file_of_the_agent(sql: Sql, path: str) -> None:
    refused = sql(f"ATTACH DATABASE '{path}' AS other")
    assert isinstance(refused, str), refused
    assert isinstance(sql(f"FROM read_text('{path}')", database=SAMPLE), str)


def test_hostile_sql_sees_no_home_but_its_own_and_no_secret_of_the_platform(product: Product, sql: Sql) -> None:
    """DuckDB reads any file that the process may read; the sandbox decides which these are."""
    seen = str(sql("SELECT file FROM glob('/**') LIMIT 40000", database=SAMPLE))
    assert "/home/student/" in seen
    for foreign in (str(product.home), "home-", "secrets.json", "manager.sqlite3", "PG_VERSION", "supervisor.json"):
        assert foreign not in seen, foreign
    environment = str(sql("SELECT content FROM read_text('/proc/self/environ')", database=SAMPLE))
    for secret in ("PASSWORD", "SECRET", "TOKEN", "PRIVATE"):
        assert secret not in environment.upper(), environment


def test_hostile_sql_writes_only_in_its_home(sql: Sql) -> None:
    for path in ("/etc/x", "/usr/x", "/opt/x", "/run/x", "/home/x"):
        refused = sql(f"COPY (SELECT 1) TO '{path}'", database=SAMPLE)
        assert isinstance(refused, str), (path, refused)
    assert isinstance(sql("VACUUM INTO '/usr/x.db'"), str)
    assert sql("SELECT 42 AS n") == [{"n": 42}]
