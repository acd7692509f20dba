"""The tables of the SQLite store, and how they are migrated from earlier versions."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from contract import wire
from contract.names import TaskState
from manager.domain.lifecycle.task import Task
from manager.domain.policy import Policy

SCHEMA_VERSION = 4

_TABLES = """
CREATE TABLE workspaces (
  workspace_id TEXT PRIMARY KEY, version INTEGER NOT NULL, due_at REAL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX workspaces_due ON workspaces (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE tasks (
  task_id TEXT PRIMARY KEY, version INTEGER NOT NULL, created_at REAL NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE demand (
  demand_id TEXT PRIMARY KEY, version INTEGER NOT NULL, counted_at REAL NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""
"""The tables of version 1."""

_TASK_INDICES = """
ALTER TABLE tasks ADD COLUMN due_at REAL;
ALTER TABLE tasks ADD COLUMN pool_rank REAL;
ALTER TABLE tasks ADD COLUMN live INTEGER;
CREATE INDEX tasks_due ON tasks (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX tasks_pool ON tasks (pool_rank, task_id) WHERE pool_rank IS NOT NULL;
CREATE INDEX tasks_live ON tasks (live) WHERE live = 1;
"""

_POOL_TABLES = """
CREATE TABLE outlook (
  outlook_id TEXT PRIMARY KEY, version INTEGER NOT NULL, metered_at REAL NOT NULL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE cohorts (
  cohort_id TEXT PRIMARY KEY, version INTEGER NOT NULL, due_at REAL, body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cohorts_due ON cohorts (due_at) WHERE due_at IS NOT NULL;
"""


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Create or migrate the tables in one transaction, so that a process that is killed in the
    middle leaves the file as it was. Raises ValueError for the file of a later version and leaves
    it alone."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        _change(connection, path)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _change(connection: sqlite3.Connection, path: Path) -> None:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found > SCHEMA_VERSION:
        raise ValueError(f"{path} was written by another version of ApraNova (schema {found})")
    if found < 1:
        _run(connection, _TABLES)
    if found < 2:
        _run(connection, _TASK_INDICES)
        _give_tasks_their_times(connection)
    if found < 3:
        _run(connection, _POOL_TABLES)
    if found < 4:
        connection.execute("ALTER TABLE demand DROP COLUMN counted_at")  # nothing ever read it
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _run(connection: sqlite3.Connection, statements: str) -> None:
    """One by one: `executescript` would commit first."""
    for statement in statements.split(";"):
        if statement.strip():
            connection.execute(statement)


def _give_tasks_their_times(connection: sqlite3.Connection) -> None:
    """Version 1 read all tasks in every pass and had no `due_at`. Without one, a task that was
    starting or stopping during the update would never be looked at again."""
    rows = connection.execute("SELECT task_id, body FROM tasks").fetchall()
    for task_id, body in rows:
        known = json.loads(body)
        task = wire.from_json(Task, known)
        if task.pool_rank is None and task.state not in (TaskState.READY, TaskState.CLAIMED):
            ended_at = task.ended_at
            known["due_at"] = task.state_since if ended_at is None else ended_at + Policy().task_memory_s
        connection.execute(
            "UPDATE tasks SET body = ?, due_at = ?, pool_rank = ?, live = ? WHERE task_id = ?",
            (json.dumps(known, separators=(",", ":")), known.get("due_at"), task.pool_rank, task.live, task_id),
        )
