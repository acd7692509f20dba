"""A task: its record, the one table of its changes, and what the engine says about it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from contract.names import TaskState, WorkspaceKind, WorkspaceSize

TASK_TRANSITIONS: dict[TaskState, frozenset[TaskState]] = {
    TaskState.STARTING: frozenset({TaskState.READY, TaskState.CLAIMED, TaskState.STOPPING, TaskState.STOPPED}),
    TaskState.READY: frozenset({TaskState.CLAIMED, TaskState.STOPPING, TaskState.STOPPED}),
    TaskState.CLAIMED: frozenset({TaskState.STOPPING, TaskState.STOPPED}),
    TaskState.STOPPING: frozenset({TaskState.STOPPED}),
    TaskState.STOPPED: frozenset(),
}
"""No way leads back: a task is used once, so that nothing of one student can reach another."""


class IllegalTransition(Exception):
    """A bug in the caller: the record was not in a state from which this change makes sense."""


@dataclass(frozen=True)
class ObservedTask:
    """One task as the engine sees it now, whether or not the store knows it: the only fact from
    outside that reconcile takes on trust."""

    task_id: str
    alive: bool
    """False: it has ended, but the engine still remembers it (and why)."""
    started_at: float
    control_address: str = ""
    """Where the agent is reached: `unix:/path` or `ip:port`; empty until the engine knows."""
    cluster: str = ""
    """The Envoy cluster through which the gateway reaches it (contract.manager.Endpoint)."""
    address: str = ""
    """ip:port for ORIGINAL_DST, or empty where the cluster says it all."""
    slot: str = ""
    """Where a home comes to it (`Task.slot`)."""
    ended_because: str = ""
    """Plain words: 'killed: out of memory', 'exited with code 1'; empty while alive."""


@dataclass(frozen=True)
class Task:
    task_id: str
    kind: WorkspaceKind
    image: str
    created_at: float
    agent_token: str = field(repr=False)
    state: TaskState = TaskState.STARTING
    version: int = 0
    """The version that was read; 0: never stored. Every write is conditional on it."""
    state_since: float = 0.0
    due_at: float | None = None
    """When a pass must look at it: at once while it starts for somebody or stops, later when its
    record may be forgotten. None: never by itself. A warm or failed task is in the pool's list
    (`pool_rank`); a claimed one is due with its workspace."""
    deadline: float | None = None
    """When STARTING has failed, or STOPPING ends without a save."""

    size: WorkspaceSize | None = None
    """None: warm, and the claim will give it one, or of a release that had one size: small."""

    claimed_at: float | None = None
    """When a launch took it."""
    workspace_id: str | None = None
    """The workspace it is reserved for (STARTING) or serves; never changes once set."""

    control_address: str = ""
    cluster: str = ""
    address: str = ""
    slot: str = ""
    """Where the home comes to it, in the engine's words; empty where the engine mounts homes."""
    ready_at: float | None = None
    must_save: bool = False
    """A student's work is in it: a stop saves first."""
    saved_at: float | None = None
    save_attempts: int = 0
    save_again_at: float = 0.0
    ended_at: float | None = None
    failure: str = ""
    """Why it ended before it was of use; the pool's back-off counts these."""

    @property
    def live(self) -> bool:
        return self.state is not TaskState.STOPPED

    @property
    def counted_size(self) -> WorkspaceSize | None:
        """None: warm, without a size yet."""
        return self.size or (WorkspaceSize.SMALL if self.workspace_id else None)

    @property
    def warm(self) -> bool:
        """Nobody has it: the pool may count it, hand it out or retire it."""
        return self.workspace_id is None and self.state in (TaskState.STARTING, TaskState.READY)

    @property
    def failed_start(self) -> bool:
        """It ended without ever having been ready."""
        return self.state is TaskState.STOPPED and bool(self.failure) and self.ready_at is None

    @property
    def pool_rank(self) -> float | None:
        """Its place in the pool's list, which the store indexes: warm tasks, and the failed starts
        that the back-off counts, oldest first. None: it is not in it."""
        return self.created_at if self.warm or self.failed_start else None

    def ready(self, observed: ObservedTask, *, now: float) -> Task:
        return self._to(TaskState.READY, now=now, due_at=None, deadline=None, ready_at=now, **_addresses(observed))

    def reserved(self, workspace_id: str, *, now: float, deadline: float) -> Task:
        """Still starting, but from now on for one workspace only."""
        if not self.warm or self.state is not TaskState.STARTING:
            raise IllegalTransition(f"{self.task_id} is {self.state} for {self.workspace_id}, it cannot be reserved")
        return replace(self, workspace_id=workspace_id, due_at=now, deadline=deadline, claimed_at=now)

    def claimed(self, workspace_id: str, observed: ObservedTask | None = None, *, now: float) -> Task:
        if self.workspace_id not in (None, workspace_id):
            raise IllegalTransition(f"{self.task_id} serves {self.workspace_id}, never another workspace")
        return self._to(
            TaskState.CLAIMED,
            now=now,
            due_at=None,
            workspace_id=workspace_id,
            deadline=None,
            ready_at=now if self.ready_at is None else self.ready_at,
            claimed_at=now if self.claimed_at is None else self.claimed_at,
            **(_addresses(observed) if observed else {}),
        )

    def stopping(self, *, now: float, deadline: float, must_save: bool = False, failure: str = "") -> Task:
        return self._to(
            TaskState.STOPPING, now=now, due_at=now, deadline=deadline, must_save=must_save, failure=failure
        )

    def stopped(self, *, now: float, forget_at: float, failure: str = "") -> Task:
        """A failed start is not due: it stays in the pool's list until it is forgotten."""
        because = self.failure or failure
        ended = self._to(TaskState.STOPPED, now=now, due_at=forget_at, deadline=None, ended_at=now, failure=because)
        return replace(ended, due_at=None) if ended.failed_start else ended

    def _to(self, state: TaskState, *, now: float, **changes: Any) -> Task:
        if state not in TASK_TRANSITIONS[self.state]:
            raise IllegalTransition(f"task {self.task_id}: {self.state} → {state}")
        return replace(self, state=state, state_since=now, **changes)


def _addresses(observed: ObservedTask) -> dict[str, str]:
    return {name: getattr(observed, name) for name in ("control_address", "cluster", "address", "slot")}
