"""Everything that the use cases act on, handed to them by bootstrap."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from contract.manager import DiskView, MachineView
from manager.domain.policy import Policy
from manager.ports.check_runner import CheckRunner, NoChecks
from manager.ports.clock import Clock, Ids, Metrics
from manager.ports.home_backup import BackupWorker, HomeSnapshot
from manager.ports.home_history import HomeHistory, NoHistory
from manager.ports.home_volumes import HomeVolumes
from manager.ports.task_agent import TaskAgent
from manager.ports.task_runner import TaskRunner
from manager.ports.workspace_store import WorkspaceStore
from manager.use_cases.recent_launches import RecentLaunches


class Background(Protocol):
    """How a pass does slow things side by side."""

    def run(self, work: Callable[[], None]) -> None:
        """Do `work` soon; it does not raise."""

    def map(self, ask: Callable[[Any], Any], items: Iterable[Any], *, for_pass: bool = False) -> list[Any]:
        """Ask for all items side by side; answers in their order. `for_pass`: a reconcile pass
        waits, which must not wait for what a screen wants to know."""
        ...


class Inline:
    """Does everything at once, in the caller's thread: for tests, and for a reconcile pass that
    must be finished when it returns."""

    def run(self, work: Callable[[], None]) -> None:
        work()

    def map(
        self,
        ask: Callable[[Any], Any],
        items: Iterable[Any],
        *,
        for_pass: bool = False,  # noqa: ARG002 (the port's)
    ) -> list[Any]:
        return [ask(item) for item in items]


class InFlight:
    """What this process is busy with, so that its own pass does not do the same work again at the
    same time.

    Only a saving of work: another process may do it twice, and every step allows that.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: set[str] = set()

    def begin(self, key: str) -> bool:
        with self._lock:
            if key in self._keys:
                return False
            self._keys.add(key)
            return True

    def end(self, key: str) -> None:
        with self._lock:
            self._keys.discard(key)

    @contextlib.contextmanager
    def holding(self, key: str) -> Iterator[bool]:
        begun = self.begin(key)
        try:
            yield begun
        finally:
            if begun:
                self.end(key)


class ProcessMemory:
    """What this process did lately. It ends with the process, and nothing depends on it: it is a
    courtesy to students, and spares the engine and the store some questions."""

    def __init__(self) -> None:
        self.claimed_at = 0.0
        self.scanned_at = float("-inf")
        """When the engine was last asked for tasks that nobody named."""
        self._started: dict[str, float] = {}
        self._claimed: dict[str, float] = {}

    def started(self, task_id: str, now: float) -> None:
        self._started[task_id] = now

    def forget_start(self, task_id: str) -> None:
        self._started.pop(task_id, None)

    def claimed(self, task_id: str, now: float) -> None:
        self._claimed[task_id] = now

    def forget_claim(self, task_id: str) -> None:
        """Its workspace is open."""
        self._claimed.pop(task_id, None)

    def claims_since(self, since: float) -> list[str]:
        """Tasks that this process claimed after `since` for workspaces that are not open yet: an
        index that lags shows them as they were, and a launch that was cut short would wait for the
        next pass."""
        return _after(since, self._claimed)

    def starts_since(self, since: float) -> list[str]:
        """Tasks that this process recorded after `since` and has not read back yet: an index that
        lags does not show them, the pool would start them once more, and a launch that was cut
        short would wait for the next pass."""
        return _after(since, self._started)


def _after(since: float, remembered: dict[str, float]) -> list[str]:
    known = list(remembered.items())  # a copy: launches add to it in threads of their own
    for task_id, at in known:
        if at <= since:
            remembered.pop(task_id, None)
    return [task_id for task_id, at in known if at > since]


class NoBackupWorker:
    """Takes no snapshots, and says why."""

    def __init__(self, why: str = "snapshots are switched off") -> None:
        self._why = why

    def notify(self, workspace_id: str, home_id: str) -> None:
        """There is nothing to do."""

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:  # noqa: ARG002 (the port's)
        return ()

    def status(self) -> str:
        return f"off: {self._why}"


@dataclass(frozen=True)
class Site:
    """What a workspace must know about its installation."""

    workspaces_domain: str = "ws.localhost:8080"
    portal_url: str = "http://localhost:8080"
    identity_key: str = ""
    """See contract.agent.ClaimRequest."""


@dataclass(frozen=True)
class World:
    store: WorkspaceStore
    runner: TaskRunner
    homes: HomeVolumes
    agent: TaskAgent
    clock: Clock
    ids: Ids
    metrics: Metrics
    policy: Policy
    site: Site = field(default_factory=Site)
    backup_worker: BackupWorker = field(default_factory=NoBackupWorker)
    history: HomeHistory = field(default_factory=NoHistory)
    checks: CheckRunner = field(default_factory=NoChecks)
    background: Background = field(default_factory=Inline)
    in_flight: InFlight = field(default_factory=InFlight)
    recent_launches: RecentLaunches = field(default_factory=RecentLaunches)
    memory: ProcessMemory = field(default_factory=ProcessMemory)
    disk: Callable[[], DiskView | None] = lambda: None
    """How full the platform's disk is; None: nobody watches one."""
    machine: Callable[[], MachineView | None] = lambda: None
    """The machine that all tasks share; None where each has its own. It raises nothing."""
    home_limits: str = "not watched while a workspace runs; counted after each stop"
    """How homes are limited, for the operator."""
    wake: Callable[[], None] = lambda: None
    """Ask for a reconcile pass soon."""
