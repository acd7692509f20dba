"""The pool's part of a reconcile pass: retire, start, prepare classes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from contract.names import TaskState, WorkspaceKind, WorkspaceSize
from manager.domain.lifecycle import starts
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, PoolPolicy, Shape
from manager.domain.pool import planner
from manager.domain.pool.cohort import Cohort, RecordPrepared, prepare
from manager.domain.pool.demand import Demand
from manager.domain.pool.forecast import Recent
from manager.domain.pool.outlook import Outlook, Target

_KEPT_AT_LEAST_S = 60.0


@dataclass(frozen=True)
class StartWarmTask:
    shape: Shape
    image: str
    because: str
    """Words for the operator."""


@dataclass(frozen=True)
class RetireTask:
    task: Task
    because: str


PoolAction: TypeAlias = StartWarmTask | RetireTask | RecordPrepared


@dataclass(frozen=True)
class PoolPlan:
    """What the pool needs now, and what the operator and the meter should know of it."""

    actions: tuple[PoolAction, ...]
    targets: tuple[Target, ...]
    warm: int
    """Warm tasks that are there."""
    look_again_at: float


@dataclass(frozen=True)
class DueCohort:
    """A cohort whose next class is to be prepared, and those of its members that exist."""

    cohort: Cohort
    members: tuple[Workspace, ...]


@dataclass(frozen=True)
class PoolFacts:
    """What the pool is decided on, besides the fleet."""

    images: Mapping[WorkspaceKind, str] = field(default_factory=dict)
    """The current image of each kind that can be launched now."""
    demand: Demand = field(default_factory=Demand)
    outlook: Outlook = field(default_factory=Outlook)
    recent: Recent = field(default_factory=Recent)
    cohorts: tuple[DueCohort, ...] = ()
    used_mib: int | None = None
    """What all live tasks count with, where `Policy.memory_max_mib` limits it."""
    sessions: int = 0
    """Live tasks that have a size."""
    claimed_at: float = 0.0
    """When this process last claimed a task (`Policy.refill_delay_s`)."""


def reconcile_pool(fleet: Fleet, facts: PoolFacts, now: float, policy: Policy) -> PoolPlan:
    """The engine must have answered: otherwise nothing is known of the fleet's tasks."""
    working = _Pass(fleet, facts, now, policy)
    shapes = working.shapes()
    wanted = planner.targets(shapes, facts.demand, facts.outlook, facts.recent, now=now, policy=policy)
    targets = working.with_spare(wanted)
    prepared = RecordPrepared((), facts.outlook, ())
    for due in facts.cohorts:
        prepared = prepare(due.cohort, due.members, prepared, now=now, policy=policy)
    actions = (*working.retire_worn_out(), *working.resize(targets), *([prepared] if prepared.cohorts else ()))
    look_again_at = now + planner.look_again_s(shapes, facts.outlook, now=now, policy=policy)
    return PoolPlan(
        actions, tuple(targets.values()), len(fleet.warm), look_again_at=min(look_again_at, working.look_again_at)
    )


class _Pass:
    """One pass, and how much it may still start."""

    def __init__(self, fleet: Fleet, facts: PoolFacts, now: float, policy: Policy) -> None:
        self._facts, self._now, self._policy = facts, now, policy
        self._by_schedule = policy.pool_policy is PoolPolicy.SCHEDULE
        self._warm = [task for task in fleet.warm if not fleet.gone(task)]
        self._not_before = max(starts.back_off_until(fleet, now, policy), facts.claimed_at + policy.refill_delay_s)
        self._room = policy.warming_max - sum(task.state is TaskState.STARTING for task in self._warm)
        if policy.memory_max_mib is not None:  # a warm task that nobody could claim would only take it from others
            free_mib = policy.memory_max_mib - (facts.used_mib or 0)
            self._room = min(self._room, free_mib // policy.limits(None).memory_mib)
        if starts.pool_gives_way(fleet, now, policy):
            self._room = 0  # people come first; while one starts, passes follow each other
        self.look_again_at = math.inf
        """When what had to be postponed comes again."""

    def shapes(self) -> list[Shape]:
        """What is launched, announced or still warm; of a kind without any, the default size."""
        facts = self._facts
        found = {
            *facts.demand.by_shape(),
            *(curve.shape for curve in facts.outlook.curves),
            *facts.recent.launches,
            *facts.recent.hints,
            *(self._policy.shape(task.kind, task.size) for task in self._warm),
        }
        found |= {Shape(kind) for kind in facts.images if not any(shape.kind is kind for shape in found)}
        in_order = (Shape(kind, size) for kind in WorkspaceKind for size in (None, *WorkspaceSize))
        return [shape for shape in in_order if shape in found and shape.kind in facts.images]

    def retire_worn_out(self) -> Iterator[PoolAction]:
        warm, self._warm = self._warm, []
        for task in warm:
            if self._facts.images.get(task.kind, task.image) != task.image:
                yield RetireTask(task, "a newer image is installed")
            elif self._now - task.created_at >= self._policy.warm_age_max_s:
                yield RetireTask(task, "it waited too long")
            else:
                self._warm.append(task)

    def with_spare(self, targets: Mapping[Shape, Target]) -> dict[Shape, Target]:
        """While memory is free, at least as many as the largest cohort has: it costs nothing more.

        Twice the share may stay, or each launch and each stop would end or start a task. Of the
        tasks that the engine can still run, a third is left to launches of other shapes.
        """
        policy, most = self._policy, self._policy.memory_max_mib
        if self._by_schedule or most is None:
            return dict(targets)
        claimed = (self._facts.used_mib or 0) - len(self._warm) * policy.warm_memory_mib
        by_memory = int(policy.spare_memory_part * max(0, most - claimed) / policy.warm_memory_mib)
        free = min(by_memory, max(0, policy.tasks_max - self._facts.sessions) // 3)
        raised: dict[Shape, Target] = {}
        for shape, target in targets.items():
            people = self._facts.outlook.largest_cohort(shape.kind)
            because = f"the largest cohort has {people}, and memory is free"
            spare = Target.of(shape, min(people, free), because, retire_above=min(people, 2 * free))
            above = max(target.retire_above, spare.retire_above)
            raised[shape] = replace(spare if spare.size > target.size else target, retire_above=above)
            free -= min(free, raised[shape].size)
        return raised

    def resize(self, targets: Mapping[Shape, Target]) -> Iterator[PoolAction]:
        """Start or retire tasks, until there are as many of each shape as the planner wants.

        Two managers that have seen different things want different sizes: what one has just
        started, the other keeps. Both name the same tasks as surplus, or clocks that differ would
        have each retire its own and start it again.
        """
        young_s = 0.0 if self._by_schedule else max(_KEPT_AT_LEAST_S, 2.0 * self._policy.start_lead_s)
        for shape, target in targets.items():
            alike = [task for task in self._warm if self._policy.shape(task.kind, task.size) == shape]
            hints = 0 if self._by_schedule else self._facts.recent.hints.get(shape, 0)
            alike.sort(key=lambda task: (task.state is TaskState.READY, -task.created_at, task.task_id))
            for task in alike[: max(0, len(alike) - target.retire_above - hints)]:  # the least ready ones first
                if self._now - task.created_at >= young_s:
                    yield RetireTask(task, "fewer are needed now")
            missing = target.size + hints - len(alike)
            if missing > 0 and self._now < self._not_before:
                self.look_again_at = min(self.look_again_at, self._not_before)
                continue
            count = max(0, min(missing, self._room))
            self._room -= count
            for _ in range(count):
                yield StartWarmTask(shape, self._facts.images[shape.kind], target.because)
