"""`WorkspaceStore` in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from manager.domain.cohort import Cohort
from manager.domain.demand import Demand
from manager.domain.task import Task
from manager.domain.workspace import Workspace
from manager.ports.workspace_store import Record, VersionConflict


class MemoryWorkspaceStore:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workspaces: dict[str, Workspace] = {}
        self._tasks: dict[str, Task] = {}
        self._demand = Demand()
        self._cohorts: dict[str, Cohort] = {}

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        removed = tuple(delete)
        with self._lock:
            for record in (*records, *removed):
                found = self._find(record)
                if (found.version if found else 0) != record.version:
                    raise VersionConflict(f"{key(record)} is not at version {record.version}")
            for record in records:
                stored = replace(record, version=record.version + 1)
                if isinstance(stored, Workspace):
                    self._workspaces[stored.workspace_id] = stored
                elif isinstance(stored, Task):
                    self._tasks[stored.task_id] = stored
                elif isinstance(stored, Cohort):
                    self._cohorts[stored.cohort_id] = stored
                else:
                    self._demand = stored
            for record in removed:
                self._table(record).pop(key(record), None)

    def find_workspace(self, workspace_id: str) -> Workspace | None:
        with self._lock:
            return self._workspaces.get(workspace_id)

    def find_workspaces(self, workspace_ids: Iterable[str]) -> tuple[Workspace, ...]:
        with self._lock:
            found = (self._workspaces.get(workspace_id) for workspace_id in dict.fromkeys(workspace_ids))
            return tuple(workspace for workspace in found if workspace is not None)

    def list_workspaces(self, *, limit: int) -> tuple[Workspace, ...]:
        with self._lock:
            return tuple(sorted(self._workspaces.values(), key=lambda item: item.workspace_id)[:limit])

    def list_due_workspaces(self, now: float, *, limit: int) -> tuple[Workspace, ...]:
        with self._lock:
            due = [(item.due_at, item) for item in self._workspaces.values() if item.due_at is not None]
        return tuple(item for due_at, item in sorted(due, key=lambda pair: pair[0]) if due_at <= now)[:limit]

    def find_next_due_at(self) -> float | None:
        with self._lock:
            return min((item.due_at for item in self._workspaces.values() if item.due_at is not None), default=None)

    def find_demand(self) -> Demand:
        with self._lock:
            return self._demand

    def find_cohort(self, cohort_id: str) -> Cohort | None:
        with self._lock:
            return self._cohorts.get(cohort_id)

    def list_due_cohorts(self, now: float, *, limit: int) -> tuple[Cohort, ...]:
        with self._lock:
            due = [(item.due_at, item) for item in self._cohorts.values() if item.due_at is not None]
        return tuple(item for due_at, item in sorted(due, key=lambda pair: pair[0]) if due_at <= now)[:limit]

    def find_task(self, task_id: str) -> Task | None:
        with self._lock:
            return self._tasks.get(task_id)

    def list_tasks(self, *, limit: int) -> tuple[Task, ...]:
        with self._lock:
            return tuple(sorted(self._tasks.values(), key=lambda item: (item.created_at, item.task_id))[:limit])

    def _find(self, record: Record) -> Record | None:
        return self._demand if isinstance(record, Demand) else self._table(record).get(key(record))

    def _table(self, record: Record) -> dict[str, Any]:
        if isinstance(record, Workspace):
            return self._workspaces
        return self._cohorts if isinstance(record, Cohort) else self._tasks


def key(record: Record) -> str:
    if isinstance(record, Workspace):
        return record.workspace_id
    if isinstance(record, Cohort):
        return record.cohort_id
    return record.task_id if isinstance(record, Task) else record.demand_id
