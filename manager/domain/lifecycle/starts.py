"""Which tasks to start now: where few may start at once, whoever clicked first comes first."""

from __future__ import annotations

from contract.agent import AgentPhase
from contract.names import TaskState
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.task import Task
from manager.domain.policy import Policy

HOLDS_UP_MAX_S = 30.0
"""A start that takes longer no longer holds a place. It is long, because on a machine that is full
of other work starts take long without having failed, and more of them would take longer still."""


def pool_gives_way(fleet: Fleet, now: float, policy: Policy) -> bool:
    """Whether people wait for starts that are not overdue: the pool starts nothing meanwhile."""
    if policy.starts_max is None:
        return False
    return any(_has_a_person_waiting(task) and _is_under_way(task, fleet, now) for task in fleet.tasks)


def _has_a_person_waiting(task: Task) -> bool:
    return task.state is TaskState.STARTING and task.workspace_id is not None


def to_start(fleet: Fleet, now: float, policy: Policy) -> frozenset[str]:
    """Of the tasks that the engine does not know, those to ask it for in this pass: the first in
    line, and the pool's whose start belongs to a process that died. Without a line all of these.

    A place is free again when a start is ready, has failed, or takes too long.
    """
    starting = [task for task in fleet.tasks if task.state is TaskState.STARTING]
    unknown = [task for task in starting if task.task_id not in fleet.observed_by_id]
    in_line = [] if policy.starts_max is None else [task for task in unknown if _has_a_person_waiting(task)]
    in_line.sort(key=lambda task: (task.claimed_at or 0.0, task.task_id))
    free = 0
    if in_line and policy.starts_max is not None:
        free = policy.starts_max - sum(_is_under_way(task, fleet, now) for task in starting) + len(in_line)
    waits = {task.task_id for task in in_line}
    left = [it for it in unknown if it.task_id not in waits and now - it.state_since >= policy.takeover_s]
    return frozenset(task.task_id for task in (*in_line[: max(0, free)], *left))


def _is_under_way(task: Task, fleet: Fleet, now: float) -> bool:
    seen, status = fleet.observed_by_id.get(task.task_id), fleet.statuses.get(task.task_id)
    if status is not None and status.phase is AgentPhase.READY:
        return False
    return seen is None or now - seen.started_at < HOLDS_UP_MAX_S
