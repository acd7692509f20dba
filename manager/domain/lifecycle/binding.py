"""Which task can serve a workspace, and the change of both records that binds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contract.manager import LaunchStep
from contract.names import LaunchPath, StepName, TaskState
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.transition import IllegalTransition
from manager.domain.lifecycle.workspace import Workspace


def can_serve(task: Task, workspace: Workspace) -> bool:
    """Whether this task may be bound to this workspace, whatever sort of warm task it is."""
    if task.kind is not workspace.kind or not task.warm:
        return False
    if task.intended_for is not None:  # personal
        return task.intended_for == workspace.workspace_id and task.home_id == workspace.home_id
    return task.home_id is None or workspace.home_id is None  # late-binding; slot


def candidates(tasks: Iterable[Task], workspace: Workspace, *, image: str) -> list[Task]:
    """Tasks that a launch may try: ready ones, the student's own, the oldest first.

    A task of an old image is never handed out; reconcile replaces it.
    """

    def order(task: Task) -> tuple[bool, bool, float, str]:
        return task.state is not TaskState.READY, task.intended_for is None, task.created_at, task.task_id

    return sorted((task for task in tasks if task.image == image and can_serve(task, workspace)), key=order)


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
