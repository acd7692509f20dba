"""Notices that a task died or an application was installed, of which no event tells on one machine.

It asks the engine every few seconds. What is missing from the engine's list gets a reconcile pass
at once, and a new image wakes one for the pool.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from contract.errors import ApraNovaError, Reason
from contract.names import WorkspaceKind
from manager.ports.task_runner import TaskRunner

log = logging.getLogger(__name__)

EVERY_S = 2.0
"""A few calls over a Unix socket. A student sees within this time that their task died."""


class EngineWatch:
    """One thread. What it misses while the manager is down, a later pass finds."""

    def __init__(
        self, runner: TaskRunner, kinds: Sequence[WorkspaceKind], notify: Callable[[Iterable[str]], None]
    ) -> None:
        self._runner = runner
        self._kinds = kinds
        self._notify = notify
        self._alive: frozenset[str] = frozenset()
        self._images: Mapping[WorkspaceKind, str] | None = None
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
            images = {kind: image for kind in self._kinds if (image := self._image(kind))}
        except ApraNovaError:
            return
        gone, self._alive = self._alive - alive, alive
        changed, self._images = images != self._images, images
        if gone or changed:
            self._notify(gone)

    def _image(self, kind: WorkspaceKind) -> str:
        try:
            return self._runner.image(kind)
        except ApraNovaError as error:
            if error.reason is Reason.KIND_NOT_READY:
                return ""
            raise

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self.look()
            except Exception:
                log.exception("the engine could not be asked")
