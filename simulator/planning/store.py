"""`WorkspaceStore` in memory with the look-ups of the real ones as indices, made for millions of calls.

The same rules as every store (conditional writes, all records or none), without lag and faults: those are the soak's part.
Counts requests as a table in DynamoDB would see them, and the records that they read and write.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from manager.adapters.memory.indices import RankIndex
from manager.domain.cohort import Cohort
from manager.domain.demand import Demand
from manager.domain.outlook import Outlook
from manager.domain.task import RANK_OF_WAITING, Task
from manager.domain.workspace import Workspace
from manager.ports.workspace_store import WRITE_MAX, Record, VersionConflict
from simulator.planning.load import Load

Kept = TypeVar("Kept", bound=Record)
_DEMAND, _OUTLOOK = Demand().demand_id, Outlook().outlook_id


class Table(Generic[Kept]):
    """The records of one type by their key, and an index of what is due: a heap whose entries die with their version."""

    def __init__(self) -> None:
        self.records: dict[str, Kept] = {}
        self._due: list[tuple[float, str, int]] = []
        self._listed: list[tuple[float, str, int]] = []
        """What the last listing took out of `_due`, the longest due first: most of it is written before the next one."""

    def put(self, key: str, record: Kept) -> None:
        self.records[key] = record
        due_at = getattr(record, "due_at", None)
        if due_at is not None:
            heapq.heappush(self._due, (due_at, key, record.version))

    def find(self, keys: Iterable[str]) -> tuple[Kept, ...]:
        records = self.records
        return tuple(records[key] for key in dict.fromkeys(keys) if key in records)

    def list_due(self, now: float, *, limit: int) -> tuple[Kept, ...]:
        due, listed = self._due, [entry for entry in self._listed if self._holds(entry)]
        while due and due[0][0] <= now and len(listed) < limit:
            entry = heapq.heappop(due)
            if self._holds(entry):
                listed.append(entry)
        listed.sort()
        for entry in listed[limit:]:  # an earlier listing had a larger limit
            heapq.heappush(due, entry)
        self._listed = listed[:limit]
        return tuple(self.records[key] for _, key, _ in self._listed)

    def next_due_at(self) -> float | None:
        due = self._due
        while due and not self._holds(due[0]):
            heapq.heappop(due)
        listed = next((entry[0] for entry in self._listed if self._holds(entry)), math.inf)
        next_at = min(listed, due[0][0] if due else math.inf)
        return next_at if next_at < math.inf else None

    def _holds(self, entry: tuple[float, str, int]) -> bool:
        held = self.records.get(entry[1])
        return held is not None and held.version == entry[2]


class CountingStore:
    def __init__(self, load: Load) -> None:
        self.load = load
        self.records_read = 0
        self.records_written = 0
        self.workspace_changed: Callable[[Workspace], None] = lambda _: None
        self._workspaces: Table[Workspace] = Table()
        self._tasks: Table[Task] = Table()
        self._cohorts: Table[Cohort] = Table()
        self._demands: Table[Demand] = Table()
        self._outlooks: Table[Outlook] = Table()
        self._tables: dict[type, tuple[Table[Any], str]] = {
            Workspace: (self._workspaces, "workspace_id"),
            Task: (self._tasks, "task_id"),
            Cohort: (self._cohorts, "cohort_id"),
            Demand: (self._demands, "demand_id"),
            Outlook: (self._outlooks, "outlook_id"),
        }
        self._pool = RankIndex()
        self.workspaces = self._workspaces.records

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        removed = tuple(delete)
        if len(records) + len(removed) > WRITE_MAX:
            raise ValueError(f"a transaction carries at most {WRITE_MAX} records")
        self.load.count("write")
        tables = self._tables
        for record in (*records, *removed):
            table, name = tables[type(record)]
            found = table.records.get(getattr(record, name))
            if (found.version if found is not None else 0) != record.version:
                raise VersionConflict(f"{getattr(record, name)} is not at version {record.version}")
        self.records_written += len(records) + len(removed)
        changed: list[Workspace] = []
        for record in records:
            table, name = tables[type(record)]
            stored = _stored(record)
            table.put(getattr(record, name), stored)
            if isinstance(stored, Workspace):
                changed.append(stored)
            elif isinstance(stored, Task):
                self._pool.put(stored.task_id, stored.pool_rank)
        for record in removed:
            table, name = tables[type(record)]
            del table.records[getattr(record, name)]
            if isinstance(record, Task):
                self._pool.put(record.task_id, None)
        for workspace in changed:
            self.workspace_changed(workspace)

    def find_workspace(self, workspace_id: str) -> Workspace | None:
        self._read("find_workspace", 1)
        return self.workspaces.get(workspace_id)

    def find_workspaces(self, workspace_ids: Iterable[str]) -> tuple[Workspace, ...]:
        return self._answer("find_workspaces", self._workspaces.find(workspace_ids))

    def list_workspaces(self, *, limit: int) -> tuple[Workspace, ...]:
        return self._answer("list_workspaces", tuple(self.workspaces[key] for key in sorted(self.workspaces)[:limit]))

    def list_due_workspaces(self, now: float, *, limit: int) -> tuple[Workspace, ...]:
        return self._answer("list_due_workspaces", self._workspaces.list_due(now, limit=limit))

    def find_next_due_at(self) -> float | None:
        self._read("find_next_due_at", 2)
        nexts = (self._workspaces.next_due_at(), self._tasks.next_due_at())
        return min((due_at for due_at in nexts if due_at is not None), default=None)

    def find_demand(self) -> Demand:
        self._read("find_demand", 1)
        return self._demands.records.get(_DEMAND) or Demand()

    def find_cohort(self, cohort_id: str) -> Cohort | None:
        self._read("find_cohort", 1)
        return self._cohorts.records.get(cohort_id)

    def find_outlook(self) -> Outlook:
        self._read("find_outlook", 1)
        return self._outlooks.records.get(_OUTLOOK) or Outlook()

    def list_due_cohorts(self, now: float, *, limit: int) -> tuple[Cohort, ...]:
        return self._answer("list_due_cohorts", self._cohorts.list_due(now, limit=limit))

    def find_task(self, task_id: str) -> Task | None:
        self._read("find_task", 1)
        return self._tasks.records.get(task_id)

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[Task, ...]:
        return self._answer("find_tasks", self._tasks.find(task_ids))

    def list_warm_tasks(self, *, limit: int, waiting: bool = True) -> tuple[Task, ...]:
        below = math.inf if waiting else RANK_OF_WAITING
        return self._answer("list_warm_tasks", self._tasks.find(self._pool.first(limit, below=below)))

    def list_due_tasks(self, now: float, *, limit: int) -> tuple[Task, ...]:
        return self._answer("list_due_tasks", self._tasks.list_due(now, limit=limit))

    def count_live_tasks(self, *, limit: int) -> int:
        """Asked only where a machine limits the tasks; here AWS's quota does."""
        raise NotImplementedError("Policy.tasks_max is None in a planning run")

    def list_tasks(self, *, limit: int) -> tuple[Task, ...]:
        """Tasks are stored in the order in which they were made."""
        return self._answer("list_tasks", tuple(self._tasks.records.values())[:limit])

    def _answer(self, name: str, found: tuple[Kept, ...]) -> tuple[Kept, ...]:
        self._read(name, len(found))
        return found

    def _read(self, name: str, records: int) -> None:
        self.load.count(name)
        self.records_read += records


def _stored(record: Kept) -> Kept:
    """One version on. A shallow copy of a frozen record: `dataclasses.replace` would set its thirty fields anew."""
    copy = object.__new__(type(record))
    object.__setattr__(copy, "__dict__", record.__dict__ | {"version": record.version + 1})
    return copy
