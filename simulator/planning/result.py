"""What a planning run found, in numbers that can be compared, written as JSON and drawn."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from typing import Any

from contract.names import LaunchPath
from simulator.costs.model import Breakdown, Group
from simulator.costs.usage import TaskHours
from simulator.planning.launches import Launches

STEP_S = 300.0
DAY_S = 86_400.0


def nearest_rank(ordered: list[float], share: float) -> float:
    """A value that was really seen; 0 without any."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


@dataclass(frozen=True)
class Waits:
    number: int
    p50: float
    p95: float
    p99: float
    longest: float

    @classmethod
    def of(cls, ordered: list[float]) -> Waits:
        p50, p95, p99 = (round(nearest_rank(ordered, share), 3) for share in (0.5, 0.95, 0.99))
        return cls(len(ordered), p50, p95, p99, round(ordered[-1], 3) if ordered else 0.0)


@dataclass
class Course:
    """Samples every five minutes, for the plots."""

    starts_at: float
    warm: array[int] = field(default_factory=lambda: array("i"))
    """Tasks that are ready and nobody has."""
    at_work: array[int] = field(default_factory=lambda: array("i"))


@dataclass(frozen=True)
class CohortResult:
    label: str
    students: int
    hours: TaskHours
    dollars: float
    """Of tasks that served its students."""
    waits: Waits


@dataclass(frozen=True)
class Work:
    """What the manager did and asked for."""

    sweeps: int
    records_read_a_sweep: float
    records_read_max: int
    sweep_ms: float
    sweep_ms_max: float
    requests: int
    store_calls: int
    store_calls_peak_per_s: int
    records_read: int
    records_written: int
    run_task: int
    run_task_peak_per_s: int
    """As the manager asked; ECS takes as many a second as its limit says, and the rest later."""
    engine_calls: int
    agent_calls: int
    launches_delayed: int
    """By ECS's limits on RunTask calls and launches."""
    events: int
    machine_s: float
    memory_mb: float


@dataclass
class Result:
    name: str
    policy_name: str
    students: int
    period_s: float
    seed: int
    launches: Launches
    waits: Waits
    start_waits: Waits
    """Of the launches that needed a task."""
    hours: TaskHours
    unclaimed: TaskHours
    worked_hours: float
    tasks: int
    never_claimed: int
    bill: Breakdown
    cohorts: tuple[CohortResult, ...]
    work: Work
    course: Course
    decisions: tuple[str, ...] = ()
    """The last reasons that the pool's policy gave."""

    @property
    def workspaces_dollars(self) -> float:
        return self.bill.group(Group.WORKSPACES)

    def share(self, path: LaunchPath) -> float:
        return self.launches.count(path) / len(self.launches) if len(self.launches) else 0.0

    @property
    def cold(self) -> int:
        return self.launches.count(LaunchPath.COLD)

    @property
    def cold_percent(self) -> float:
        """Of the launches that needed a task."""
        return 100 * self.cold / max(1, self.start_waits.number)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "policy": self.policy_name,
            "students": self.students,
            "days": self.period_s / DAY_S,
            "seed": self.seed,
            "launches": {
                "number": len(self.launches),
                **{str(path): self.launches.count(path) for path in LaunchPath},
                "failed_and_repeated": self.launches.failed,
                "clicks_while_waiting": self.launches.repeated,
            },
            "wait_s": vars(self.waits),
            "wait_s_of_starts": vars(self.start_waits),
            "task_hours": {**_hours(self.hours), "total": self.hours.total},
            "wasted_warm_hours": self.unclaimed.warm_pool,
            "unclaimed_task_hours": self.unclaimed.total,
            "worked_hours": self.worked_hours,
            "tasks": self.tasks,
            "tasks_never_claimed": self.never_claimed,
            "dollars": {
                "workspaces": self.workspaces_dollars,
                "workspaces_a_student": self.workspaces_dollars / self.students if self.students else 0.0,
                "total": self.bill.total,
                "a_student": self.bill.per_student,
                "lines": self.bill.lines_as_json(),
            },
            "cohorts": [
                {
                    "label": one.label,
                    "students": one.students,
                    "task_hours": _hours(one.hours),
                    "dollars": one.dollars,
                    "wait_s": vars(one.waits),
                }
                for one in self.cohorts
            ],
            "work": vars(self.work),
            "decisions": list(self.decisions),
        }


def _hours(hours: TaskHours) -> dict[str, float]:
    return {name: getattr(hours, name) for name in ("session", "idle_tail", "starting", "warm_pool")}
