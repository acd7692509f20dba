"""What a hostile student's SQL reaches: their own sandbox, and nothing else of the school."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from tests.product import Product
from tests.school import School

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SAMPLE, OWN = 1, 2
"""Databases: DuckDB with the sample and without files, SQLite for uploads."""

Sql = Callable[..., Any]


@pytest.fixture(scope="module")
def sql(product: Product) -> Sql:
    """Runs SQL as Superset's page does; the rows, or the error as text. By default in a DuckDB of
    the student's own, which reads and writes every file that its process may."""
    student = School(product).demo_student("emil")
    student.launch()
    token = student.ask_inside("/api/v1/security/csrf_token/").json()["result"]
    headers = {"X-CSRFToken": token, "Origin": student.origin, "Referer": f"{student.origin}/sqllab/"}
    made = student.http.post(
        f"{student.origin}/api/v1/database/",
        json={"database_name": "Hostile", "sqlalchemy_uri": "duckdb:///hostile.duckdb", "expose_in_sqllab": True,
              "allow_dml": True, "allow_ctas": True},
        headers=headers,
    )  # fmt: skip
    assert made.status_code == 201, made.text
    files: int = made.json()["id"]

    def run(text: str, *, database: int = files) -> Any:
        message = {"database_id": database, "sql": text, "runAsync": False, "schema": "main"}
        answer = student.http.post(
            f"{student.origin}/api/v1/sqllab/execute/",
            json={**message, "client_id": secrets.token_hex(5)},
            headers=headers,
        )
        return answer.json()["data"] if answer.status_code == 200 else answer.text

    return run


def test_hostile_sql_loads_no_library(sql: Sql) -> None:
    assert isinstance(sql("SELECT load_extension('/tmp/x.so')", database=OWN), str)
    for text in (
        "INSTALL httpfs",
        "LOAD '/home/student/x.duckdb_extension'",
        "INSTALL sqlite FROM 'http://127.0.0.1/'",
    ):
        assert isinstance(sql(text), str), text


@pytest.mark.parametrize("path", ["/run/task/agent.sock", "/run/egress.sock", "/run/task", "/etc/shadow"])
def test_hostile_sql_attaches_no_socket_and_no_file_of_the_agent(sql: Sql, path: str) -> None:
    assert isinstance(sql(f"ATTACH DATABASE '{path}' AS other", database=OWN), str)
    read = sql(f"FROM read_text('{path}')")
    assert read == [] or isinstance(read, str), read
    assert sql("FROM read_text('/etc/hostname')") != [], "so that the line above can fail"


def test_hostile_sql_sees_no_home_but_its_own_and_no_secret_of_the_platform(product: Product, sql: Sql) -> None:
    own = sql("SELECT file FROM glob('/home/*/*')")
    assert {row["file"].rpartition("/")[0] for row in own} == {"/home/student"}
    seen = str(sql("SELECT file FROM glob('/*/*') UNION ALL FROM glob('/run/**') UNION ALL FROM glob('/opt/**')"))
    for foreign in (str(product.home), "home-", "secrets.json", "manager.sqlite3", "PG_VERSION", "supervisor.json"):
        assert foreign not in seen, foreign
    environment = str(sql("SELECT content FROM read_text('/proc/self/environ')"))
    assert "USER=student" in environment, "so that the next lines can fail"
    for secret in ("PASSWORD", "SECRET", "TOKEN", "PRIVATE"):
        assert secret not in environment.upper(), environment


def test_hostile_sql_writes_only_in_its_home(sql: Sql) -> None:
    for path in ("/etc/x", "/usr/x", "/opt/x", "/run/x", "/home/x"):
        refused = sql(f"COPY (SELECT 1) TO '{path}'")
        assert isinstance(refused, str), (path, refused)
        assert "disallowed" not in refused, refused
    sql("COPY (SELECT 42 AS n) TO '/home/student/mine.csv'")
    assert sql("SELECT n FROM '/home/student/mine.csv'") == [{"n": 42}]


def test_hostile_sql_does_no_harm_to_the_sample(sql: Sql) -> None:
    assert isinstance(sql("DROP TABLE sales", database=SAMPLE), str)
    assert isinstance(sql("PRAGMA writable_schema = ON", database=SAMPLE), str)
    assert sql("SELECT count(*) AS n FROM customers", database=SAMPLE) == [{"n": 9000}]
