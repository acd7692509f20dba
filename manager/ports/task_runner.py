"""The port to whatever runs tasks: bubblewrap sandboxes, ECS."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from contract.errors import ApraNovaError, Reason
from contract.manager import KindView
from contract.names import WorkspaceKind
from contract.sizes import SizeLimits
from manager.domain.lifecycle.task import ObservedTask

__all__ = ["ObservedTask", "StillEnding", "TaskRunner", "TaskSpec"]


class StillEnding(ApraNovaError):
    """The engine has been told to end the task, but it has not ended yet: ask again."""

    def __init__(self, task_id: str, detail: str) -> None:
        super().__init__(Reason.WRONG_STATE, "The workspace is still ending", detail=f"{task_id}: {detail}")


@dataclass(frozen=True)
class TaskSpec:
    """A task to start."""

    task_id: str
    """Chosen and stored by the manager before the call; it is the idempotency token and the tag on
    the engine's side."""
    kind: WorkspaceKind
    image: str
    """What `image(kind)` said when the manager decided."""
    agent_token: str = field(repr=False)
    wanted_now: bool = False
    """A person is waiting for it: of two ways to start, take the faster one."""
    limits: SizeLimits | None = None
    """None: `attach_home` gives it a size (`Policy.size_at_claim`)."""


class TaskRunner(Protocol):
    """Starts, lists and ends tasks. Never decides.

    Life of a task: `start` (the agent is the first process, it gets contract.agent.TaskConfig on
    its standard input) → the agent listens on `control_address` → perhaps `attach_home`, once, at
    the claim → `stop` → `release`. A task that the engine has lost or ended is simply not alive in
    `find_tasks`; nothing restarts it.
    """

    isolation: str
    """bubblewrap | none | ecs | memory"""

    def start(self, spec: TaskSpec) -> None:
        """Ask the engine to start a task; returns before it is ready.

        Idempotent by `task_id`: a second call for a task that is alive or has ended starts nothing.
        Raises ApraNovaError: KIND_NOT_READY (image missing), NO_CAPACITY, LAUNCH_FAILED.
        """

    def attach_home(
        self, task_id: str, home_id: str, *, slot: str = "", limits: SizeLimits | None = None, shared: str = ""
    ) -> None:
        """Bring the home into the running task: mount it at contract.names.STUDENT_HOME, or move it
        to the task's slot (`ObservedTask.slot`). Idempotent for the same home. `limits`: the task's
        size from now on, unless its start fixed it. `shared`: whose shared data come read-only to
        SHARED_DATA, where the engine has them; without them the task works all the same. With the
        home that is there already and another `shared`, only the shared data are exchanged.

        The claim's record, written before, says that the home may be here; RUNNING, that it is.
        Raises ApraNovaError: LAUNCH_FAILED (the task is gone, already has another home, or keeps
        the shared data that it had),
        HomeMissing, MANAGER_UNAVAILABLE (the outcome is not known: repeat it, or `stop` and
        `release`).
        """

    def stop(self, task_id: str, *, grace_s: float) -> None:
        """End the task: SIGTERM to the agent, after `grace_s` everything in it is killed. Returns
        when it is gone, or, where that would be waiting for long (ECS), raises `StillEnding` until
        it is.

        Idempotent; unknown tasks are already stopped, and a `start` with that id which comes later
        (its caller was held up) starts nothing.
        """

    def release(self, task_id: str) -> None:
        """After `stop` has returned: bring a home that is still with the task back to rest. Only
        then may it be recorded as stopped. Idempotent; does nothing where the engine mounts homes.

        Raises ApraNovaError(MANAGER_UNAVAILABLE): repeat it.
        """

    def find_tasks(self, task_ids: Iterable[str]) -> tuple[ObservedTask, ...]:
        """Those of the named tasks that the engine knows, ended ones for at least ten minutes. One
        that is not in the answer is not there: it has ended long ago, or was never started. Any
        number may be named; the adapter pages.

        On ECS: DescribeTasks, 100 a call (it wants ARNs: what RunTask answered, or ListTasks by
        `startedBy`). Raises ApraNovaError(MANAGER_UNAVAILABLE) when the engine does not answer for
        even one of them: the caller must then assume nothing about any.
        """
        ...

    def list_tasks(self) -> tuple[ObservedTask, ...]:
        """Tasks that the engine runs, whoever asked for them: only to find those that no record
        knows.

        All on one machine. On ECS one page (ListTasks, then DescribeTasks, 100 tasks), and the next
        call goes on after it: a cursor in the process's memory is enough, because whatever is
        missed now is seen in a later round. May name ended tasks too. Raises
        ApraNovaError(MANAGER_UNAVAILABLE) when the engine does not answer.
        """
        ...

    def prepare(self) -> bool:
        """Called by each full pass: make ahead what later starts need, a little at a time; whether
        there is more to do soon. Raises ApraNovaError: the next pass tries again."""
        ...

    def kind_status(self, kind: WorkspaceKind) -> KindView:
        """Whether this kind can be started now, and if not why, in plain words."""
        ...

    def image(self, kind: WorkspaceKind) -> str:
        """The image (with version) that a new task of this kind runs; raises
        ApraNovaError(KIND_NOT_READY)."""
        ...

    def enforced(self) -> dict[str, str]:
        """Limit → how it is enforced here, or 'not enforced: why' (memory, processes, network, file
        system, …)."""
        ...
