"""Reading a workspace, and the writes that more than one use case makes.

A write that returned left the record one version on: it is not read again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from contract.errors import ApraNovaError, Reason
from contract.manager import LaunchStep
from contract.names import StepName, StopReason, TaskState, WorkspaceState
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.workspace_store import VersionConflict
from manager.use_cases.words import stop_words
from manager.use_cases.world import World

Result = TypeVar("Result")
TaskOrWorkspace = TypeVar("TaskOrWorkspace", Task, Workspace)


def get_workspace(world: World, workspace_id: str) -> Workspace:
    workspace = world.store.find_workspace(workspace_id)
    if workspace is None:
        raise ApraNovaError(Reason.WORKSPACE_NOT_FOUND, "This workspace does not exist", detail=workspace_id)
    return workspace


def get_task(world: World, workspace: Workspace) -> Task:
    """The task of a workspace that is up. It is read later than the workspace, so it may have moved
    on: VersionConflict."""
    task = world.store.find_task(workspace.task_id) if workspace.task_id else None
    if task is None or task.state not in (TaskState.STARTING, TaskState.CLAIMED):
        raise VersionConflict(f"the task of {workspace.workspace_id} is ending or gone already")
    return task


def save_workspace(world: World, workspace: Workspace) -> Workspace:
    """Write one record and return it at its new version. Raises VersionConflict."""
    world.store.write(workspace)
    return stored(workspace)


def stored(record: TaskOrWorkspace) -> TaskOrWorkspace:
    """A record as the store has it after a write of it returned."""
    return replace(record, version=record.version + 1)


def begin_stop(
    world: World,
    workspace: Workspace,
    *,
    reason: StopReason,
    failure: str = "",
    launch_again: bool = False,
    task: Task | None = None,
) -> Workspace:
    """RUNNING or STARTING → STOPPING, both records in one write; a pass saves and ends.
    `failure`: why a launch has failed. Raises VersionConflict."""
    now = world.clock.now()
    if reason is StopReason.DELETED:
        stopping = workspace.request_deletion(now=now, grace_s=world.policy.delete_grace_s)
    elif reason is StopReason.LAUNCH_FAILED:
        stopping = workspace.launch_failed(now=now, because=failure, again=launch_again)
    else:
        stopping = workspace.stopping(now=now, reason=reason, launch_again=launch_again)
        if reason is StopReason.DISK and stopping.disk is not None and not stopping.disk.because:
            stopping = replace(stopping, disk=replace(stopping.disk, because=stop_words(workspace, world.policy)))
    task = task or get_task(world, workspace)
    if task.state not in (TaskState.STARTING, TaskState.CLAIMED):
        raise VersionConflict(f"someone else ends {task.task_id} already")
    must_save = workspace.state is WorkspaceState.RUNNING  # before that, no student's work can be in it
    if must_save:
        stopping = stopping.with_step(LaunchStep(StepName.SAVING, now, "Saving your work"))
    ending = task.stopping(now=now, deadline=now + world.policy.save_timeout_s, must_save=must_save, failure=failure)
    world.store.write(stopping, ending)
    world.metrics.count("stops_total", reason=str(reason))
    world.wake()
    return stored(stopping)


def count_failed_launch(world: World, *, tried_again: bool) -> None:
    world.metrics.count("launch_failures_total", tried_again="yes" if tried_again else "no")


def retried(world: World, attempt: Callable[[], Result]) -> Result:
    """Read and write again while others change the same record."""
    for _ in range(world.policy.attempts_max):
        try:
            return attempt()
        except VersionConflict:
            continue
    raise ApraNovaError(Reason.CONFLICT, "Someone else is changing this workspace.")
