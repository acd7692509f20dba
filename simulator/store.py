"""`WorkspaceStore` with DynamoDB's semantics: conditional transactions, consistent reads by key,
and a global secondary index (what is due, and the pool) that lags behind the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from manager.adapters.memory.store import MemoryWorkspaceStore
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.workspace_store import FIND_MAX, WRITE_MAX, Record
from simulator.loop import EventLoop

Change = tuple[Record | None, Record | None]
"""A record before and after a write. None: it did not exist, or it was removed."""

_LATENCY_S = 0.004


class LaggingIndex(MemoryWorkspaceStore):
    """What the index holds: perhaps older versions, perhaps records that are gone."""

    def take_over(self, record: Record) -> None:
        """Changes may overtake each other: an older version never replaces a newer one."""
        known = self._stored(record)
        if known is None or known.version < record.version:
            self._replace(record, record)

    def take_out(self, record: Record) -> None:
        self._replace(record, None)


class SimulatedStore(MemoryWorkspaceStore):
    LOCAL: frozenset[str] = frozenset()

    def __init__(self, loop: EventLoop, *, index_lag_s: Callable[[], float]) -> None:
        super().__init__()
        self.workspaces, self.tasks = self._records[Workspace], self._records[Task]
        self.wrote: Callable[[list[Change]], None] = lambda _: None
        self._loop, self._index_lag_s = loop, index_lag_s
        self._index = LaggingIndex()

    def latency_s(self, method: str, arguments: tuple) -> float:  # noqa: ARG002 (each adapter decides what counts)
        return _LATENCY_S

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        removed = tuple(delete)
        written = (*records, *removed)
        if len(written) > WRITE_MAX:
            raise ValueError(f"a transaction carries at most {WRITE_MAX} records")
        before = [self._stored(record) for record in written]
        super().write(*records, delete=removed)
        self.wrote([(found, self._stored(record)) for found, record in zip(before, written, strict=True)])

    def find_workspaces(self, workspace_ids: Iterable[str]) -> tuple[Workspace, ...]:
        return super().find_workspaces(_limited(workspace_ids))

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[Task, ...]:
        return super().find_tasks(_limited(task_ids))

    def list_due_workspaces(self, now: float, *, limit: int) -> tuple[Workspace, ...]:
        return self._index.list_due_workspaces(now, limit=limit)

    def list_due_tasks(self, now: float, *, limit: int) -> tuple[Task, ...]:
        return self._index.list_due_tasks(now, limit=limit)

    def find_next_due_at(self) -> float | None:
        return self._index.find_next_due_at()

    def list_warm_tasks(self, *, limit: int) -> tuple[Task, ...]:
        return self._index.list_warm_tasks(limit=limit)

    def _replace(self, record: Record, after: Record | None) -> None:
        super()._replace(record, after)
        if not isinstance(record, Task | Workspace):
            return

        def follow() -> None:
            if after is None:
                self._index.take_out(record)
            elif self._stored(record) is not None:  # else its removal has overtaken this change
                self._index.take_over(after)

        lag_s = self._index_lag_s()
        if lag_s > 0.0:
            self._loop.after(lag_s, follow)
        else:
            follow()


def _limited(ids: Iterable[str]) -> dict[str, None]:
    named = dict.fromkeys(ids)
    if len(named) > FIND_MAX:
        raise ValueError(f"one look-up names at most {FIND_MAX} records")
    return named
