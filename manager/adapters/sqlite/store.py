"""`WorkspaceStore` in one SQLite file, for several threads and several processes.

Each record is a row: the columns that are searched, and the whole record as JSON. WAL lets readers go on while someone
writes. `synchronous=FULL`, not NORMAL: a claim says for good which home is whose, and a power cut must not take it back
after the student has begun to work; the extra fsync costs some 0.1 to 5 ms a write, and an existing launch writes nothing.
"""

from __future__ import annotations

import contextlib
import json
import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from contract import wire
from manager.domain.cohort import Cohort
from manager.domain.demand import Demand
from manager.domain.task import Task
from manager.domain.workspace import Workspace
from manager.ports.workspace_store import Record, VersionConflict

_SCHEMA = """
CREATE TABLE IF NOT EXISTS workspaces (
  workspace_id TEXT PRIMARY KEY, version INTEGER NOT NULL, due_at REAL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS workspaces_due ON workspaces (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS tasks (
  task_id TEXT PRIMARY KEY, version INTEGER NOT NULL, created_at REAL NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS demand (
  demand_id TEXT PRIMARY KEY, version INTEGER NOT NULL, counted_at REAL NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cohorts (
  cohort_id TEXT PRIMARY KEY, version INTEGER NOT NULL, due_at REAL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cohorts_due ON cohorts (due_at) WHERE due_at IS NOT NULL;
"""

_SCHEMA_VERSION = 1
_BUSY_TIMEOUT_S = 10.0
_IDLE_CONNECTIONS_MAX = 8


class SqliteWorkspaceStore:
    """Connections are lent, not bound to threads: the server's threads come and go with each HTTP connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue(_IDLE_CONNECTIONS_MAX)
        # Writers of this process queue here fairly; SQLite's own waiting sleeps and polls, and serves other processes.
        self._write_lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # it holds launch secrets
        with self._connection() as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found not in (0, _SCHEMA_VERSION):
                raise ValueError(f"{path} was written by another version of ApraNova (schema {found})")
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {_SCHEMA_VERSION}; COMMIT;")

    def close(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        rows = [_row(record) for record in records]
        with self._write_lock, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for record, row in zip(records, rows, strict=True):
                    _put(connection, record, row)
                for record in delete:
                    _delete(connection, record)
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    def find_workspace(self, workspace_id: str) -> Workspace | None:
        return next(iter(self.find_workspaces((workspace_id,))), None)

    def find_workspaces(self, workspace_ids: Iterable[str]) -> tuple[Workspace, ...]:
        ids = tuple(dict.fromkeys(workspace_ids))
        marks = ",".join("?" * len(ids))
        query = f"SELECT version, body, workspace_id FROM workspaces WHERE workspace_id IN ({marks})"  # noqa: S608 (only ?)
        found = {row[2]: _workspace(row) for row in self._read(query, ids)}
        return tuple(found[workspace_id] for workspace_id in ids if workspace_id in found)

    def list_workspaces(self, *, limit: int) -> tuple[Workspace, ...]:
        query = "SELECT version, body FROM workspaces ORDER BY workspace_id LIMIT ?"
        return tuple(_workspace(row) for row in self._read(query, (limit,)))

    def list_due_workspaces(self, now: float, *, limit: int) -> tuple[Workspace, ...]:
        query = "SELECT version, body FROM workspaces WHERE due_at <= ? ORDER BY due_at LIMIT ?"
        return tuple(_workspace(row) for row in self._read(query, (now, limit)))

    def find_next_due_at(self) -> float | None:
        return self._read("SELECT min(due_at) FROM workspaces WHERE due_at IS NOT NULL", ())[0][0]

    def find_demand(self) -> Demand:
        rows = self._read("SELECT version, body FROM demand", ())
        return wire.from_json(Demand, {**json.loads(rows[0][1]), "version": rows[0][0]}) if rows else Demand()

    def find_cohort(self, cohort_id: str) -> Cohort | None:
        rows = self._read("SELECT version, body FROM cohorts WHERE cohort_id = ?", (cohort_id,))
        return _cohort(rows[0]) if rows else None

    def list_due_cohorts(self, now: float, *, limit: int) -> tuple[Cohort, ...]:
        query = "SELECT version, body FROM cohorts WHERE due_at <= ? ORDER BY due_at LIMIT ?"
        return tuple(_cohort(row) for row in self._read(query, (now, limit)))

    def find_task(self, task_id: str) -> Task | None:
        rows = self._read("SELECT version, body FROM tasks WHERE task_id = ?", (task_id,))
        return _task(rows[0]) if rows else None

    def list_tasks(self, *, limit: int) -> tuple[Task, ...]:
        query = "SELECT version, body FROM tasks ORDER BY created_at, task_id LIMIT ?"
        return tuple(_task(row) for row in self._read(query, (limit,)))

    def _read(self, query: str, values: tuple[object, ...]) -> list[tuple]:
        with self._connection() as connection:
            return connection.execute(query, values).fetchall()

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connect()
        try:
            yield connection
        except BaseException:
            connection.close()  # its state is not known for sure; a new one costs less than a wrong guess
            raise
        try:
            self._idle.put_nowait(connection)
        except queue.Full:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection


def _row(record: Record) -> tuple[int, float | None, str]:
    searched: float | None = getattr(record, _table(record)[2])
    return record.version + 1, searched, json.dumps(wire.to_json(record), separators=(",", ":"))


def _put(connection: sqlite3.Connection, record: Record, row: tuple[int, float | None, str]) -> None:
    table, key, searched = _table(record)
    if record.version == 0:
        query = f"INSERT OR IGNORE INTO {table} (version, {searched}, body, {key}) VALUES (?, ?, ?, ?)"  # noqa: S608
        done = connection.execute(query, (*row, getattr(record, key)))
    else:
        query = f"UPDATE {table} SET version = ?, {searched} = ?, body = ? WHERE {key} = ? AND version = ?"  # noqa: S608
        done = connection.execute(query, (*row, getattr(record, key), record.version))
    if done.rowcount != 1:
        raise VersionConflict(f"{getattr(record, key)} is not at version {record.version}")


def _delete(connection: sqlite3.Connection, record: Record) -> None:
    table, key, _ = _table(record)
    query = f"DELETE FROM {table} WHERE {key} = ? AND version = ?"  # noqa: S608 (names from _table)
    if connection.execute(query, (getattr(record, key), record.version)).rowcount != 1:
        raise VersionConflict(f"{getattr(record, key)} is not at version {record.version}")


def _table(record: Record) -> tuple[str, str, str]:
    if isinstance(record, Workspace):
        return "workspaces", "workspace_id", "due_at"
    if isinstance(record, Task):
        return "tasks", "task_id", "created_at"
    if isinstance(record, Cohort):
        return "cohorts", "cohort_id", "due_at"
    return "demand", "demand_id", "counted_at"


def _workspace(row: tuple) -> Workspace:
    return wire.from_json(Workspace, {**json.loads(row[1]), "version": row[0]})


def _task(row: tuple) -> Task:
    return wire.from_json(Task, {**json.loads(row[1]), "version": row[0]})


def _cohort(row: tuple) -> Cohort:
    return wire.from_json(Cohort, {**json.loads(row[1]), "version": row[0]})
