"""Passwords that change while the backend runs, against PostgreSQL and its own check of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError
from django.conf import settings
from psycopg_pool import ConnectionPool

from backend.platform.database_password import connections_with, password_in_secret

ROLE = "apranova_rotating"


@dataclass
class Secrets:
    """As Secrets Manager answers; `down`: it refuses."""

    password: str
    down: bool = False
    reads: list[str] = field(default_factory=list)

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        self.reads.append(SecretId)
        if self.down:
            raise ClientError({"Error": {"Code": "InternalServiceError"}}, "GetSecretValue")
        return {"SecretString": json.dumps({"username": ROLE, "password": self.password})}


@pytest.fixture(scope="module")
def owner(_servers: None) -> Iterator[psycopg.Connection[Any]]:
    """The cluster of the tests believes every role. For one of its own it asks for a password."""
    database = settings.DATABASES["default"]
    where = f"host={database['HOST']} dbname=postgres user=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        (file,) = connection.execute("SHOW hba_file").fetchone()  # type: ignore[misc]
        before = Path(file).read_bytes()
        Path(file).write_bytes(f"local all {ROLE} scram-sha-256\n".encode() + before)
        connection.execute("SELECT pg_reload_conf()")
        connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'first'")
        yield connection
        connection.execute(f"DROP ROLE {ROLE}")
        Path(file).write_bytes(before)
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture
def options(owner: psycopg.Connection[Any]) -> dict[str, Any]:
    owner.execute(f"ALTER ROLE {ROLE} PASSWORD 'first'")
    host = settings.DATABASES["default"]["HOST"]
    return {"host": host, "dbname": "postgres", "user": ROLE, "password": "first", "connect_timeout": 5}


def connect(secrets: Secrets) -> Any:
    return connections_with(password_in_secret("arn:db", region="us-east-1", client=secrets))


def test_a_password_that_holds_is_never_read(options: dict[str, Any]) -> None:
    secrets = Secrets("first")
    with connect(secrets).connect(**options) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (ROLE,)
    assert secrets.reads == []


def test_a_pool_opens_connections_after_a_rotation_without_a_restart(
    owner: psycopg.Connection[Any], options: dict[str, Any]
) -> None:
    secrets = Secrets("first")
    pool = ConnectionPool(kwargs=options, connection_class=connect(secrets), min_size=1, max_size=3, timeout=10)
    with pool, pool.connection() as old:
        old.execute("SELECT 1")
        owner.execute(f"ALTER ROLE {ROLE} PASSWORD 'second'")
        secrets.password = "second"
        with pool.connection() as first, pool.connection() as second:  # both are opened now
            assert first.execute("SELECT current_user").fetchone() == (ROLE,)
            assert second.execute("SELECT current_user").fetchone() == (ROLE,)
    assert 1 <= len(secrets.reads) <= 2  # two may open at once; later ones know the new password
    assert set(secrets.reads) == {"arn:db"}


@pytest.mark.parametrize("down", [False, True], ids=["the same password", "no secret"])
def test_a_refusal_stays_a_refusal_of_the_database(
    down: bool, owner: psycopg.Connection[Any], options: dict[str, Any]
) -> None:
    owner.execute(f"ALTER ROLE {ROLE} PASSWORD 'second'")
    secrets = Secrets("first", down=down)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(secrets).connect(**options)
    assert secrets.reads == ["arn:db"]
