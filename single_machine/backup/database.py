"""The database of accounts in a backup: dumped with how many rows each table has, and loaded."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from single_machine import postgres
from single_machine.backup.repository import BackupFailed
from single_machine.settings import Settings

DATABASE = "apranova"
START_WITHIN_S = 60.0
PASSING = ("personal_data_export", "personal_data_exportpiece")
"""Copies of people's data are to end after a week, and a backup has what they are made of."""


def address(sockets: Path) -> str:
    """Of our own PostgreSQL, as its superuser, in libpq's notation."""
    return f"host={sockets} user={postgres.SUPERUSER} dbname={DATABASE}"


def dump(conninfo: str, file: Path) -> dict[str, int]:
    """Write all of the database as it is at one moment, and count that moment's rows by table,
    without those in PASSING."""
    with psycopg.connect(conninfo, connect_timeout=10) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        [[moment]] = connection.execute("SELECT pg_export_snapshot()").fetchall()
        without = [f"--exclude-table-data=public.{name}" for name in PASSING]
        _run("pg_dump", conninfo, "--format=custom", *without, f"--snapshot={moment}", f"--file={file}")
        return {name: 0 if name in PASSING else rows for name, rows in _rows(connection).items()}


def load(conninfo: str, file: Path) -> dict[str, int]:
    """Fill an empty database with a dump, wholly or not at all; returns how many rows each table
    has then."""
    with psycopg.connect(conninfo, connect_timeout=10) as connection:
        if tables := _tables(connection):
            raise BackupFailed(f"the database is not empty: it has {len(tables)} tables. Nothing was changed")
    owner = [] if postgres.SUPERUSER in conninfo else ["--no-owner", "--no-privileges"]
    _run("pg_restore", conninfo, "--single-transaction", *owner, str(file))
    with psycopg.connect(conninfo, connect_timeout=10) as connection:
        return _rows(connection)


@contextmanager
def serving(cluster: Path, uid: int | None) -> Iterator[str]:
    """Our own PostgreSQL for a moment, while the school does not run. Yields its address."""
    postgres.initialise(cluster, uid)
    with tempfile.TemporaryDirectory(prefix="apn-pg-") as folder:  # short: sockets' paths are limited
        Path(folder).chmod(0o711)
        sockets = Path(folder) / "s"
        postgres.prepare_socket_folder(sockets, uid)
        server = subprocess.Popen(
            postgres.command(cluster, sockets),
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait(server, sockets, cluster)
            postgres.ensure_database(sockets, DATABASE)
            yield address(sockets)
        finally:
            server.send_signal(postgres.STOP_SIGNAL)
            server.wait(60)


def _wait(server: subprocess.Popen[bytes], sockets: Path, cluster: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while not postgres.is_ready(sockets):
        if server.poll() is not None or time.monotonic() > deadline:
            raise BackupFailed(f"the database in {cluster} cannot be started")
        time.sleep(0.05)


@contextmanager
def reached(settings: Settings, *, running: bool) -> Iterator[str]:
    """The school's database: another server's, the running school's, or started for a moment."""
    if settings.database_url:
        yield settings.database_url
    elif running:
        yield address(settings.run / "postgres")
    else:
        with serving(settings.data / "postgres", settings.database_uid) as conninfo:
            yield conninfo


def _tables(connection: psycopg.Connection) -> list[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [name for (name,) in found]


def _rows(connection: psycopg.Connection) -> dict[str, int]:
    counted = {}
    for name in _tables(connection):
        [[rows]] = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchall()
        counted[name] = rows
    return counted


def _run(program: str, conninfo: str, *arguments: str) -> None:
    """A password goes by the environment: everybody sees command lines."""
    binary = postgres.binary_paths().postgres.with_name(program)
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10"}
    known = conninfo_to_dict(conninfo)
    if password := known.pop("password", None):
        environment["PGPASSWORD"] = str(password)
    done = subprocess.run(
        [str(binary), f"--dbname={make_conninfo('', **known)}", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise BackupFailed(f"{program} ended with {done.returncode}: {' '.join(done.stdout.split())[-400:]}")
