"""What happened in a run, as readable lines, and as one hash that equal runs share."""

from __future__ import annotations

import hashlib

from contract.names import TaskState
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from simulator.loop import EventLoop


class Trace:
    """Off in a soak, where formatting costs more than the run."""

    def __init__(self, loop: EventLoop, *, on: bool) -> None:
        self.on = on
        self.lines: list[str] = []
        self._loop = loop
        self._began = loop.now

    def note(self, who: str, what: str) -> None:
        if self.on:
            self.lines.append(f"{self._loop.now - self._began:10.3f}  {who:<10} {what}")

    def hash(self) -> str:
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


def words(value: object) -> str:
    """One argument or answer of a port call, short."""
    if isinstance(value, Workspace):
        bound = f" on {value.task_id}" if value.task_id else ""
        wanted = " (launch requested)" if value.launch_wanted_at is not None else ""
        return f"{value.workspace_id} {value.state}{bound}{wanted} v{value.version}"
    if isinstance(value, Task):
        bound = f" for {value.workspace_id}" if value.workspace_id else ""
        save = (
            " (must save)" if value.must_save and value.saved_at is None and value.state is TaskState.STOPPING else ""
        )
        return f"{value.task_id} {value.state}{bound}{save} v{value.version}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(words(item) for item in value) + "]" if len(value) <= 4 else f"{len(value)} items"
    for name in ("task_id", "workspace_id"):
        if hasattr(value, name):
            return f"{type(value).__name__}({getattr(value, name)})"
    return str(value)
