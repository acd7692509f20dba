"""`WorkspaceStore` in memory."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from contract.names import WorkspaceSize
from manager.adapters.memory.indices import DueIndex, RankIndex
from manager.adapters.record_store import KEYS, Due, Kept, Listed, RecordStore, id_of
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.workspace_store import Record, VersionConflict


class MemoryWorkspaceStore(RecordStore):
    """Only the operator's two lists take longer when more records exist."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[type[Record], dict[str, Any]] = {kind: {} for kind in KEYS}
        self._due = {kind: DueIndex() for kind in KEYS}
        self._pool = RankIndex()
        self._live: Counter[WorkspaceSize | None] = Counter()

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        removed = tuple(delete)
        with self._lock:
            for record in (*records, *removed):
                found = self._stored(record)
                if (found.version if found else 0) != record.version:
                    raise VersionConflict(f"{id_of(record)} is not at version {record.version}")
            for record in records:
                self._replace(record, one_version_on(record))
            for record in removed:
                self._replace(record, None)

    def find_next_due_at(self) -> float | None:
        with self._lock:
            nexts = (self._due[kind].next_due_at() for kind in (Workspace, Task))
            return min((due_at for due_at in nexts if due_at is not None), default=None)

    def list_warm_tasks(self, *, limit: int) -> tuple[Task, ...]:
        with self._lock:
            return tuple(self._records[Task][name] for name in self._pool.first(limit))

    def count_live_tasks(self) -> Mapping[WorkspaceSize | None, int]:
        with self._lock:
            return dict(self._live)

    def _find(self, record_type: type[Kept], record_id: str) -> Kept | None:
        with self._lock:
            return self._records[record_type].get(record_id)

    def _find_many(self, record_type: type[Kept], record_ids: Iterable[str]) -> tuple[Kept, ...]:
        with self._lock:
            found = (self._records[record_type].get(name) for name in dict.fromkeys(record_ids))
            return tuple(record for record in found if record is not None)

    def _list(self, record_type: type[Listed], limit: int) -> tuple[Listed, ...]:
        def order(record: Listed) -> tuple[float, str]:
            return record.created_at if isinstance(record, Task) else 0.0, id_of(record)

        with self._lock:
            return tuple(sorted(self._records[record_type].values(), key=order)[:limit])

    def _list_due(self, record_type: type[Due], now: float, limit: int) -> tuple[Due, ...]:
        with self._lock:
            names = self._due[record_type].list_due(now, limit=limit)
            return tuple(self._records[record_type][name] for name in names)

    def _stored(self, record: Record) -> Any:
        """The version of this record that is stored; None: there is none."""
        return self._records[type(record)].get(id_of(record))

    def _replace(self, record: Record, after: Any) -> None:
        """`after`: what is stored from now on; None: nothing."""
        name, before = id_of(record), self._stored(record)
        if after is None:
            self._records[type(record)].pop(name, None)
        else:
            self._records[type(record)][name] = after
        self._due[type(record)].put(name, getattr(after, "due_at", None))
        if isinstance(record, Task):
            for task, change in ((before, -1), (after, 1)):
                if task is not None and task.live:
                    self._live[task.counted_size] += change
            self._pool.put(name, getattr(after, "pool_rank", None))


def one_version_on(record: Record) -> Record:
    """A shallow copy: `dataclasses.replace` would set the thirty fields one by one."""
    copy = object.__new__(type(record))
    object.__setattr__(copy, "__dict__", record.__dict__ | {"version": record.version + 1})
    return copy
