"""`WorkspaceStore` in memory."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from typing import Any

from manager.adapters.memory.indices import DueIndex, RankIndex
from manager.domain.cohort import Cohort
from manager.domain.demand import Demand
from manager.domain.outlook import Outlook
from manager.domain.task import RANK_OF_WAITING, Task
from manager.domain.workspace import Workspace
from manager.ports.workspace_store import Record, VersionConflict


class MemoryWorkspaceStore:
    """Nothing but the operator's two lists takes longer when more exists."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workspaces: dict[str, Workspace] = {}
        self._tasks: dict[str, Task] = {}
        self._demand = Demand()
        self._outlook = Outlook()
        self._cohorts: dict[str, Cohort] = {}
        self._due_workspaces = DueIndex()
        self._due_tasks = DueIndex()
        self._pool = RankIndex()
        self._live = 0

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        removed = tuple(delete)
        with self._lock:
            for record in (*records, *removed):
                found = self._find(record)
                if (found.version if found else 0) != record.version:
                    raise VersionConflict(f"{key(record)} is not at version {record.version}")
            for record in records:
                self._put(one_version_on(record))
            for record in removed:
                self._remove(record)

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
            return tuple(self._workspaces[name] for name in self._due_workspaces.list_due(now, limit=limit))

    def find_next_due_at(self) -> float | None:
        with self._lock:
            nexts = (self._due_workspaces.next_due_at(), self._due_tasks.next_due_at())
            return min((due_at for due_at in nexts if due_at is not None), default=None)

    def find_demand(self) -> Demand:
        with self._lock:
            return self._demand

    def find_outlook(self) -> Outlook:
        with self._lock:
            return self._outlook

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

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[Task, ...]:
        with self._lock:
            found = (self._tasks.get(task_id) for task_id in dict.fromkeys(task_ids))
            return tuple(task for task in found if task is not None)

    def list_warm_tasks(self, *, limit: int, waiting: bool = True) -> tuple[Task, ...]:
        below = math.inf if waiting else RANK_OF_WAITING
        with self._lock:
            return tuple(self._tasks[name] for name in self._pool.first(limit, below=below))

    def list_due_tasks(self, now: float, *, limit: int) -> tuple[Task, ...]:
        with self._lock:
            return tuple(self._tasks[name] for name in self._due_tasks.list_due(now, limit=limit))

    def count_live_tasks(self, *, limit: int) -> int:
        with self._lock:
            return min(self._live, limit)

    def list_tasks(self, *, limit: int) -> tuple[Task, ...]:
        with self._lock:
            return tuple(sorted(self._tasks.values(), key=lambda item: (item.created_at, item.task_id))[:limit])

    def _find(self, record: Record) -> Record | None:
        if isinstance(record, Outlook):
            return self._outlook
        return self._demand if isinstance(record, Demand) else self._table(record).get(key(record))

    def _table(self, record: Record) -> dict[str, Any]:
        if isinstance(record, Workspace):
            return self._workspaces
        return self._cohorts if isinstance(record, Cohort) else self._tasks

    def _put(self, record: Record) -> None:
        if isinstance(record, Workspace):
            self._workspaces[record.workspace_id] = record
            self._due_workspaces.put(record.workspace_id, record.due_at)
        elif isinstance(record, Task):
            before = self._tasks.get(record.task_id)
            self._live += record.live - (before is not None and before.live)
            self._tasks[record.task_id] = record
            self._due_tasks.put(record.task_id, record.due_at)
            self._pool.put(record.task_id, record.pool_rank)
        elif isinstance(record, Cohort):
            self._cohorts[record.cohort_id] = record
        elif isinstance(record, Outlook):
            self._outlook = record
        else:
            self._demand = record

    def _remove(self, record: Record) -> None:
        if isinstance(record, Workspace):
            if self._workspaces.pop(record.workspace_id, None) is not None:
                self._due_workspaces.put(record.workspace_id, None)
        elif isinstance(record, Task):
            before = self._tasks.pop(record.task_id, None)
            self._live -= before is not None and before.live
            self._due_tasks.put(record.task_id, None)
            self._pool.put(record.task_id, None)
        elif isinstance(record, Cohort):
            self._cohorts.pop(record.cohort_id, None)


def key(record: Record) -> str:
    if isinstance(record, Workspace):
        return record.workspace_id
    if isinstance(record, Cohort):
        return record.cohort_id
    if isinstance(record, Outlook):
        return record.outlook_id
    return record.task_id if isinstance(record, Task) else record.demand_id


def one_version_on(record: Record) -> Record:
    """A shallow copy of a frozen record: `dataclasses.replace` would set its thirty fields one by one."""
    copy = object.__new__(type(record))
    object.__setattr__(copy, "__dict__", record.__dict__ | {"version": record.version + 1})
    return copy
