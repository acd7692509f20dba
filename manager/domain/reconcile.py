"""The heart: what the fleet is, what it should be, and the steps between. Reads top to bottom, does no I/O."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from contract.agent import AgentPhase, AgentStatus
from contract.names import TaskState, WorkspaceKind, WorkspaceState
from manager.domain import idle, pool
from manager.domain.observation import ObservedTask
from manager.domain.outlook import TargetLine
from manager.domain.plan import (
    SELF_TIMED,
    Action,
    AskBackupWorker,
    EndTask,
    FailLaunch,
    FinishLaunch,
    ForgetLaunches,
    ForgetTask,
    ForgiveFailures,
    LaunchAgain,
    MarkReady,
    NoteProgress,
    Plan,
    PoolNote,
    PurgeWorkspace,
    RecordTaskGone,
    RecordUse,
    RetireTask,
    StartAgain,
    StopOrphan,
    StopWorkspace,
    Warn,
)
from manager.domain.policy import Policy
from manager.domain.pool_pass import Fleet, PoolFacts, PoolPass, reconcile_pool
from manager.domain.task import Task
from manager.domain.workspace import Workspace


@dataclass(frozen=True)
class Snapshot:
    """What is due, warm or named, as it was read: records first, then the engine, then the agents, so that a task which
    the engine should know by its record can only be missing because it has ended. The rest of the fleet is not in it, and
    nothing is concluded about it."""

    tasks: tuple[Task, ...]
    """The pool's, the due ones, and those of the due workspaces."""
    workspaces: tuple[Workspace, ...]
    """Those that are due, and those of `tasks`."""
    observed: tuple[ObservedTask, ...] | None
    """What the engine says of the live ones of `tasks`: it was asked for each, so one that is missing is gone.
    None: the engine did not answer, and nothing may be concluded about any task."""
    statuses: Mapping[str, AgentStatus] = field(default_factory=dict)
    """By task id; absent when the agent was not asked or did not answer."""
    images: Mapping[WorkspaceKind, str] | None = field(default_factory=dict)
    """The current image of each kind that can be launched now. None: not known, and the pool stays as it is, or the other
    kinds would get the share of one whose look-up failed."""
    launches: Mapping[WorkspaceKind, int] = field(default_factory=dict)
    """How often each kind was launched lately (domain/demand.py)."""
    pool: PoolFacts = field(default_factory=PoolFacts)
    live: int | None = None
    """All live tasks, where `Policy.tasks_max` limits them."""
    waiting: int = 0
    """How many tasks wait for their student, as last counted: few passes read them."""
    claimed_at: float = 0.0
    """When this process last claimed a task; a courtesy (`Policy.refill_delay_s`) needs no record."""
    strangers: tuple[ObservedTask, ...] = ()
    """Alive by the engine's own list, and without a record when that was read by key, after the list."""
    latecomers: tuple[ObservedTask, ...] = ()
    """As `strangers`, but their record says STOPPED: they started too late."""

    @functools.cached_property
    def warm(self) -> tuple[Task, ...]:
        """Most of what a pass over a large pool reads, and nothing is to be done about most of them."""
        return tuple(task for task in self.tasks if task.warm)

    @functools.cached_property
    def not_warm(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if not task.warm)

    @functools.cached_property
    def observed_by_id(self) -> Mapping[str, ObservedTask]:
        return {seen.task_id: seen for seen in self.observed or ()}


def reconcile(snapshot: Snapshot, now: float, policy: Policy) -> Plan:
    """Compute the steps that lead the fleet to what it should be. Pure; a converged fleet gives no actions."""
    workspaces = {workspace.workspace_id: workspace for workspace in snapshot.workspaces}
    tasks = {task.task_id: task for task in snapshot.tasks}
    succeeded_at = _succeeded_at(snapshot, now)
    actions: list[Action] = []
    for task in snapshot.tasks:
        bound = workspaces.get(task.workspace_id) if task.workspace_id else None
        if bound is not None and bound.task_id != task.task_id:
            bound = None
        actions.extend(_reconcile_task(task, bound, snapshot, now, policy))
    for workspace in snapshot.workspaces:
        task = tasks.get(workspace.task_id) if workspace.task_id else None
        actions.extend(_reconcile_workspace(workspace, task, snapshot, now, policy))
    actions.extend(_forget(snapshot, now, policy))
    actions.extend(_forgive(snapshot, succeeded_at))
    actions.extend(_orphans(snapshot, now, policy))
    pooled = _reconcile_pool(snapshot, now, policy, succeeded_at=succeeded_at)
    pool_at = float("inf")
    if pooled is not None:
        retired = {action.task.task_id for action in pooled.actions if isinstance(action, RetireTask)}
        marked = [action for action in actions if isinstance(action, MarkReady) and action.task.task_id in retired]
        actions = [*(action for action in actions if action not in marked), *pooled.actions]
        pool_at = pooled.look_again_at
    # What an action changes is the next thing to look at, also when the event that should tell of it is lost.
    to_follow = any(not isinstance(action, SELF_TIMED) for action in actions)
    acted_at = now + policy.transient_tick_s if to_follow else float("inf")
    look_again_at = min(_look_again_at(snapshot, now, policy), pool_at, acted_at)
    return Plan(tuple(actions), look_again_at, _note(pooled, snapshot) if pooled is not None else None)


