"""`WorkspaceStore` with the semantics of a DynamoDB table: conditional transactions, consistent reads by key, and one sparse
index (what is due, and the pool) that lags behind the table, as every global secondary index does."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from manager.adapters.memory.indices import DueIndex, RankIndex
from manager.adapters.memory.store import key, one_version_on
from manager.domain.cohort import Cohort
from manager.domain.demand import Demand
from manager.domain.outlook import Outlook
from manager.domain.task import RANK_OF_WAITING, Task
from manager.domain.workspace import Workspace
from manager.ports.workspace_store import FIND_MAX, WRITE_MAX, Record, VersionConflict
from simulator.loop import EventLoop

Change = tuple[Record | None, Record | None]
"""A record before and after a write; None: it was not there, it is not there any more."""

Indexed = TypeVar("Indexed", Workspace, Task)

_LATENCY_S = 0.004


class LaggingIndex(Generic[Indexed]):
    """What the index holds of each record: perhaps an older version, and perhaps one that the table no longer has."""

    def __init__(self, table: dict[str, Indexed], loop: EventLoop, lag_s: Callable[[], float]) -> None:
        self._table, self._loop, self._lag_s = table, loop, lag_s
        self._held: dict[str, Indexed] = {}
        self.due = DueIndex()
        self.pool = RankIndex()

    def follow(self, name: str, record: Indexed | None) -> None:
        """The table has changed: None, the record is gone."""
        lag_s = self._lag_s()
        if lag_s > 0.0:
            self._loop.after(lag_s, lambda: self._take_over(name, record))
        else:
            self._take_over(name, record)

    def held(self, names: Iterable[str]) -> tuple[Indexed, ...]:
        return tuple(self._held[name] for name in names)

    def _take_over(self, name: str, record: Indexed | None) -> None:
        known = self._held.get(name)
        if record is not None and (name not in self._table or (known is not None and known.version >= record.version)):
            return  # the table has moved on, and that change overtook this one
        if record is None:
            self._held.pop(name, None)
            self.due.put(name, None)
            self.pool.put(name, None)
            return
        self._held[name] = record
        self.due.put(name, record.due_at)
        self.pool.put(name, record.pool_rank if isinstance(record, Task) else None)


class SimulatedStore:
    LOCAL: frozenset[str] = frozenset()

    def __init__(self, loop: EventLoop, *, index_lag_s: Callable[[], float]) -> None:
        self.workspaces: dict[str, Workspace] = {}
        self.tasks: dict[str, Task] = {}
        self.demand = Demand()
        self.outlook = Outlook()
        self.cohorts: dict[str, Cohort] = {}
        self.wrote: Callable[[list[Change]], None] = lambda _: None
        self._live = 0
        self._workspace_index = LaggingIndex(self.workspaces, loop, index_lag_s)
        self._task_index = LaggingIndex(self.tasks, loop, index_lag_s)

    def latency_s(self, method: str, arguments: tuple) -> float:  # noqa: ARG002 (each adapter decides what counts)
        return _LATENCY_S

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        removed = tuple(delete)
        if len(records) + len(removed) > WRITE_MAX:
            raise ValueError(f"a transaction carries at most {WRITE_MAX} records")
        before = [self._find(record) for record in (*records, *removed)]
        for record, found in zip((*records, *removed), before, strict=True):
            if (found.version if found else 0) != record.version:
                raise VersionConflict(f"{key(record)} is not at version {record.version}")
        stored = [one_version_on(record) for record in records]
        for record in stored:
            self._put(record)
        for record in removed:
            self._remove(record)
        after: list[Record | None] = [*stored, *(None for _ in removed)]
        self.wrote(list(zip(before, after, strict=True)))

    def find_workspace(self, workspace_id: str) -> Workspace | None:
        return self.workspaces.get(workspace_id)

    def find_workspaces(self, workspace_ids: Iterable[str]) -> tuple[Workspace, ...]:
        found = (self.workspaces.get(workspace_id) for workspace_id in _named(workspace_ids))
        return tuple(workspace for workspace in found if workspace is not None)

    def list_workspaces(self, *, limit: int) -> tuple[Workspace, ...]:
        return tuple(self.workspaces[name] for name in sorted(self.workspaces)[:limit])

    def list_due_workspaces(self, now: float, *, limit: int) -> tuple[Workspace, ...]:
        index = self._workspace_index
        return index.held(index.due.list_due(now, limit=limit))

    def find_next_due_at(self) -> float | None:
        nexts = (self._workspace_index.due.next_due_at(), self._task_index.due.next_due_at())
        return min((due_at for due_at in nexts if due_at is not None), default=None)

    def find_demand(self) -> Demand:
        return self.demand

    def find_outlook(self) -> Outlook:
        return self.outlook

    def find_cohort(self, cohort_id: str) -> Cohort | None:
        return self.cohorts.get(cohort_id)

    def list_due_cohorts(self, now: float, *, limit: int) -> tuple[Cohort, ...]:
        """By a scan: cohorts are few, and each is read anew by the next pass if it changed."""
        due = [cohort for cohort in self.cohorts.values() if cohort.due_at is not None and cohort.due_at <= now]
        return tuple(sorted(due, key=lambda cohort: (cohort.due_at, cohort.cohort_id))[:limit])

    def find_task(self, task_id: str) -> Task | None:
        return self.tasks.get(task_id)

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[Task, ...]:
        found = (self.tasks.get(task_id) for task_id in _named(task_ids))
        return tuple(task for task in found if task is not None)

    def list_warm_tasks(self, *, limit: int, waiting: bool = True) -> tuple[Task, ...]:
        below = math.inf if waiting else RANK_OF_WAITING
        return self._task_index.held(self._task_index.pool.first(limit, below=below))

    def list_due_tasks(self, now: float, *, limit: int) -> tuple[Task, ...]:
        return self._task_index.held(self._task_index.due.list_due(now, limit=limit))

    def count_live_tasks(self, *, limit: int) -> int:
        return min(self._live, limit)

    def list_tasks(self, *, limit: int) -> tuple[Task, ...]:
        return tuple(sorted(self.tasks.values(), key=lambda task: (task.created_at, task.task_id))[:limit])

    def _find(self, record: Record) -> Record | None:
        if isinstance(record, Workspace):
            return self.workspaces.get(record.workspace_id)
        if isinstance(record, Cohort):
            return self.cohorts.get(record.cohort_id)
        if isinstance(record, Outlook):
            return self.outlook
        return self.tasks.get(record.task_id) if isinstance(record, Task) else self.demand

    def _put(self, record: Record) -> None:
        if isinstance(record, Task):
            before = self.tasks.get(record.task_id)
            self._live += record.live - (before is not None and before.live)
            self.tasks[record.task_id] = record
            self._task_index.follow(record.task_id, record)
        elif isinstance(record, Workspace):
            self.workspaces[record.workspace_id] = record
            self._workspace_index.follow(record.workspace_id, record)
        elif isinstance(record, Cohort):
            self.cohorts[record.cohort_id] = record
        elif isinstance(record, Outlook):
            self.outlook = record
        else:
            self.demand = record

    def _remove(self, record: Record) -> None:
        if isinstance(record, Task):
            self._live -= self.tasks.pop(record.task_id).live
            self._task_index.follow(record.task_id, None)
        elif isinstance(record, Workspace):
            del self.workspaces[record.workspace_id]
            self._workspace_index.follow(record.workspace_id, None)
        elif isinstance(record, Cohort):
            del self.cohorts[record.cohort_id]


def _named(ids: Iterable[str]) -> dict[str, None]:
    named = dict.fromkeys(ids)
    if len(named) > FIND_MAX:
        raise ValueError(f"one look-up names at most {FIND_MAX} records")
    return named
