"""The lifecycle's part of a reconcile pass: tasks, workspaces, old records, orphans."""

from __future__ import annotations

from collections.abc import Iterator, Set

from contract.agent import AgentPhase, AgentStatus
from contract.names import TaskState, WorkspaceState
from manager.domain.lifecycle import actions, idle, starts
from manager.domain.lifecycle.actions import LifecycleAction
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.task import ObservedTask, Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy


def reconcile_lifecycle(fleet: Fleet, now: float, policy: Policy) -> Iterator[LifecycleAction]:
    tasks = {task.task_id: task for task in fleet.tasks}
    workspaces = {workspace.workspace_id: workspace for workspace in fleet.workspaces}
    to_start = starts.to_start(fleet, now, policy)
    for task in fleet.tasks:
        bound = workspaces.get(task.workspace_id or "")
        its_own = bound if bound is not None and bound.task_id == task.task_id else None
        yield from _task(task, its_own, fleet, to_start, now, policy)
    for workspace in fleet.workspaces:
        task = tasks.get(workspace.task_id) if workspace.task_id else None
        yield from _workspace(workspace, task, fleet, now, policy)
    yield from _forget(fleet, now, policy)
    yield from _orphans(fleet, now, policy)


def look_again_at(fleet: Fleet, now: float, policy: Policy) -> float:
    """When the next pass should run for the sake of this fleet."""
    if fleet.observed is None:
        return now + policy.engine_retry_s
    transient = any(task.state in (TaskState.STARTING, TaskState.STOPPING) for task in fleet.tasks) or any(
        workspace.state in (WorkspaceState.STARTING, WorkspaceState.STOPPING) for workspace in fleet.workspaces
    )
    return now + (policy.transient_tick_s if transient else policy.pass_interval_s)


def _task(
    task: Task, workspace: Workspace | None, fleet: Fleet, to_start: Set[str], now: float, policy: Policy
) -> Iterator[LifecycleAction]:
    if task.state is TaskState.STOPPED:
        return
    if task.workspace_id is not None and workspace is None and task.state is not TaskState.CLAIMED:
        return  # its workspace was read later and has moved on; the next pass sees both
    seen = fleet.observed_by_id.get(task.task_id)
    if task.state is TaskState.STOPPING:
        waits_for_retry = task.must_save and task.saved_at is None and now < task.save_again_at
        if fleet.gone(task):
            yield actions.RecordTaskGone(task, workspace, seen.ended_because if seen else "")
        elif not waits_for_retry:
            yield actions.EndTask(task, workspace)
        return
    if fleet.observed is None:
        return
    if seen is None and task.state is TaskState.STARTING:
        if task.deadline is not None and now >= task.deadline:
            yield actions.GiveUpStart(task, workspace, "it could not be started in time")
        elif task.task_id in to_start:
            yield actions.StartAgain(task)
    elif seen is None or not seen.alive:
        because = seen.ended_because if seen else "the engine no longer has it"
        if task.workspace_id is None or workspace is not None:
            yield actions.RecordTaskGone(task, workspace, because or "it ended by itself")
    elif task.state is TaskState.STARTING:
        yield from _starting(task, workspace, seen, fleet.statuses.get(task.task_id), now)
    elif task.state is TaskState.CLAIMED and workspace is not None:
        yield from _claimed(task, workspace, seen, fleet.statuses.get(task.task_id), now, policy)


def _starting(
    task: Task, workspace: Workspace | None, seen: ObservedTask, status: AgentStatus | None, now: float
) -> Iterator[LifecycleAction]:
    if status is not None and status.phase is AgentPhase.FAILED:
        yield actions.GiveUpStart(task, workspace, status.failure or "the application did not start")
    elif status is not None and status.phase is AgentPhase.READY and seen.control_address:
        if workspace is None:
            yield actions.MarkReady(task, seen)
        else:
            yield actions.FinishLaunch(workspace, task, seen)
    elif task.deadline is not None and now >= task.deadline:
        yield actions.GiveUpStart(task, workspace, "it was not ready in time")


def _claimed(
    task: Task, workspace: Workspace, seen: ObservedTask, status: AgentStatus | None, now: float, policy: Policy
) -> Iterator[LifecycleAction]:
    if workspace.state is not WorkspaceState.STARTING:
        return
    if status is not None and status.progress and status.progress not in {step.text for step in workspace.steps}:
        yield actions.NoteProgress(workspace, status.progress)
    if workspace.deadline is not None and now >= workspace.deadline:
        yield actions.GiveUpStart(task, workspace, "the workspace did not open in time")
    elif now - task.state_since >= policy.takeover_s:
        yield actions.FinishLaunch(workspace, task, seen)


def _workspace(
    workspace: Workspace, task: Task | None, fleet: Fleet, now: float, policy: Policy
) -> Iterator[LifecycleAction]:
    due = workspace.due_at is not None and now >= workspace.due_at
    if workspace.state is WorkspaceState.STOPPED and workspace.launch_wanted_at is not None:
        yield actions.LaunchAgain(workspace)
    elif workspace.restoring is not None and due:
        yield actions.AskBackupWorker(workspace)
    elif workspace.state is WorkspaceState.DELETED and workspace.purge_at is not None and now >= workspace.purge_at:
        yield actions.PurgeWorkspace(workspace)
    elif (
        (workspace.state is WorkspaceState.RUNNING and due)
        and (task is not None and task.state is TaskState.CLAIMED)
        and not fleet.gone(task)
    ):
        verdict = idle.judge(workspace, fleet.statuses.get(task.task_id), now=now, policy=policy)
        yield actions.ActOnUse(workspace, task, verdict)


def _forget(fleet: Fleet, now: float, policy: Policy) -> Iterator[LifecycleAction]:
    """Old records, and those of failed starts that no longer hold up the pool."""
    since = starts.succeeded_at(fleet, now)
    ended = (task for task in fleet.tasks if task.state is TaskState.STOPPED)
    old = tuple(
        task
        for task in ended
        if now - task.state_since >= policy.task_memory_s
        or (task.failed_start and not starts.holds_up_pool(task, succeeded_at=since))
    )
    if old:
        yield actions.Forget(old)


def _orphans(fleet: Fleet, now: float, policy: Policy) -> Iterator[LifecycleAction]:
    """Tasks without a record. Those whose record says STOPPED need no grace."""
    lost = (seen for seen in fleet.strangers if now - seen.started_at >= policy.orphan_grace_s)
    yield from (actions.StopOrphan(seen.task_id) for seen in (*lost, *fleet.latecomers))