def _reconcile_task(
    task: Task, workspace: Workspace | None, snapshot: Snapshot, now: float, policy: Policy
) -> Iterator[Action]:
    if task.state is TaskState.STOPPED:
        return
    if task.workspace_id is not None and workspace is None and task.state is not TaskState.CLAIMED:
        return  # its workspace was read later and has moved on; the next pass sees both
    seen = snapshot.observed_by_id.get(task.task_id)
    if task.state is TaskState.STOPPING:
        waits_for_retry = task.must_save and task.saved_at is None and now < task.save_again_at
        if _gone(snapshot, seen):
            yield RecordTaskGone(task, workspace, seen.ended_because if seen else "")
        elif not waits_for_retry:
            yield EndTask(task, workspace)
        return
    if snapshot.observed is None:
        return
    if seen is None and task.state is TaskState.STARTING:
        yield from _not_started(task, workspace, now, policy)
    elif seen is None or not seen.alive:
        because = seen.ended_because if seen else "the engine no longer has it"
        if task.workspace_id is None or workspace is not None:
            yield RecordTaskGone(task, workspace, because or "it ended by itself")
    elif task.state is TaskState.STARTING:
        yield from _starting(task, workspace, seen, snapshot.statuses.get(task.task_id), now)
    elif task.state is TaskState.CLAIMED and workspace is not None:
        yield from _claimed(task, workspace, seen, snapshot.statuses.get(task.task_id), now, policy)


def _not_started(task: Task, workspace: Workspace | None, now: float, policy: Policy) -> Iterator[Action]:
    if task.deadline is not None and now >= task.deadline:
        yield from _give_up(task, workspace, "it could not be started in time")
    elif now - task.state_since >= policy.takeover_s:
        yield StartAgain(task)


def _starting(
    task: Task, workspace: Workspace | None, seen: ObservedTask, status: AgentStatus | None, now: float
) -> Iterator[Action]:
    if status is not None and status.phase is AgentPhase.FAILED:
        yield from _give_up(task, workspace, status.failure or "the application did not start")
    elif status is not None and status.phase is AgentPhase.READY and seen.control_address:
        yield MarkReady(task, seen) if workspace is None else FinishLaunch(workspace, task, seen)
    elif task.deadline is not None and now >= task.deadline:
        yield from _give_up(task, workspace, "it was not ready in time")


def _claimed(
    task: Task, workspace: Workspace, seen: ObservedTask, status: AgentStatus | None, now: float, policy: Policy
) -> Iterator[Action]:
    if workspace.state is not WorkspaceState.STARTING:
        return
    if status is not None and status.progress and status.progress not in {step.text for step in workspace.steps}:
        yield NoteProgress(workspace, status.progress)
    if workspace.deadline is not None and now >= workspace.deadline:
        yield FailLaunch(workspace, task, "the workspace did not open in time")
    elif now - task.state_since >= policy.takeover_s:
        yield FinishLaunch(workspace, task, seen)


def _give_up(task: Task, workspace: Workspace | None, because: str) -> Iterator[Action]:
    if workspace is None:
        yield RetireTask(task, because, failure=because)
    else:
        yield FailLaunch(workspace, task, because)


def _reconcile_workspace(
    workspace: Workspace, task: Task | None, snapshot: Snapshot, now: float, policy: Policy
) -> Iterator[Action]:
    if workspace.state is WorkspaceState.STOPPED and workspace.launch_wanted_at is not None:
        yield LaunchAgain(workspace)
    elif workspace.restoring is not None and workspace.due_at is not None and now >= workspace.due_at:
        yield AskBackupWorker(workspace)
    elif workspace.state is WorkspaceState.DELETED and workspace.purge_at is not None and now >= workspace.purge_at:
        yield PurgeWorkspace(workspace)
    elif workspace.state is WorkspaceState.RUNNING and task is not None and task.state is TaskState.CLAIMED:
        seen = snapshot.observed_by_id.get(task.task_id)
        if workspace.due_at is None or now < workspace.due_at or _gone(snapshot, seen):
            return
        verdict = idle.judge(workspace, snapshot.statuses.get(task.task_id), now=now, policy=policy)
        if verdict.stop_now:
            yield StopWorkspace(workspace, task, verdict)
        elif verdict.warn_now:
            yield Warn(workspace, task, verdict)
        else:
            yield RecordUse(workspace, verdict)


