"""The warm pool: how large it should be at an hour, whom a task can serve, and which tasks have had their time."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contract.names import TaskState, WorkspaceKind
from manager.domain.task import Task
from manager.domain.workspace import Workspace

SATURDAY = 5


@dataclass(frozen=True)
class PoolSchedule:
    """How many warm tasks to keep, of all kinds together, by the clock on the school's wall.

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

    def is_peak(self, now: float) -> bool:
        return self._peak(self._local(now))

    def target(self, now: float) -> int:
        local = self._local(now)
        if not self.peak_from_h - self.shoulder_h <= local.hour < self.peak_until_h + self.shoulder_h:
            return self.off
        if local.weekday() >= SATURDAY:
            return self.weekend
        return self.peak if self._peak(local) else self.base

    @property
    def weekday_s(self) -> float:
        """Seconds of warm tasks that a weekday costs: 80 hours with the document's numbers."""
        peak_h = self.peak_until_h - self.peak_from_h
        hours = peak_h * self.peak + 2 * self.shoulder_h * self.base + (24 - peak_h - 2 * self.shoulder_h) * self.off
        return max(1.0, 3600.0 * hours)

    def _peak(self, local: dt.datetime) -> bool:
        return local.weekday() < SATURDAY and self.peak_from_h <= local.hour < self.peak_until_h

    def _local(self, now: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(now, zoneinfo.ZoneInfo(self.time_zone))


def share(
    size: int, launches: Mapping[WorkspaceKind, int], kinds: Sequence[WorkspaceKind], *, one_of_each: bool
) -> dict[WorkspaceKind, int]:
    """Divide the pool's size between the kinds by how often each was launched (largest remainder, Hamilton's method).

    Without any launch yet all kinds count the same. `one_of_each`: every kind gets one before the rest is divided, as far
    as the size allows, the most wanted kind first. The sum is always `size`, unless there is no kind at all.
    """
    if not kinds:
        return {}
    wanted = {kind: launches.get(kind, 0) for kind in kinds}
    if not any(wanted.values()):
        wanted = dict.fromkeys(kinds, 1)
    most_wanted = sorted(kinds, key=lambda kind: -wanted[kind])  # stable: a tie goes by the order of the kinds
    shares = dict.fromkeys(kinds, 0)
    if one_of_each:
        shares |= dict.fromkeys(most_wanted[:size], 1)
    total = sum(wanted.values())
    quotas = {kind: max(0.0, size * wanted[kind] / total - shares[kind]) for kind in kinds}
    left = size - sum(shares.values())
    scale = left / sum(quotas.values()) if left else 0.0
    exact = {kind: quotas[kind] * scale for kind in kinds}
    for kind in kinds:
        shares[kind] += int(exact[kind])
    by_remainder = sorted(most_wanted, key=lambda kind: -(exact[kind] - int(exact[kind])))
    for kind in by_remainder[: size - sum(shares.values())]:
        shares[kind] += 1
    return shares


def can_serve(task: Task, workspace: Workspace) -> bool:
    """Whether this task may be bound to this workspace: the one predicate for every sort of warm task."""
    if task.kind is not workspace.kind or not task.warm:
        return False
    if task.intended_for is not None:  # personal
        return task.intended_for == workspace.workspace_id and task.home_id == workspace.home_id
    return task.home_id is None or workspace.home_id is None  # late-binding; slot


def candidates(tasks: Iterable[Task], workspace: Workspace, *, image: str) -> list[Task]:
    """Tasks that a launch may try, best first: ready before starting, the student's own before anyone's, oldest first.

    A task of an old image is never handed out; reconcile replaces it.
    """
    able = [task for task in tasks if task.image == image and can_serve(task, workspace)]
    return sorted(
        able,
        key=lambda task: (
            task.state is not TaskState.READY,
            task.intended_for is None,
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
    if task.expires_at is not None and now >= task.expires_at:
        return f"did not come {task.because}".rstrip()
    return ""


def back_off_until(tasks: Iterable[Task], *, succeeded_at: float, base_s: float, max_s: float) -> float:
    """Until when the pool starts nothing, because starts keep failing: doubles with each failure since the last success.

    Read from the records of ended tasks, so that a restarted manager does not forget it. A success is seen by one pass
    only (its task may be claimed at once): that pass forgives the failures before it, which is written too.
    """
    failures = [_failed_at(task) for task in tasks if counts(task, succeeded_at=succeeded_at)]
    if not failures:
        return 0.0
    return max(failures) + min(max_s, base_s * 2.0 ** min(len(failures) - 1, 20))


def counts(task: Task, *, succeeded_at: float) -> bool:
    """Whether this start has failed and still holds the pool up: from the moment it is given up, not only when its end is
    recorded, or a stop that takes seconds would let start after start through."""
    given_up = task.state in (TaskState.STOPPING, TaskState.STOPPED) and bool(task.failure) and task.ready_at is None
    return given_up and not task.forgiven and _failed_at(task) > succeeded_at


def _failed_at(task: Task) -> float:
    return task.state_since if task.ended_at is None else task.ended_at
