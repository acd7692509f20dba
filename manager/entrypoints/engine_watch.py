"""On one machine no event tells that a task has died: the engine's list is read every few seconds, and what is missing from it
is named to the sweep."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from contract.errors import ApraNovaError
from manager.ports.task_runner import TaskRunner

log = logging.getLogger(__name__)

EVERY_S = 2.0
"""One call over a Unix socket; a student whose task died sees it within this and a pass."""


class EngineWatch:
    """One thread beside the sweep's. What it misses while the manager is down, the sweep finds when workspaces are due."""

    def __init__(self, runner: TaskRunner, tell: Callable[[Iterable[str]], None]) -> None:
        self._runner = runner
        self._tell = tell
        self._alive: frozenset[str] = frozenset()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=0.5)

    def look(self) -> None:
        """An engine that does not answer has lost nothing yet."""
        try:
            alive = frozenset(seen.task_id for seen in self._runner.list_tasks() if seen.alive)
        except ApraNovaError:
            return
        gone, self._alive = self._alive - alive, alive
        if gone:
            self._tell(gone)

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.look()
            except Exception:
                log.exception("the engine's list could not be read")
