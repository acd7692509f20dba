"""The warm pool: how large it should be at an hour, whom a task can serve, and which tasks have had their time."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass

from contract.names import TaskState
from manager.domain.task import Task, TaskOffer
from manager.domain.workspace import Workspace

SATURDAY = 5


@dataclass(frozen=True)
class PoolSchedule:
    """How many warm tasks of each kind to keep, by the clock on the school's wall.

    The document gives four numbers: base 3, peak (9–21 h) 5, off hours 1, weekend 2. They relate like this:
    peak holds on weekdays from 9 to 21 h; base is what the two hours on either side of it get (7–9 and 21–23 h), when the
    early and the late ones come; off holds at night (23–7 h) on every day; weekend holds from 7 to 23 h on Saturday and Sunday.
    """

    base: int = 3
    peak: int = 5
    off: int = 1
    weekend: int = 2
    time_zone: str = "UTC"
    peak_from_h: int = 9
    peak_until_h: int = 21
    shoulder_h: int = 2

    def target(self, now: float) -> int:
        local = dt.datetime.fromtimestamp(now, zoneinfo.ZoneInfo(self.time_zone))
        if not self.peak_from_h - self.shoulder_h <= local.hour < self.peak_until_h + self.shoulder_h:
            return self.off
        if local.weekday() >= SATURDAY:
            return self.weekend
        return self.peak if self.peak_from_h <= local.hour < self.peak_until_h else self.base


def can_serve(task: Task, workspace: Workspace) -> bool:
    """Whether this task may be bound to this workspace: the one predicate for every sort of warm task."""
    if not task.warm or task.kind is not workspace.kind:
        return False
    match task.offer:
        case TaskOffer.LATE_BINDING:
            return True
        case TaskOffer.SLOT:
            return workspace.home_id is None
        case TaskOffer.PERSONAL:
            return task.intended_for == workspace.workspace_id and task.home_id == workspace.home_id


def candidates(tasks: Iterable[Task], workspace: Workspace, *, image: str) -> list[Task]:
    """Tasks that a launch may try, best first: ready before starting, the student's own before anyone's, oldest first.

    A task of an old image is never handed out; reconcile replaces it.
    """
    able = [task for task in tasks if task.image == image and can_serve(task, workspace)]
    return sorted(
        able,
        key=lambda task: (
            task.state is not TaskState.READY,
            task.offer is not TaskOffer.PERSONAL,
            task.created_at,
            task.task_id,
        ),
    )


def worn_out(task: Task, *, image: str | None, age_max_s: float, now: float) -> str:
    """Why a warm task should be retired, in plain words; empty when it should not."""
    if image is not None and task.image != image:
        return "a newer image is installed"
    if now - task.created_at >= age_max_s:
        return "it waited too long"
    return ""


def back_off_until(tasks: Iterable[Task], *, base_s: float, max_s: float) -> float:
    """Until when the pool starts nothing, because starts keep failing: doubles with each failure since the last success.

    Read from the records of ended tasks, so that a restarted manager does not forget it.
    """
    tasks = tuple(tasks)
    last_success = max((task.ready_at for task in tasks if task.ready_at is not None), default=0.0)
    failures = [
        task.ended_at
        for task in tasks
        if task.failure and task.ready_at is None and task.ended_at is not None and task.ended_at > last_success
    ]
    if not failures:
        return 0.0
    return max(failures) + min(max_s, base_s * 2.0 ** min(len(failures) - 1, 20))
