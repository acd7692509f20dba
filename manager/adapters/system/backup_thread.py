"""A backup worker in a thread of the manager: one home after another, and a round once an hour."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from contract.errors import ApraNovaError, Reason
from manager.ports.home_backup import HomeSnapshot, SnapshotFailed
from manager.use_cases import backups
from manager.use_cases.backups import BackupContext

log = logging.getLogger(__name__)

ROUND_EVERY_S = 3_600.0
_PAUSE_S = 2.0
"""Wait this long before each home, so that tasks that end and start around a stop go first."""


class BackupThread:
    """`status_of` names the tool, or raises ValueError if it is missing; `fetch` installs it."""

    def __init__(
        self,
        context: BackupContext,
        status_of: Callable[[], str],
        fetch: Callable[[], object],
        *,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._context = context
        self._fetch = fetch
        self._status_of = status_of
        self._pause_s = pause_s
        self._wanted: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._waiting: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backup-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Does not wait: the next process takes a snapshot that was interrupted."""
        self._stopping.set()
        self._wanted.put(None)

    def notify(self, workspace_id: str, home_id: str) -> None:  # noqa: ARG002 (all homes are in one place here)
        with self._lock:
            if workspace_id in self._waiting:
                return
            self._waiting.add(workspace_id)
        self._wanted.put(workspace_id)

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        try:
            return self._context.snapshots.list(home_id)
        except SnapshotFailed as error:
            message = "Snapshots cannot be listed right now; please try again"
            raise ApraNovaError(Reason.INTERNAL, message, detail=str(error)) from error

    def status(self) -> str:
        try:
            return f"on: {self._status_of()}"
        except ValueError as missing:
            return f"off: {missing}"

    def _run(self) -> None:
        self._stopping.wait(self._pause_s)
        while not self._stopping.is_set():
            if not self._works():
                self._guarded(self._fetch)
            if self._works():
                self._guarded(lambda: backups.check_waiting_homes(self._context, lambda: not self._stopping.is_set()))
            self._until_next_round()

    def _until_next_round(self) -> None:
        timer = threading.Timer(ROUND_EVERY_S, lambda: self._wanted.put(""))
        timer.daemon = True
        timer.start()
        while (workspace_id := self._wanted.get()) and not self._stopping.is_set():
            self._stopping.wait(self._pause_s)
            with self._lock:
                self._waiting.discard(workspace_id)
            if not self._stopping.is_set() and self._works():
                self._guarded(lambda name=workspace_id: backups.check_home(self._context, name))
        timer.cancel()

    def _works(self) -> bool:
        return self.status().startswith("on")

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:  # whatever it is, the next home must get its turn
            log.exception("backing up a home failed")
