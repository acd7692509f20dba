"""A backup worker in threads of the manager: two that work on homes, and a round once an hour.

One of the two takes only what is quick. So a huge home, a verification or a restore holds up
nobody's snapshot.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from contract.errors import ApraNovaError, Reason
from manager.ports.home_backup import HomeSnapshot, SnapshotFailed
from manager.use_cases import backups
from manager.use_cases.backups import BackupContext

log = logging.getLogger(__name__)

ROUND_EVERY_S = 3_600.0
_PAUSE_S = 2.0
"""Wait this long before each home, so that tasks that end and start around a stop go first."""
_SLOW_S = 60.0
"""A home that took longer is left to the second thread the next time."""
_VERIFIED_A_ROUND_MAX = 20


@dataclass(frozen=True)
class _Job:
    workspace_id: str
    verify: bool = False


class BackupThreads:
    """`status_of` names the tool, or raises ValueError if it is missing; `fetch` installs it."""

    def __init__(
        self,
        context: BackupContext,
        status_of: Callable[[], str],
        fetch: Callable[[], object],
        *,
        pause_s: float = _PAUSE_S,
        slow_s: float = _SLOW_S,
    ) -> None:
        self._context = context
        self._fetch = fetch
        self._status_of = status_of
        self._pause_s, self._slow_s = pause_s, slow_s
        self._quick: deque[_Job] = deque()
        self._slow: deque[_Job] = deque()
        self._slow_homes: set[str] = set()
        self._at_work: set[str] = set()
        self._changed = threading.Condition()
        self._stopping = threading.Event()

    def start(self) -> None:
        for name, run in (("round", self._rounds), ("quick", self._work_quick), ("slow", self._work_slow)):
            threading.Thread(target=run, name=f"backup-{name}", daemon=True).start()

    def stop(self) -> None:
        """Does not wait: the next process takes a snapshot that was interrupted."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()

    def notify(self, workspace_id: str, home_id: str) -> None:  # noqa: ARG002 (all homes are in one place here)
        self._add(_Job(workspace_id))

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        try:
            return self._context.snapshots.list(home_id)
        except SnapshotFailed as error:
            message = "Snapshots cannot be listed right now."
            raise ApraNovaError(Reason.MANAGER_UNAVAILABLE, message, detail=str(error)) from error

    def status(self) -> str:
        try:
            return f"on: {self._status_of()}"
        except ValueError as missing:
            return f"off: {missing}"

    def _rounds(self) -> None:
        self._stopping.wait(self._pause_s)
        while not self._stopping.is_set():
            if not self._works():
                self._guarded(self._fetch)
            if self._works():
                self._guarded(self._round)
            self._stopping.wait(ROUND_EVERY_S)

    def _round(self) -> None:
        for workspace_id in backups.waiting_homes(self._context):
            self._add(_Job(workspace_id))
        for workspace_id in backups.unverified_homes(self._context, most=_VERIFIED_A_ROUND_MAX):
            self._add(_Job(workspace_id, verify=True))

    def _add(self, job: _Job) -> None:
        with self._changed:
            slow = job.verify or job.workspace_id in self._slow_homes
            queue = self._slow if slow else self._quick
            if job not in queue:
                queue.append(job)
                self._changed.notify_all()

    def _work_quick(self) -> None:
        while (job := self._next(self._quick)) is not None:
            self._do(job)

    def _work_slow(self) -> None:
        while (job := self._next(self._slow, self._quick)) is not None:
            self._do(job)

    def _next(self, *queues: deque[_Job]) -> _Job | None:
        """Wait for a job whose home the other thread is not working on; None: the end."""
        with self._changed:
            while not self._stopping.is_set():
                for queue in queues:
                    for job in queue:
                        if job.workspace_id not in self._at_work:
                            queue.remove(job)
                            self._at_work.add(job.workspace_id)
                            return job
                self._changed.wait()
        return None

    def _do(self, job: _Job) -> None:
        self._stopping.wait(self._pause_s)
        begun = time.monotonic()
        if not self._stopping.is_set() and self._works():
            act = backups.verify_snapshots if job.verify else backups.check_home
            self._guarded(lambda: act(self._context, job.workspace_id))
        with self._changed:
            self._at_work.discard(job.workspace_id)
            if not job.verify:
                slow = time.monotonic() - begun > self._slow_s
                (self._slow_homes.add if slow else self._slow_homes.discard)(job.workspace_id)
            self._changed.notify_all()

    def _works(self) -> bool:
        return self.status().startswith("on")

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:  # whatever it is, the next home must get its turn
            log.exception("backing up a home failed")
