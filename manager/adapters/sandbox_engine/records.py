"""What the engine knows of its tasks, on disk: one small JSON file for each.

It outlives the engine, not the machine: after a power cut no sandbox is left, so nothing is synced.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract.names import TASK_ID_PATTERN
from contract.wire import BadMessage, from_json, to_json
from manager.adapters.sandbox_engine.launcher import SandboxIds

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TaskRecord:
    task_id: str
    started_at: float
    home_id: str | None
    preforked: bool = False
    ids: SandboxIds | None = None
    """None before the launch and after the end."""
    sealed: bool = False
    """The socket's directory is out of the task's reach."""
    published: bool = False
    """The agent listens, and the task is sealed."""
    home_mounted: bool = False
    shared: str | None = None
    """Whose shared data it was given; empty: nobody's. None: not known, as of an engine of an
    earlier release, or of one that ended while it exchanged them."""
    ended_at: float | None = None
    ended_because: str = ""

    @property
    def alive(self) -> bool:
        return self.ended_at is None


class RecordsFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, record: TaskRecord) -> None:
        """A full disk ends no launch: without its record, the task ends with the next engine."""
        draft = self._folder / f".{record.task_id}.draft"
        try:
            draft.write_text(json.dumps(to_json(record)))
            draft.replace(self._folder / f"{record.task_id}.json")
        except OSError as error:
            log.error("the record of %s could not be written: %s", record.task_id, error)  # noqa: TRY400  no trace helps

    def forget(self, task_id: str) -> None:
        (self._folder / f"{task_id}.json").unlink(missing_ok=True)

    def read_all(self) -> Iterator[TaskRecord]:
        """Removes what is no record; the shim still knows that task, so it will be ended."""
        for file in sorted(self._folder.iterdir()):
            try:
                record = from_json(TaskRecord, json.loads(file.read_text()), where=file.name)
                if file.name != f"{record.task_id}.json" or not TASK_ID_PATTERN.match(record.task_id):
                    raise BadMessage(f"{file.name}: not this task's")
            except (OSError, ValueError) as error:
                if not file.name.startswith("."):
                    log.warning("a record was removed: %s", error)
                file.unlink(missing_ok=True)
            else:
                yield record
