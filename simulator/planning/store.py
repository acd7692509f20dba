"""`WorkspaceStore` in memory with the look-ups of the real ones as indices, made for millions of calls.

The same rules as every store (conditional writes, all records or none), without lag and faults: those are the soak's part.
Counts requests as a table in DynamoDB would see them, and the records that they read and write.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import TypeVar

from manager.domain.demand import Demand
from manager.domain.task import Task
from manager.domain.workspace import Workspace
from manager.ports.workspace_store import WRITE_MAX, Record, VersionConflict
from simulator.planning.load import Load

Entry = TypeVar("Entry", Workspace, Task)


class CountingStore:
    def __init__(self, load: Load) -> None:
        self.workspaces: dict[str, Workspace] = {}
        self.tasks: dict[str, Task] = {}
        self.demand = Demand()
        self.load = load
        self.records_read = 0
        self.records_written = 0
        self.workspace_changed: Callable[[Workspace], None] = lambda _: None
        self._due: list[tuple[float, str, int]] = []
        """A heap of (due_at, workspace, version); entries of other versions than the record's are dead."""

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        removed = tuple(delete)
        if len(records) + len(removed) > WRITE_MAX:
            raise ValueError(f"a transaction carries at most {WRITE_MAX} records")
        self.load.count("write")
        for record in (*records, *removed):
            found = self._find(record)
            if (found.version if found is not None else 0) != record.version:
                raise VersionConflict(f"a record is not at version {record.version}")
        self.records_written += len(records) + len(removed)
        stored = [_stored(record) for record in records]
        for record in stored:
            if isinstance(record, Workspace):
                self.workspaces[record.workspace_id] = record
                if record.due_at is not None:
                    heapq.heappush(self._due, (record.due_at, record.workspace_id, record.version))
            elif isinstance(record, Task):
                self.tasks[record.task_id] = record
            else:
                self.demand = record
        for record in removed:
            if isinstance(record, Workspace):
                del self.workspaces[record.workspace_id]
            elif isinstance(record, Task):
                del self.tasks[record.task_id]
        for record in stored:
            if isinstance(record, Workspace):
                self.workspace_changed(record)

    def find_workspace(self, workspace_id: str) -> Workspace | None:
        self._read("find_workspace", 1)
        return self.workspaces.get(workspace_id)

    def find_workspaces(self, workspace_ids: Iterable[str]) -> tuple[Workspace, ...]:
        found = [self.workspaces[key] for key in dict.fromkeys(workspace_ids) if key in self.workspaces]
        self._read("find_workspaces", len(found))
        return tuple(found)

    def list_workspaces(self, *, limit: int) -> tuple[Workspace, ...]:
        found = tuple(self.workspaces[key] for key in sorted(self.workspaces)[:limit])
        self._read("list_workspaces", len(found))
        return found

    def list_due_workspaces(self, now: float, *, limit: int) -> tuple[Workspace, ...]:
        due, found, looked_at = self._due, [], []
        while due and due[0][0] <= now and len(found) < limit:
            entry = heapq.heappop(due)
            held = self.workspaces.get(entry[1])
            if held is not None and held.version == entry[2]:
                looked_at.append(entry)
                found.append(held)
        for entry in looked_at:
            heapq.heappush(due, entry)
        self._read("list_due_workspaces", len(found))
        return tuple(found)

    def find_next_due_at(self) -> float | None:
        self._read("find_next_due_at", 1)
        due = self._due
        while due:
            held = self.workspaces.get(due[0][1])
            if held is not None and held.version == due[0][2]:
                return due[0][0]
            heapq.heappop(due)
        return None

    def find_demand(self) -> Demand:
        self._read("find_demand", 1)
        return self.demand

    def find_task(self, task_id: str) -> Task | None:
        self._read("find_task", 1)
        return self.tasks.get(task_id)

    def list_tasks(self, *, limit: int) -> tuple[Task, ...]:
        """Tasks are stored in the order in which they were made."""
        found = tuple(self.tasks.values())[:limit]
        self._read("list_tasks", len(found))
        return found

    def _read(self, name: str, records: int) -> None:
        self.load.count(name)
        self.records_read += records

    def _find(self, record: Record) -> Record | None:
        if isinstance(record, Workspace):
            return self.workspaces.get(record.workspace_id)
        return self.tasks.get(record.task_id) if isinstance(record, Task) else self.demand


def _stored(record: Record) -> Record:
    """One version on. A shallow copy of a frozen record: `dataclasses.replace` would set its thirty fields anew."""
    copy = object.__new__(type(record))
    copy.__dict__.update(record.__dict__)
    copy.__dict__["version"] = record.version + 1
    return copy
