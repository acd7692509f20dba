"""`WorkspaceStore` with the semantics of a DynamoDB table: conditional transactions, consistent reads by key, and an index
on `due_at` that lags behind the table, as every global secondary index does."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import Any

from manager.domain.cohort import Cohort
from manager.domain.demand import Demand
from manager.domain.task import Task
from manager.domain.workspace import Workspace
from manager.ports.workspace_store import WRITE_MAX, Record, VersionConflict
from simulator.loop import EventLoop

Change = tuple[Record | None, Record | None]
"""A record before and after a write; None: it was not there, it is not there any more."""

_LATENCY_S = 0.004


class SimulatedStore:
    LOCAL: frozenset[str] = frozenset()

    def __init__(self, loop: EventLoop, *, index_lag_s: Callable[[], float]) -> None:
        self.workspaces: dict[str, Workspace] = {}
        self.tasks: dict[str, Task] = {}
        self.demand = Demand()
        self.cohorts: dict[str, Cohort] = {}
        self.wrote: Callable[[list[Change]], None] = lambda _: None
        self._loop = loop
        self._index_lag_s = index_lag_s
        self._index: dict[str, Workspace] = {}
        """What the index holds of each workspace: perhaps an older version."""
        self._due: list[tuple[float, str, int]] = []
        """A heap of (due_at, workspace, version); entries of other versions than the index's are dead."""

    def latency_s(self, method: str, arguments: tuple) -> float:  # noqa: ARG002 (each adapter decides what counts)
        return _LATENCY_S

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        removed = tuple(delete)
        if len(records) + len(removed) > WRITE_MAX:
            raise ValueError(f"a transaction carries at most {WRITE_MAX} records")
        before = [self._find(record) for record in (*records, *removed)]
        for record, found in zip((*records, *removed), before, strict=True):
            if (found.version if found else 0) != record.version:
                raise VersionConflict(f"{_key(record)} is not at version {record.version}")
        stored = [_stored(record) for record in records]
        for record in stored:
            self._put(record)
        for record in removed:
            self._remove(record)
        after: list[Record | None] = [*stored, *(None for _ in removed)]
        self.wrote(list(zip(before, after, strict=True)))

    def find_workspace(self, workspace_id: str) -> Workspace | None:
        return self.workspaces.get(workspace_id)

    def find_workspaces(self, workspace_ids: Iterable[str]) -> tuple[Workspace, ...]:
        found = (self.workspaces.get(workspace_id) for workspace_id in dict.fromkeys(workspace_ids))
        return tuple(workspace for workspace in found if workspace is not None)

    def list_workspaces(self, *, limit: int) -> tuple[Workspace, ...]:
        return tuple(self.workspaces[key] for key in sorted(self.workspaces)[:limit])

    def list_due_workspaces(self, now: float, *, limit: int) -> tuple[Workspace, ...]:
        found: list[Workspace] = []
        looked_at: list[tuple[float, str, int]] = []
        while self._due and self._due[0][0] <= now and len(found) < limit:
            entry = heapq.heappop(self._due)
            if self._valid(entry):
                looked_at.append(entry)
                found.append(self._index[entry[1]])
        for entry in looked_at:
            heapq.heappush(self._due, entry)
        return tuple(found)

    def find_next_due_at(self) -> float | None:
        while self._due and not self._valid(self._due[0]):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def find_demand(self) -> Demand:
        return self.demand

    def find_cohort(self, cohort_id: str) -> Cohort | None:
        return self.cohorts.get(cohort_id)

    def list_due_cohorts(self, now: float, *, limit: int) -> tuple[Cohort, ...]:
        """By a scan: cohorts are few, and each is read anew by the next pass if it changed."""
        due = [cohort for cohort in self.cohorts.values() if cohort.due_at is not None and cohort.due_at <= now]
        return tuple(sorted(due, key=lambda cohort: (cohort.due_at, cohort.cohort_id))[:limit])

    def find_task(self, task_id: str) -> Task | None:
        return self.tasks.get(task_id)

    def list_tasks(self, *, limit: int) -> tuple[Task, ...]:
        return tuple(sorted(self.tasks.values(), key=lambda task: (task.created_at, task.task_id))[:limit])

    def _find(self, record: Record) -> Record | None:
        if isinstance(record, Workspace):
            return self.workspaces.get(record.workspace_id)
        if isinstance(record, Cohort):
            return self.cohorts.get(record.cohort_id)
        return self.tasks.get(record.task_id) if isinstance(record, Task) else self.demand

    def _put(self, record: Record) -> None:
        if isinstance(record, Task):
            self.tasks[record.task_id] = record
        elif isinstance(record, Workspace):
            self.workspaces[record.workspace_id] = record
            self._index_soon(lambda: self._index_put(record))
        elif isinstance(record, Cohort):
            self.cohorts[record.cohort_id] = record
        else:
            self.demand = record

    def _remove(self, record: Record) -> None:
        if isinstance(record, Task):
            del self.tasks[record.task_id]
        elif isinstance(record, Workspace):
            del self.workspaces[record.workspace_id]
            self._index_soon(lambda: self._index.pop(record.workspace_id, None))
        elif isinstance(record, Cohort):
            del self.cohorts[record.cohort_id]

    def _index_soon(self, change: Callable[[], Any]) -> None:
        lag_s = self._index_lag_s()
        if lag_s > 0.0:
            self._loop.after(lag_s, change)
        else:
            change()

    def _index_put(self, record: Workspace) -> None:
        key = record.workspace_id
        known = self._index.get(key)
        if key not in self.workspaces or (known is not None and known.version >= record.version):
            return  # the table has moved on, and that change overtook this one
        self._index[key] = record
        if record.due_at is not None:
            heapq.heappush(self._due, (record.due_at, key, record.version))

    def _valid(self, entry: tuple[float, str, int]) -> bool:
        held = self._index.get(entry[1])
        return held is not None and held.version == entry[2]


def _key(record: Record) -> str:
    if isinstance(record, Workspace):
        return record.workspace_id
    if isinstance(record, Cohort):
        return record.cohort_id
    return record.task_id if isinstance(record, Task) else record.demand_id


def _stored(record: Record) -> Record:
    """One version on. A shallow copy of a frozen record: `dataclasses.replace` would check its thirty fields anew."""
    copy = object.__new__(type(record))
    copy.__dict__.update(record.__dict__)
    copy.__dict__["version"] = record.version + 1
    return copy
