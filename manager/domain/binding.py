"""Binding a task to a workspace: the change of both records that a claim writes in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from contract.manager import LaunchStep
from contract.names import LaunchPath, StepName, TaskState
from manager.domain.pool import can_serve
from manager.domain.task import Task
from manager.domain.transition import IllegalTransition
from manager.domain.workspace import Workspace


@dataclass(frozen=True)
class Binding:
    task: Task
    workspace: Workspace


def bind(
    task: Task, workspace: Workspace, *, now: float, new_home_id: str, launch_secret: str, deadline: float
) -> Binding:
    """Claim a ready task, or reserve one that is still starting.

    The workspace keeps its home; one without a home adopts the slot task's, or gets `new_home_id`.
    """
    if not can_serve(task, workspace):
        raise IllegalTransition(f"{task.task_id} cannot serve {workspace.workspace_id}")
    warm = task.state is TaskState.READY
    if warm:
        bound = task.claimed(workspace.workspace_id, now=now)
        step = LaunchStep(StepName.TASK_CLAIMED, now, "Found a workspace that was ready")
    else:
        bound = task.reserved(workspace.workspace_id, now=now, deadline=deadline)
        step = LaunchStep(StepName.TASK_STARTING, now, "Starting a fresh workspace for you")
    starting = workspace.starting(
        now=now,
        task_id=task.task_id,
        home_id=workspace.home_id or task.home_id or new_home_id,
        launch_secret=launch_secret,
        path=LaunchPath.WARM if warm else LaunchPath.COLD,
        deadline=deadline,
        step=step,
    )
    return Binding(bound, starting)
