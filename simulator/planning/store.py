"""`WorkspaceStore` in memory that counts requests and records as DynamoDB would see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from manager.adapters.memory.store import MemoryWorkspaceStore
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.workspace_store import WRITE_MAX, Record
from simulator.planning.load import Load

_READ = {"find_next_due_at": 2}
"""It asks two indices."""


class CountingStore(MemoryWorkspaceStore):
    def __init__(self, load: Load) -> None:
        super().__init__()
        self.load = load
        self.records_read = 0
        self.records_written = 0
        self.workspaces = self._records[Workspace]
        self.workspace_changed: Callable[[Workspace], None] = lambda _: None

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        removed = tuple(delete)
        if len(records) + len(removed) > WRITE_MAX:
            raise ValueError(f"a transaction carries at most {WRITE_MAX} records")
        self.load.count("write")
        super().write(*records, delete=removed)
        self.records_written += len(records) + len(removed)
        for record in records:
            if isinstance(record, Workspace):
                self.workspace_changed(self.workspaces[record.workspace_id])


def _counted(name: str) -> Callable[..., Any]:
    read = getattr(CountingStore, name)

    def counted(self: CountingStore, *arguments: Any, **named: Any) -> Any:
        found = read(self, *arguments, **named)
        self.load.count(name)
        self.records_read += len(found) if isinstance(found, tuple) else _READ.get(name, 1)
        return found

    return counted


for _name in dir(MemoryWorkspaceStore):
    if _name.startswith(("find_", "list_")):
        setattr(CountingStore, _name, _counted(_name))
