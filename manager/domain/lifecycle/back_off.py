"""Failed starts make the pool wait; the next start that succeeds ends that."""

from __future__ import annotations

from contract.agent import AgentPhase
from contract.names import TaskState
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.task import Task
from manager.domain.policy import Policy


def back_off_until(fleet: Fleet, now: float, policy: Policy) -> float:
    """When the pool may start tasks again: it doubles with each failure since a success.

    Read from records of ended tasks, so that a restarted manager remembers it. Only one pass sees
    a success: it forgets the failures before.
    """
    since = succeeded_at(fleet, now)
    failures = [_failed_at(task) for task in fleet.not_warm if holds_up_pool(task, succeeded_at=since)]
    if not failures:
        return 0.0
    return max(failures) + min(policy.back_off_max_s, policy.back_off_base_s * 2.0 ** min(len(failures) - 1, 20))


def holds_up_pool(task: Task, *, succeeded_at: float) -> bool:
    """Whether this start failed after the last success.

    It counts as soon as it is given up: its stop takes seconds, and more starts would follow.
    """
    given_up = task.state in (TaskState.STOPPING, TaskState.STOPPED) and bool(task.failure) and task.ready_at is None
    return given_up and _failed_at(task) > succeeded_at


def succeeded_at(fleet: Fleet, now: float) -> float:
    """When a task last became ready, as far as this pass sees.

    One pass sees each start that succeeds: it finds the agent ready.
    """
    ready = {task_id for task_id, status in fleet.statuses.items() if status.phase is AgentPhase.READY}
    if ready and any(task.state is TaskState.STARTING and task.task_id in ready for task in fleet.tasks):
        return now
    return max((task.ready_at for task in fleet.tasks if task.ready_at is not None), default=0.0)


def _failed_at(task: Task) -> float:
    return task.state_since if task.ended_at is None else task.ended_at
