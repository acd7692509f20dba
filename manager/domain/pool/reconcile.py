"""The pool's part of a reconcile pass: retire, start, prepare classes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contract.names import TaskState, WorkspaceKind, WorkspaceSize
from manager.domain.lifecycle import back_off
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.starts import pool_gives_way
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, PoolPolicy, Shape
from manager.domain.pool import planner, preparing
from manager.domain.pool.actions import PoolAction, PoolPlan, RecordPrepared, RetireTask, StartWarmTask
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.demand import Demand
from manager.domain.pool.forecast import Recent
from manager.domain.pool.outlook import Outlook, Target

_KEPT_AT_LEAST_S = 60.0


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
    actions = (*working.retire_worn_out(), *working.resize(targets), *working.prepare_classes())
    look_again_at = now + planner.look_again_s(shapes, facts.outlook, now=now, policy=policy)
    return PoolPlan(
        actions, tuple(targets.values()), len(fleet.warm), look_again_at=min(look_again_at, working.look_again_at)
    )


class _Pass:
    """One pass, and how much it may still start."""

    def __init__(self, fleet: Fleet, facts: PoolFacts, now: float, policy: Policy) -> None:
        self._facts, self._now, self._policy = facts, now, policy
        self._by_schedule = policy.pool_policy is PoolPolicy.SCHEDULE
        self._warm = [task for task in fleet.warm if not _lost(task, fleet)]
        self._not_before = max(back_off.back_off_until(fleet, now, policy), facts.claimed_at + policy.refill_delay_s)
        starting = sum(task.state is TaskState.STARTING for task in self._warm)
        self._room = min(self._free(), policy.warming_max - starting)
        if pool_gives_way(fleet, now, policy):
            self._room = 0  # people come first; while one starts, passes follow each other
        self.look_again_at = math.inf
        """When what had to be postponed comes again."""

    def _free(self) -> float:
        """For how many more workspaces there is memory: a warm task that nobody could claim would
        only take it from others."""
        most, used = self._policy.memory_max_mib, self._facts.used_mib or 0
        return math.inf if most is None else (most - used) // self._policy.limits(None).memory_mib

    def shapes(self) -> list[Shape]:
        """What is launched, announced or still warm; of a kind without any, the default size."""
        facts = self._facts
        found = {
            *(shape for shape, launches in facts.demand.by_shape().items() if launches),
            *(curve.shape for curve in facts.outlook.curves),
            *(shape for shape, times in facts.recent.launches.items() if times),
            *(shape for shape, hints in facts.recent.hints.items() if hints),
            *map(self._shape, self._warm),
        }
        found |= {Shape(kind) for kind in facts.images if not any(shape.kind is kind for shape in found)}
        order = {size: place for place, size in enumerate((None, *WorkspaceSize))}
        kinds = [kind for kind in WorkspaceKind if kind in facts.images]
        return sorted(
            (shape for shape in found if shape.kind in kinds),
            key=lambda shape: (kinds.index(shape.kind), order[shape.size]),
        )

    def _shape(self, task: Task) -> Shape:
        return self._policy.shape(task.kind, task.size)

    def retire_worn_out(self) -> Iterator[PoolAction]:
        kept = []
        for task in self._warm:
            if because := self._worn_out(task):
                yield RetireTask(task, because)
            else:
                kept.append(task)
        self._warm = kept

    def _worn_out(self, task: Task) -> str:
        """Why a warm task should be retired, in plain words; empty when it should not."""
        if self._facts.images.get(task.kind, task.image) != task.image:
            return "a newer image is installed"
        if self._now - task.created_at >= self._policy.warm_age_max_s:
            return "it waited too long"
        return ""

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
            people = self._facts.outlook.largest_cohort(shape)
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
            alike = [task for task in self._warm if self._shape(task) == shape]
            hints = 0 if self._by_schedule else self._facts.recent.hints.get(shape, 0)
            for task in _surplus(alike, target.retire_above + hints):
                if self._now - task.created_at >= young_s:
                    yield RetireTask(task, "fewer are needed now")
            missing = target.size + hints - len(alike)
            if missing > 0 and self._now < self._not_before:
                self.look_again_at = min(self.look_again_at, self._not_before)
                continue
            for _ in range(self._take(missing)):
                yield StartWarmTask(shape, self._facts.images[shape.kind], target.because)

    def prepare_classes(self) -> Iterator[PoolAction]:
        """The outlook is written together with the cohorts."""
        prepared = RecordPrepared((), self._facts.outlook, ())
        for due in self._facts.cohorts:
            prepared = preparing.prepare(due.cohort, due.members, prepared, now=self._now, policy=self._policy)
        if prepared.cohorts:
            yield prepared

    def _take(self, wanted: int) -> int:
        taken = int(max(0.0, min(wanted, self._room)))
        self._room -= taken
        return taken


def _lost(task: Task, fleet: Fleet) -> bool:
    """Whether a warm task is gone. The engine cannot know one that is still to be started."""
    unstarted = task.state is TaskState.STARTING and task.task_id not in fleet.observed_by_id
    return fleet.gone(task) and not unstarted


def _surplus(warm: Sequence[Task], most: int) -> list[Task]:
    """Those that are least ready go first."""
    order = sorted(warm, key=lambda task: (task.state is TaskState.READY, -task.created_at, task.task_id))
    return order[: max(0, len(warm) - max(0, most))]
