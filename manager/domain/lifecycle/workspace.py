"""A workspace's record, and the one table of the changes it may go through."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from contract.manager import Activity, LaunchStep
from contract.names import STARTED, LaunchPath, StepName, StopReason, WorkspaceKind, WorkspaceSize, WorkspaceState
from manager.domain.disk import HomeDisk
from manager.domain.lifecycle.backup_health import BackupHealth
from manager.domain.lifecycle.task import IllegalTransition
from manager.domain.policy import Policy

WORKSPACE_TRANSITIONS: dict[WorkspaceState, frozenset[WorkspaceState]] = {
    WorkspaceState.STOPPED: frozenset({WorkspaceState.STARTING, WorkspaceState.DELETED}),
    WorkspaceState.STARTING: frozenset({WorkspaceState.RUNNING, WorkspaceState.STOPPING}),
    WorkspaceState.RUNNING: frozenset({WorkspaceState.STOPPING}),
    WorkspaceState.STOPPING: frozenset({WorkspaceState.STOPPED, WorkspaceState.DELETED}),
    WorkspaceState.DELETED: frozenset({WorkspaceState.STOPPED}),
}
"""Every end passes through STOPPING: a workspace is STOPPED, and may be launched again, only when
its task is known to be gone. Two tasks on one home would be two writers."""

STEPS_MAX = 20
ARRIVALS_MAX = 32
"""About four weeks of somebody who comes every day."""
SAME_STAY_S = 1_800.0
"""A launch so soon after another is a restart, or a click on a tab that was closed by mistake."""


@dataclass(frozen=True)
class Workspace:
    workspace_id: str
    owner_id: str
    kind: WorkspaceKind
    owner_name: str = ""
    owner_email: str = ""
    size: WorkspaceSize | None = None
    """What its newest launch asked for; None: the installation's default."""
    shared: str = ""
    """Whose shared data it sees, or its next launch asks for; empty: nobody's."""
    state: WorkspaceState = WorkspaceState.STOPPED
    version: int = 0
    """The version that was read; 0: never stored. Every write is conditional on it."""
    state_since: float = 0.0
    due_at: float | None = None
    """When a reconcile pass must look at it; None: never by itself. The store indexes it.
    While its task starts or stops, the task is due and leads a pass here."""

    task_id: str | None = None
    home_id: str | None = None
    home_created_at: float | None = None
    """Set once the home exists: from then on a missing one is a fault, and never replaced."""

    arrivals: tuple[float, ...] = ()
    """Its recent launches, oldest first: what the pool's planner learns from."""

    launch_secret: str = field(default="", repr=False)
    launch_path: LaunchPath | None = None
    launch_wanted_at: float | None = None
    """A person asked to launch while it was stopping: launch again when the stop is done."""
    launch_requested_at: float | None = None
    """When the newest launch was requested, or started again by itself: a session begins then."""
    deadline: float | None = None
    """When STARTING has failed."""
    second_try: bool = False
    """This launch was given a warm task that failed, and gets another one, the last."""
    steps: tuple[LaunchStep, ...] = ()
    cluster: str = ""
    address: str = ""

    running_since: float | None = None
    activity: Activity | None = None
    person_active_at: float | None = None
    """Last activity of a person. A busy job keeps the workspace up only for so long after it."""
    stops_at: float | None = None
    stops_reason: StopReason | None = None
    warned_at: float | None = None
    keep_running_until: float | None = None
    keep_running_wish: float | None = None
    """The agent's last report, uncapped: a request counts once, when it changes."""

    stop_reason: StopReason | None = None
    stopped_at: float | None = None
    failure: str = ""
    deleted_at: float | None = None
    purge_at: float | None = None
    purging: bool = False
    """The home is being removed; too late to undo."""

    disk: HomeDisk | None = None
    """What its home uses, as it was last measured, and what follows; None: not measured yet."""

    snapshot_at: float | None = None
    """When the newest snapshot that counts was taken of its home."""
    backup: BackupHealth = field(default_factory=BackupHealth)
    restoring: str | None = None
    """The snapshot that the backup worker is restoring; meanwhile no task may have the home."""

    def idle_timeout_s(self, policy: Policy) -> float:
        """After how long without activity it stops."""
        return policy.idle_timeout_s

    def starting(
        self,
        *,
        now: float,
        task_id: str,
        home_id: str,
        launch_secret: str,
        path: LaunchPath,
        deadline: float,
        step: LaunchStep,
    ) -> Workspace:
        """Bind it to a task. A workspace keeps the home it has, for good."""
        if self.restoring is not None:
            raise IllegalTransition(f"{self.workspace_id} is being restored")
        if self.home_id not in (None, home_id):
            raise IllegalTransition(f"{self.workspace_id} has home {self.home_id}, never another")
        requested = LaunchStep(StepName.REQUESTED, now, "You asked for your workspace")
        return self._to(
            WorkspaceState.STARTING,
            now=now,
            due_at=now if path is LaunchPath.WARM else None,
            task_id=task_id,
            home_id=home_id,
            launch_secret=launch_secret,
            launch_path=path,
            launch_wanted_at=None,
            launch_requested_at=now,
            deadline=deadline,
            arrivals=with_arrival(self.arrivals, now),
            second_try=self.tries_again,
            steps=self.steps if self.tries_again else (requested,),
            stop_reason=None,
            failure="",
        ).with_step(step)

    def task_claimed(self, *, now: float) -> Workspace:
        """Its task is ready and claimed in the same write: from now on the workspace is due."""
        ready = LaunchStep(StepName.TASK_READY, now, "The fresh workspace is ready for you")
        claimed = LaunchStep(StepName.TASK_CLAIMED, now, "It is yours now")
        return replace(self, due_at=now).with_step(ready).with_step(claimed)

    def running(self, *, now: float, cluster: str, address: str, step: LaunchStep) -> Workspace:
        """Also records that its home exists: nobody could put anything into it before."""
        return self._to(
            WorkspaceState.RUNNING,
            now=now,
            due_at=now,
            deadline=None,
            second_try=False,
            home_created_at=now if self.home_created_at is None else self.home_created_at,
            cluster=cluster,
            address=address,
            running_since=now,
            activity=Activity(at=now, reason=STARTED),
            person_active_at=now,
            disk=self.disk and self.disk.launched(),
        ).with_step(step)

    def stopping(self, *, now: float, reason: StopReason, failure: str = "", launch_again: bool = False) -> Workspace:
        return self._to(
            WorkspaceState.STOPPING,
            now=now,
            due_at=None,
            deadline=None,
            stop_reason=reason,
            failure=failure,
            launch_wanted_at=now if launch_again else None,
            second_try=False,
            stops_at=None,
            stops_reason=None,
        )

    @property
    def may_try_again(self) -> bool:
        """A warm task may have died unseen: once, that costs a moment and no click."""
        return self.launch_path is LaunchPath.WARM and not self.second_try

    @property
    def tries_again(self) -> bool:
        """It is between two tries; to its student it is starting."""
        wanted = self.launch_wanted_at is not None
        return self.second_try and wanted and self.stop_reason is StopReason.LAUNCH_FAILED

    def launch_failed(self, *, now: float, because: str, again: bool) -> Workspace:
        """STARTING → STOPPING; `again`: launch once more when what is left of the task is gone."""
        if again:
            step = LaunchStep(StepName.TASK_FAILED, now, "That workspace failed to start; trying another one")
        else:
            step = LaunchStep(StepName.FAILED, now, because)
        failed = self.stopping(now=now, reason=StopReason.LAUNCH_FAILED, failure=because, launch_again=again)
        return replace(failed.with_step(step), second_try=again)

    def cancel_relaunch(self) -> Workspace:
        """A person says stop: nothing launches it again, whatever it stops for."""
        if self.tries_again:
            return replace(self, launch_wanted_at=None, stop_reason=StopReason.BY_PERSON, failure="")
        stops_as_idle = self.state is WorkspaceState.STOPPING and self.stop_reason is StopReason.IDLE
        reason = StopReason.BY_PERSON if stops_as_idle else self.stop_reason
        return replace(self, launch_wanted_at=None, stop_reason=reason)

    def ended(self, *, now: float, step: LaunchStep) -> Workspace:
        """The task is gone: STOPPED, or DELETED when a person asked for that meanwhile."""
        if self.deleted_at is not None:
            state, due_at = WorkspaceState.DELETED, self.purge_at
        else:
            state, due_at = WorkspaceState.STOPPED, None if self.launch_wanted_at is None else now
        return self._to(
            state,
            now=now,
            due_at=due_at,
            task_id=None,
            launch_secret="",
            cluster="",
            address="",
            running_since=None,
            warned_at=None,
            keep_running_until=None,
            keep_running_wish=None,
            stopped_at=now,
        ).with_step(step)

    def request_deletion(self, *, now: float, grace_s: float) -> Workspace:
        """A running one ends first and becomes DELETED in `ended`."""
        if self.state is WorkspaceState.STOPPED:
            marked = self._to(WorkspaceState.DELETED, now=now, due_at=now + grace_s, restoring=None)
        elif self.state is WorkspaceState.STOPPING:
            marked = replace(self, stop_reason=StopReason.DELETED)
        else:
            marked = self.stopping(now=now, reason=StopReason.DELETED)
        return replace(marked, deleted_at=now, purge_at=now + grace_s, launch_wanted_at=None)

    def without_grace(self, *, now: float) -> Workspace:
        """Of one that is marked for deletion: its purge is due now, or when its task is gone."""
        if self.deleted_at is None or self.purge_at is None or self.purge_at <= now:
            return self
        due_at = now if self.state is WorkspaceState.DELETED else self.due_at
        return replace(self, purge_at=now, due_at=due_at)

    def undeleted(self, *, now: float) -> Workspace:
        if self.purging:
            raise IllegalTransition(f"{self.workspace_id} is being purged")
        if self.state is WorkspaceState.DELETED:
            return self._to(WorkspaceState.STOPPED, now=now, due_at=None, deleted_at=None, purge_at=None)
        return replace(self, deleted_at=None, purge_at=None)

    @property
    def wants_snapshot(self) -> bool:
        """It was used since the last one. While it is up, its files change under a snapshot."""
        if self.state is not WorkspaceState.STOPPED or self.home_created_at is None or self.stopped_at is None:
            return False
        return self.snapshot_at is None or self.snapshot_at < self.stopped_at

    def request_restore(self, snapshot_id: str, *, now: float, ask_again_s: float) -> Workspace:
        """Passes notify the backup worker until it is done: a notification may be lost."""
        if self.state is not WorkspaceState.STOPPED or self.home_created_at is None or self.deleted_at is not None:
            raise IllegalTransition(f"{self.workspace_id} is {self.state}, nothing can be put back")
        return replace(self, restoring=snapshot_id, due_at=now + ask_again_s, failure="")

    def restored(self, *, step: LaunchStep, failure: str) -> Workspace:
        """The restore is done, or has failed (`failure`); launches are possible again."""
        return replace(self, restoring=None, failure=failure, due_at=None).with_step(step)

    def with_step(self, step: LaunchStep) -> Workspace:
        """Progress changes no deadline and no `due_at`; the oldest steps make room."""
        return replace(self, steps=(*self.steps, step)[-STEPS_MAX:])

    def _to(self, state: WorkspaceState, *, now: float, **changes: Any) -> Workspace:
        if state not in WORKSPACE_TRANSITIONS[self.state]:
            raise IllegalTransition(f"workspace {self.workspace_id}: {self.state} → {state}")
        return replace(self, state=state, state_since=now, **changes)


def with_arrival(arrivals: tuple[float, ...], now: float) -> tuple[float, ...]:
    """Remember one more launch; of one stay only the first counts."""
    if arrivals and now - arrivals[-1] < SAME_STAY_S:
        return arrivals
    return (*arrivals, float(round(now)))[-ARRIVALS_MAX:]
