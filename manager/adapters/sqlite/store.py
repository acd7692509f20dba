"""`WorkspaceStore` in one SQLite file, for several threads and several processes.

Each record is a row: the columns that are searched, and the whole record as JSON. WAL lets readers
continue while somebody writes. `synchronous=FULL`, not NORMAL: a claim says for good which home is
whose, and a power cut must not undo it after the student has begun to work. The extra fsync costs
about 0.1 to 5 ms for each write, and an existing launch writes nothing.
"""

from __future__ import annotations

import contextlib
import json
import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from contract import wire
from contract.names import WorkspaceSize
from manager.adapters.record_store import KEYS, Due, Kept, Listed, RecordStore, id_of
from manager.adapters.sqlite.schema import bring_up_to_date
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.demand import Demand
from manager.domain.pool.outlook import Outlook
from manager.ports.workspace_store import Record, VersionConflict

_BUSY_TIMEOUT_S = 10.0
_IDLE_CONNECTIONS_MAX = 8


class SqliteWorkspaceStore(RecordStore):
    """Connections are lent, not bound to threads: each HTTP connection has a thread of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue(_IDLE_CONNECTIONS_MAX)
        # Writers of this process queue here fairly; SQLite itself sleeps and polls, for other
        # processes.
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

    def find_next_due_at(self) -> float | None:
        tables = ("workspaces", "tasks")
        query = " UNION ALL ".join(f"SELECT min(due_at) FROM {table} WHERE due_at IS NOT NULL" for table in tables)  # noqa: S608
        return min((due_at for (due_at,) in self._read(query, ()) if due_at is not None), default=None)

    def list_warm_tasks(self, *, limit: int) -> tuple[Task, ...]:
        condition = "WHERE pool_rank IS NOT NULL ORDER BY pool_rank, task_id LIMIT ?"
        return self._select(Task, condition, (limit,))

    def count_live_tasks(self) -> Mapping[WorkspaceSize | None, int]:
        size = "coalesce(body ->> '$.size', iif(body ->> '$.workspace_id' IS NULL, NULL, 'small'))"
        query = f"SELECT {size} AS size, count(*) FROM tasks WHERE live = 1 GROUP BY 1"  # noqa: S608 (as counted_size)
        return {WorkspaceSize(size) if size else None: count for size, count in self._read(query, ())}

    def _find_many(self, record_type: type[Kept], record_ids: Iterable[str]) -> tuple[Kept, ...]:
        ids = tuple(dict.fromkeys(record_ids))
        condition = f"WHERE {KEYS[record_type]} IN ({','.join('?' * len(ids))})"
        found = {id_of(record): record for record in self._select(record_type, condition, ids)}
        return tuple(found[record_id] for record_id in ids if record_id in found)

    def _list(self, record_type: type[Listed], limit: int) -> tuple[Listed, ...]:
        order = "created_at, task_id" if record_type is Task else KEYS[record_type]
        return self._select(record_type, f"ORDER BY {order} LIMIT ?", (limit,))

    def _list_due(self, record_type: type[Due], now: float, limit: int) -> tuple[Due, ...]:
        return self._select(record_type, "WHERE due_at <= ? ORDER BY due_at LIMIT ?", (now, limit))

    def _select(self, record_type: type[Kept], condition: str, values: tuple[object, ...]) -> tuple[Kept, ...]:
        query = f"SELECT version, body FROM {_TABLES[record_type].name} {condition}"  # noqa: S608 (names and ? of this file)
        return tuple(
            wire.from_json(record_type, {**json.loads(body), "version": version})
            for version, body in self._read(query, values)
        )

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
            connection.close()  # its state is unknown; a new one costs less than a wrong guess
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
    searched: tuple[str, ...]
    """Attributes of the record that have a column of their own."""


_TABLES = {
    Workspace: _Table("workspaces", ("due_at",)),
    Task: _Table("tasks", ("created_at", "due_at", "pool_rank", "live")),
    Demand: _Table("demand", ()),
    Cohort: _Table("cohorts", ("due_at",)),
    Outlook: _Table("outlook", ("metered_at",)),
}


def _row(record: Record) -> tuple[object, ...]:
    searched = (getattr(record, name) for name in _TABLES[type(record)].searched)
    return record.version + 1, json.dumps(wire.to_json(record), separators=(",", ":")), *searched


def _put(connection: sqlite3.Connection, table: _Table, record: Record, row: tuple[object, ...]) -> None:
    columns = ("version", "body", *table.searched)
    key = id_of(record)
    if record.version == 0:
        names, marks = ", ".join((*columns, KEYS[type(record)])), ", ".join("?" * (len(columns) + 1))
        query = f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 (names from _TABLES)
        done = connection.execute(query, (*row, key))
    else:
        changes = ", ".join(f"{column} = ?" for column in columns)
        query = f"UPDATE {table.name} SET {changes} WHERE {KEYS[type(record)]} = ? AND version = ?"  # noqa: S608 (as above)
        done = connection.execute(query, (*row, key, record.version))
    if done.rowcount != 1:
        raise VersionConflict(f"{key} is not at version {record.version}")


def _delete(connection: sqlite3.Connection, record: Record) -> None:
    table = _TABLES[type(record)]
    key = id_of(record)
    query = f"DELETE FROM {table.name} WHERE {KEYS[type(record)]} = ? AND version = ?"  # noqa: S608 (names from _TABLES)
    if connection.execute(query, (key, record.version)).rowcount != 1:
        raise VersionConflict(f"{key} is not at version {record.version}")