def _forget(snapshot: Snapshot, now: float, policy: Policy) -> Iterator[Action]:
    old = [
        task
        for task in snapshot.not_warm
        if task.state is TaskState.STOPPED and (task.ended_at is None or now - task.ended_at >= policy.task_memory_s)
    ]
    yield from (ForgetTask(task) for task in old if task.workspace_id is None)
    launches = tuple(task for task in old if task.workspace_id is not None)
    if launches:
        yield ForgetLaunches(launches)


def _forgive(snapshot: Snapshot, succeeded_at: float) -> Iterator[Action]:
    over = tuple(
        task
        for task in snapshot.not_warm
        if task.failed_start and not task.forgiven and not pool.counts(task, succeeded_at=succeeded_at)
    )
    if over:
        yield ForgiveFailures(over)


def _succeeded_at(snapshot: Snapshot, now: float) -> float:
    """When a task last became ready, as far as this pass sees. Every start that succeeds does so before the eyes of one
    pass: the one that finds its agent ready and marks or binds it."""
    ready = {task_id for task_id, status in snapshot.statuses.items() if status.phase is AgentPhase.READY}
    if ready and any(task.state is TaskState.STARTING and task.task_id in ready for task in snapshot.tasks):
        return now
    return max((task.ready_at for task in snapshot.tasks if task.ready_at is not None), default=0.0)


def _orphans(snapshot: Snapshot, now: float, policy: Policy) -> Iterator[Action]:
    """Tasks that run without a record. Those with a record that says STOPPED need no grace: they came too late."""
    for seen in snapshot.strangers:
        if now - seen.started_at >= policy.orphan_grace_s:
            yield StopOrphan(seen.task_id)
    for seen in snapshot.latecomers:
        yield StopOrphan(seen.task_id)


def _reconcile_pool(snapshot: Snapshot, now: float, policy: Policy, *, succeeded_at: float) -> PoolPass | None:
    """None: too little is known to touch the pool."""
    if snapshot.observed is None or snapshot.images is None:
        return None
    doomed = {action.task.task_id for action in _dead_warm(snapshot)}
    not_before = max(
        pool.back_off_until(
            snapshot.not_warm,
            succeeded_at=succeeded_at,
            base_s=policy.back_off_base_s,
            max_s=policy.back_off_max_s,
        ),
        snapshot.claimed_at + policy.refill_delay_s,
    )
    fleet = Fleet(
        warm=[task for task in snapshot.warm if task.task_id not in doomed],
        due=snapshot.workspaces,
        images=snapshot.images,
        launches=snapshot.launches,
        free=math.inf if policy.tasks_max is None else policy.tasks_max - (snapshot.live or 0),
        not_before=not_before,
    )
    return reconcile_pool(fleet, snapshot.pool, now=now, policy=policy)


def _note(done: PoolPass, snapshot: Snapshot) -> PoolNote:
    targets = tuple(
        TargetLine(kind, target.start_below, target.because) for kind, target in done.targets.by_kind.items()
    )
    warm = snapshot.waiting + sum(not task.waits for task in snapshot.warm)
    return PoolNote(done.targets.policy, targets, done.decisions, warm)


def _dead_warm(snapshot: Snapshot) -> Iterator[RecordTaskGone]:
    """Warm tasks that this pass finds gone: the pool must neither count nor retire them."""
    for task in snapshot.warm:
        seen = snapshot.observed_by_id.get(task.task_id)
        never_started = seen is None and task.state is TaskState.STARTING
        if _gone(snapshot, seen) and not never_started:
            yield RecordTaskGone(task, None, "")


def _gone(snapshot: Snapshot, seen: ObservedTask | None) -> bool:
    """Known to be gone: the engine answered, and does not have it alive."""
    return snapshot.observed is not None and (seen is None or not seen.alive)


def _look_again_at(snapshot: Snapshot, now: float, policy: Policy) -> float:
    transient = any(task.state in (TaskState.STARTING, TaskState.STOPPING) for task in snapshot.tasks) or any(
        workspace.state in (WorkspaceState.STARTING, WorkspaceState.STOPPING) for workspace in snapshot.workspaces
    )
    if snapshot.observed is None:
        return now + policy.engine_retry_s
    return now + (policy.transient_tick_s if transient else policy.sweep_interval_s)
