"""`WorkspaceStore` in one SQLite file, for several threads and several processes.

Each record is a row: the columns that are searched, and the whole record as JSON. WAL lets readers go on while someone
writes. `synchronous=FULL`, not NORMAL: a claim says for good which home is whose, and a power cut must not take it back
after the student has begun to work; the extra fsync costs some 0.1 to 5 ms a write, and an existing launch writes nothing.
"""

from __future__ import annotations

import contextlib
import json
import math
import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contract import wire
from manager.adapters.sqlite.schema import bring_up_to_date
from manager.domain.cohort import Cohort
from manager.domain.demand import Demand
from manager.domain.outlook import Outlook
from manager.domain.task import RANK_OF_WAITING, Task
from manager.domain.workspace import Workspace
from manager.ports.workspace_store import Record, VersionConflict

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
            bring_up_to_date(connection, path)

    def close(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        rows = [(_TABLES[type(record)], _row(record)) for record in records]
        with self._write_lock, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for record, (table, row) in zip(records, rows, strict=True):
                    _put(connection, table, record, row)
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
        tables = ("workspaces", "tasks")
        query = " UNION ALL ".join(f"SELECT min(due_at) FROM {table} WHERE due_at IS NOT NULL" for table in tables)  # noqa: S608
        return min((due_at for (due_at,) in self._read(query, ()) if due_at is not None), default=None)

    def find_demand(self) -> Demand:
        rows = self._read("SELECT version, body FROM demand", ())
        return wire.from_json(Demand, {**json.loads(rows[0][1]), "version": rows[0][0]}) if rows else Demand()

    def find_outlook(self) -> Outlook:
        rows = self._read("SELECT version, body FROM outlook", ())
        return wire.from_json(Outlook, {**json.loads(rows[0][1]), "version": rows[0][0]}) if rows else Outlook()

    def find_cohort(self, cohort_id: str) -> Cohort | None:
        rows = self._read("SELECT version, body FROM cohorts WHERE cohort_id = ?", (cohort_id,))
        return _cohort(rows[0]) if rows else None

    def list_due_cohorts(self, now: float, *, limit: int) -> tuple[Cohort, ...]:
        query = "SELECT version, body FROM cohorts WHERE due_at <= ? ORDER BY due_at LIMIT ?"
        return tuple(_cohort(row) for row in self._read(query, (now, limit)))

    def find_task(self, task_id: str) -> Task | None:
        return next(iter(self.find_tasks((task_id,))), None)

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[Task, ...]:
        ids = tuple(dict.fromkeys(task_ids))
        marks = ",".join("?" * len(ids))
        query = f"SELECT version, body, task_id FROM tasks WHERE task_id IN ({marks})"  # noqa: S608 (only ?)
        found = {row[2]: _task(row) for row in self._read(query, ids)}
        return tuple(found[task_id] for task_id in ids if task_id in found)

    def list_warm_tasks(self, *, limit: int, waiting: bool = True) -> tuple[Task, ...]:
        below = math.inf if waiting else RANK_OF_WAITING
        query = "SELECT version, body FROM tasks WHERE pool_rank < ? ORDER BY pool_rank, task_id LIMIT ?"
        return tuple(_task(row) for row in self._read(query, (below, limit)))

    def list_due_tasks(self, now: float, *, limit: int) -> tuple[Task, ...]:
        query = "SELECT version, body FROM tasks WHERE due_at <= ? ORDER BY due_at LIMIT ?"
        return tuple(_task(row) for row in self._read(query, (now, limit)))

    def count_live_tasks(self, *, limit: int) -> int:
        query = "SELECT count(*) FROM (SELECT 1 FROM tasks WHERE live = 1 LIMIT ?)"
        return self._read(query, (limit,))[0][0]

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


@dataclass(frozen=True)
class _Table:
    name: str
    key: str
    searched: tuple[str, ...]
    """Attributes of the record that have a column of their own."""


_TABLES = {
    Workspace: _Table("workspaces", "workspace_id", ("due_at",)),
    Task: _Table("tasks", "task_id", ("created_at", "due_at", "pool_rank", "live")),
    Demand: _Table("demand", "demand_id", ("counted_at",)),
    Cohort: _Table("cohorts", "cohort_id", ("due_at",)),
    Outlook: _Table("outlook", "outlook_id", ("metered_at",)),
}


def _row(record: Record) -> tuple[object, ...]:
    searched = (getattr(record, name) for name in _TABLES[type(record)].searched)
    return record.version + 1, json.dumps(wire.to_json(record), separators=(",", ":")), *searched


def _put(connection: sqlite3.Connection, table: _Table, record: Record, row: tuple[object, ...]) -> None:
    columns = ("version", "body", *table.searched)
    key = getattr(record, table.key)
    if record.version == 0:
        names, marks = ", ".join((*columns, table.key)), ", ".join("?" * (len(columns) + 1))
        query = f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 (names from _TABLES)
        done = connection.execute(query, (*row, key))
    else:
        changes = ", ".join(f"{column} = ?" for column in columns)
        query = f"UPDATE {table.name} SET {changes} WHERE {table.key} = ? AND version = ?"  # noqa: S608 (as above)
        done = connection.execute(query, (*row, key, record.version))
    if done.rowcount != 1:
        raise VersionConflict(f"{key} is not at version {record.version}")


def _delete(connection: sqlite3.Connection, record: Record) -> None:
    table = _TABLES[type(record)]
    key = getattr(record, table.key)
    query = f"DELETE FROM {table.name} WHERE {table.key} = ? AND version = ?"  # noqa: S608 (names from _TABLES)
    if connection.execute(query, (key, record.version)).rowcount != 1:
        raise VersionConflict(f"{key} is not at version {record.version}")


def _workspace(row: tuple) -> Workspace:
    return wire.from_json(Workspace, {**json.loads(row[1]), "version": row[0]})


def _task(row: tuple) -> Task:
    return wire.from_json(Task, {**json.loads(row[1]), "version": row[0]})


def _cohort(row: tuple) -> Cohort:
    return wire.from_json(Cohort, {**json.loads(row[1]), "version": row[0]})
