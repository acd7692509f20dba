"""What this process saw in the last minutes: launches, sign-in hints, decisions. It is lost with
the process, and only the size of the pool depends on it."""

from __future__ import annotations

import itertools
import threading
from collections import Counter, deque
from collections.abc import Iterable

from contract.names import WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, Shape
from manager.domain.pool.forecast import RECENT_S, Recent
from manager.domain.pool.outlook import DECISIONS_MAX

_UP = (WorkspaceState.STARTING, WorkspaceState.RUNNING)
HINTS_MAX = 1_000


class RecentLaunches:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._launched: dict[str, tuple[Shape, float]] = {}
        self._hints: dict[str, tuple[Shape, float]] = {}
        self._decisions: deque[str] = deque(maxlen=DECISIONS_MAX)

    def see(self, workspaces: Iterable[Workspace], now: float, policy: Policy) -> None:
        """A launch makes its workspace due, so each pass sees those since the one before."""
        with self._lock:
            if self._since is None:
                self._since = now
            for workspace in workspaces:
                if workspace.state in _UP:
                    self._hints.pop(workspace.workspace_id, None)
                    if workspace.arrivals:
                        self._launched.pop(workspace.workspace_id, None)  # so that the newest are last
                        self._launched[workspace.workspace_id] = (
                            policy.shape(workspace.kind, workspace.size),
                            workspace.arrivals[-1],
                        )
            self._forget(now)
            self._hints = {key: hint for key, hint in self._hints.items() if now < hint[1]}

    def _forget(self, now: float) -> None:
        """Oldest first, and no further than needed: a rush leaves thousands. An entry out of
        order stays some minutes longer; the forecast goes by its time."""
        old = list(itertools.takewhile(lambda entry: now - entry[1][1] > RECENT_S, self._launched.items()))
        for key, _ in old:
            del self._launched[key]

    def hint(self, workspace: Workspace, policy: Policy, *, until: float) -> None:
        """Somebody is about to launch."""
        with self._lock:
            if len(self._hints) < HINTS_MAX:
                self._hints[workspace.workspace_id] = (policy.shape(workspace.kind, workspace.size), until)

    def recent(self) -> Recent:
        with self._lock:
            hints = Counter(shape for shape, _ in self._hints.values())
            if self._since is None:
                return Recent(hints=hints)
            launches: dict[Shape, list[float]] = {}
            for shape, at in self._launched.values():
                launches.setdefault(shape, []).append(at)
            return Recent(self._since, launches, hints)

    def decided(self, decisions: Iterable[str]) -> None:
        with self._lock:
            self._decisions.extendleft(reversed([*decisions]))

    def decisions(self) -> tuple[str, ...]:
        """Those not yet written down, newest first."""
        with self._lock:
            return tuple(self._decisions)

    def written(self, decisions: tuple[str, ...]) -> None:
        with self._lock:
            for _ in range(min(len(decisions), len(self._decisions))):
                self._decisions.pop()
