"""The pool's part of a reconcile pass: retire, start, prepare classes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contract.names import TaskState, WorkspaceKind
from manager.domain.lifecycle import back_off
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, PoolPolicy
from manager.domain.pool import planner, preparing
from manager.domain.pool.actions import PoolAction, PoolNote, RecordPrepared, RetireTask, StartWarmTask
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.demand import Demand
from manager.domain.pool.forecast import Recent
from manager.domain.pool.outlook import Outlook, TargetLine
from manager.domain.pool.planner import PoolTargets

_KEPT_AT_LEAST_S = 60.0


@dataclass(frozen=True)
class CohortPage:
    """A cohort that is due, and those of the next members to read that exist."""

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
    cohorts: tuple[CohortPage, ...] = ()
    live: int | None = None
    """All live tasks, where `Policy.tasks_max` limits them."""
    claimed_at: float = 0.0
    """When this process last claimed a task (`Policy.refill_delay_s`)."""


@dataclass(frozen=True)
class PoolPass:
    actions: tuple[PoolAction, ...]
    look_again_at: float
    note: PoolNote


def reconcile_pool(fleet: Fleet, facts: PoolFacts, now: float, policy: Policy) -> PoolPass:
    """The engine must have answered: otherwise nothing is known of the fleet's tasks."""
    kinds = [kind for kind in WorkspaceKind if kind in facts.images]
    targets = planner.targets(kinds, facts.demand, facts.outlook, facts.recent, now=now, policy=policy)
    working = _Pass(fleet, facts, now, policy)
    actions: list[PoolAction] = [
        *working.retire_worn_out(),
        *working.resize(targets),
        *working.prepare_classes(),
    ]
    note = PoolNote(
        policy=targets.policy,
        targets=tuple(TargetLine(kind, one.start_below, one.because) for kind, one in targets.by_kind.items()),
        decisions=tuple(_in_words(actions)),
        warm=len(fleet.warm),
    )
    return PoolPass(tuple(actions), min(now + targets.look_again_s, working.look_again_at), note)


class _Pass:
    """One pass, and how much it may still start."""

    def __init__(self, fleet: Fleet, facts: PoolFacts, now: float, policy: Policy) -> None:
        self._facts, self._now, self._policy = facts, now, policy
        self._by_schedule = policy.pool_policy is PoolPolicy.SCHEDULE
        self._warm = [task for task in fleet.warm if not _lost(task, fleet)]
        self._not_before = max(back_off.back_off_until(fleet, now, policy), facts.claimed_at + policy.refill_delay_s)
        free = math.inf if policy.tasks_max is None else policy.tasks_max - (facts.live or 0)
        starting = sum(task.state is TaskState.STARTING for task in self._warm)
        self._room = min(free, policy.warming_max - starting)
        self.look_again_at = math.inf
        """When what had to be postponed comes again."""

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

    def resize(self, targets: PoolTargets) -> Iterator[PoolAction]:
        """Start or retire tasks, until there are as many of each kind as the planner wants.

        Two managers that have seen different things want different sizes: what one has just
        started, the other keeps. Both name the same tasks as surplus, or clocks that differ would
        have each retire its own and start it again.
        """
        young_s = 0.0 if self._by_schedule else max(_KEPT_AT_LEAST_S, 2.0 * self._policy.start_lead_s)
        for kind, target in targets.by_kind.items():
            of_kind = [task for task in self._warm if task.kind is kind]
            hints = 0 if self._by_schedule else self._facts.recent.hints.get(kind, 0)
            for task in _surplus(of_kind, target.retire_above + hints):
                if self._now - task.created_at >= young_s:
                    yield RetireTask(task, "fewer are needed now")
            missing = target.start_below + hints - len(of_kind)
            if missing > 0 and self._now < self._not_before:
                self.look_again_at = min(self.look_again_at, self._not_before)
                continue
            for _ in range(self._take(missing)):
                yield StartWarmTask(kind, self._facts.images[kind], target.because)

    def prepare_classes(self) -> Iterator[PoolAction]:
        """One page of each due cohort; the outlook is written together with them."""
        outlook = self._facts.outlook
        cohorts: list[Cohort] = []
        decisions: list[str] = []
        for page in self._facts.cohorts:
            prepared = preparing.prepare(page.cohort, page.members, outlook, now=self._now, policy=self._policy)
            outlook = prepared.outlook
            cohorts.append(prepared.cohort)
            decisions.extend(prepared.decisions)
        if cohorts:
            yield RecordPrepared(tuple(cohorts), outlook, tuple(decisions))

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


def _in_words(actions: Sequence[PoolAction]) -> Iterator[str]:
    """Equal reasons once: 'started 38 vscode: 38.2 launches expected within 60 s, …'."""
    words: Counter[str] = Counter()
    for action in actions:
        match action:
            case StartWarmTask(kind, _, because):
                words[f"started {{}} {kind}: {because}"] += 1
            case RetireTask(task, because):
                words[f"retired {{}} {task.kind}: {because}"] += 1
            case RecordPrepared(decisions=decisions):
                yield from decisions
    yield from (text.replace("{}", str(count), 1) for text, count in words.items())
