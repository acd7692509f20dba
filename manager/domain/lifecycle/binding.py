"""Which task can serve a workspace, and the change of both records that binds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from contract.manager import LaunchStep
from contract.names import LaunchPath, StepName, TaskState
from manager.domain.lifecycle.task import IllegalTransition, Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy


def can_serve(task: Task, workspace: Workspace, policy: Policy) -> bool:
    """Whether this task may be bound to this workspace: a warm one serves anyone of its shape."""
    return task.warm and policy.shape(task.kind, task.size) == policy.shape(workspace.kind, workspace.size)


def candidates(tasks: Iterable[Task], workspace: Workspace, *, image: str, policy: Policy) -> list[Task]:
    """Tasks that a launch may try: ready ones first, then the oldest.

    A task of an old image is never handed out; reconcile replaces it.
    """
    found = (task for task in tasks if task.image == image and can_serve(task, workspace, policy))
    return sorted(found, key=lambda task: (task.state is not TaskState.READY, task.created_at, task.task_id))


@dataclass(frozen=True)
class Binding:
    task: Task
    workspace: Workspace


def bind(
    task: Task, workspace: Workspace, *, now: float, new_home_id: str, launch_secret: str, policy: Policy
) -> Binding:
    """Claim a ready task, or reserve one that is still starting. From now on it has a size.

    The workspace keeps its home; one without a home gets `new_home_id`.
    """
    if not can_serve(task, workspace, policy):
        raise IllegalTransition(f"{task.task_id} cannot serve {workspace.workspace_id}")
    deadline = now + policy.launch_timeout_s
    task = replace(task, size=workspace.size or policy.default_size)
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
        home_id=workspace.home_id or new_home_id,
        launch_secret=launch_secret,
        path=LaunchPath.WARM if warm else LaunchPath.COLD,
        deadline=deadline,
        step=step,
    )
    return Binding(bound, starting)
