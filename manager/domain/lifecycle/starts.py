"""Which tasks to start now. Where few may start at once, whoever clicked first comes first. Failed
starts make the pool wait; the next start that succeeds ends that.
"""

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
    waited_for = (task for task in fleet.tasks if task.state is TaskState.STARTING and task.workspace_id is not None)
    return policy.starts_max is not None and any(_is_under_way(task, fleet, now) for task in waited_for)


def to_start(fleet: Fleet, now: float, policy: Policy) -> frozenset[str]:
    """Of the tasks that the engine does not know, those to ask it for in this pass: the first in
    line, and the pool's whose start belongs to a process that died. Without a line all of these.

    A place is free again when a start is ready, has failed, or takes too long.
    """
    starting = [task for task in fleet.tasks if task.state is TaskState.STARTING]
    in_line: list[Task] = []
    if policy.starts_max is not None:
        in_line = [it for it in starting if it.workspace_id is not None and it.task_id not in fleet.observed_by_id]
        in_line.sort(key=lambda task: (task.claimed_at or 0.0, task.task_id))
    waits = {task.task_id for task in in_line}
    others = [task for task in starting if task.task_id not in waits]
    free = (policy.starts_max or 0) - sum(_is_under_way(task, fleet, now) for task in others)
    left = [it for it in others if it.task_id not in fleet.observed_by_id and now - it.state_since >= policy.takeover_s]
    return frozenset(task.task_id for task in (*in_line[: max(0, free)], *left))


def _is_under_way(task: Task, fleet: Fleet, now: float) -> bool:
    seen, status = fleet.observed_by_id.get(task.task_id), fleet.statuses.get(task.task_id)
    if status is not None and status.phase is AgentPhase.READY:
        return False
    return seen is None or now - seen.started_at < HOLDS_UP_MAX_S


def back_off_until(fleet: Fleet, now: float, policy: Policy) -> float:
    """When the pool may start tasks again: it doubles with each failure since a success.

    Read from records of ended tasks, so that a restarted manager remembers it. Only one pass sees
    a success: it forgets the failures before.
    """
    since = succeeded_at(fleet, now)
    failures = [task.state_since for task in fleet.tasks if holds_up_pool(task, succeeded_at=since)]
    if not failures:
        return 0.0
    return max(failures) + min(policy.back_off_max_s, policy.back_off_base_s * 2.0 ** min(len(failures) - 1, 20))


def holds_up_pool(task: Task, *, succeeded_at: float) -> bool:
    """Whether this start failed after the last success.

    It counts as soon as it is given up: its stop takes seconds, and more starts would follow.
    """
    given_up = task.state in (TaskState.STOPPING, TaskState.STOPPED) and bool(task.failure) and task.ready_at is None
    return given_up and task.state_since > succeeded_at


def succeeded_at(fleet: Fleet, now: float) -> float:
    """When a task last became ready, as far as this pass sees.

    One pass sees each start that succeeds: it finds the agent ready.
    """
    ready = {task_id for task_id, status in fleet.statuses.items() if status.phase is AgentPhase.READY}
    if ready and any(task.state is TaskState.STARTING and task.task_id in ready for task in fleet.tasks):
        return now
    return max((task.ready_at for task in fleet.tasks if task.ready_at is not None), default=0.0)
