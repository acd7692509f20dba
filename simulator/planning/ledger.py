"""Bills every second of every task under exactly one purpose, by cohort."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.costs.usage import TaskHours

BILLED_MIN_S = 60.0
"""Fargate bills at least a minute."""
PURPOSES = ("session", "idle_tail", "starting", "warm_pool")


@dataclass
class Bill:
    """Seconds by purpose."""

    session: float = 0.0
    idle_tail: float = 0.0
    starting: float = 0.0
    warm_pool: float = 0.0

    def add(self, other: Bill) -> None:
        self.session += other.session
        self.idle_tail += other.idle_tail
        self.starting += other.starting
        self.warm_pool += other.warm_pool

    @property
    def total(self) -> float:
        return self.session + self.idle_tail + self.starting + self.warm_pool

    @property
    def hours(self) -> TaskHours:
        return TaskHours.from_seconds(**{name: max(0.0, getattr(self, name)) for name in PURPOSES})


@dataclass
class Ledger:
    cohorts: int
    all: Bill = field(default_factory=Bill)
    unclaimed: Bill = field(default_factory=Bill)
    """Of tasks that never served anyone."""
    by_cohort: list[Bill] = field(init=False)
    tasks: int = 0
    never_claimed: int = 0
    minimum_s: float = 0.0
    """Seconds billed up to the minimum; `all` has them under the task's last purpose."""

    def __post_init__(self) -> None:
        self.by_cohort = [Bill() for _ in range(self.cohorts)]

    def close(
        self,
        *,
        started: float,
        ready: float,
        claimed: float | None,
        ended: float,
        worked_s: float,
        cohort: int | None,
        waited_for: bool,
    ) -> Bill:
        """Enter a task that has ended. `waited_for`: a student waited for it when it started, so it
        was never warm; until it is theirs it counts as starting."""
        serves_from = ended if claimed is None else claimed
        ready = min(ready, serves_from)
        if waited_for:
            ready = serves_from
        bound_s = ended - serves_from
        bill = Bill(
            session=min(worked_s, bound_s),
            idle_tail=max(0.0, bound_s - worked_s),
            starting=ready - started,
            warm_pool=serves_from - ready,
        )
        missing_s = BILLED_MIN_S - (ended - started)
        if missing_s > 0.0:
            self.minimum_s += missing_s
            if claimed is not None:
                bill.idle_tail += missing_s
            else:
                bill.warm_pool += missing_s
        self.tasks += 1
        self.all.add(bill)
        if cohort is None:
            self.never_claimed += 1
            self.unclaimed.add(bill)
        else:
            self.by_cohort[cohort].add(bill)
        return bill
