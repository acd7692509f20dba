"""The pool's part of a reconcile pass: retire what is worn out or too much, start what the planner wants, prepare classes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contract.names import TaskState, WorkspaceKind, WorkspaceState
from manager.domain.lifecycle import back_off
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, PoolPolicy
from manager.domain.pool import planner, preparing
from manager.domain.pool.actions import ExpectLater, PoolAction, PoolNote, RecordPrepared, RetireTask, StartWarmTask
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.demand import Demand
from manager.domain.pool.forecast import Recent
from manager.domain.pool.outlook import Outlook, TargetLine
from manager.domain.pool.planner import PoolTargets

POSTPONED_S = 15.0
"""A task that cannot be started ahead now (no room, back-off) is tried again so much later."""
_KEPT_AT_LEAST_S = 60.0


@dataclass(frozen=True)
class CohortPage:
    """A cohort that is due, and those of the next members to read that exist."""

    cohort: Cohort
    members: tuple[Workspace, ...]


@dataclass(frozen=True)
class PoolFacts:
    """What the pool is decided on, besides the fleet."""

    images: Mapping[WorkspaceKind, str] | None = field(default_factory=dict)
    """The current image of each kind that can be launched now. None: not known. Then the pool stays
    as it is, or the other kinds would get the share of one whose look-up failed."""
    late_binding: bool = True
    """Whether a home comes with the claim; otherwise each task starts with the home it will always have."""
    demand: Demand = field(default_factory=Demand)
    outlook: Outlook = field(default_factory=Outlook)
    recent: Recent = field(default_factory=Recent)
    cohorts: tuple[CohortPage, ...] = ()
    live: int | None = None
    """All live tasks, where `Policy.tasks_max` limits them."""
    waiting: int = 0
    """How many tasks wait for their student, as last counted: few passes read them."""
    claimed_at: float = 0.0
    """When this process last claimed a task; a courtesy (`Policy.refill_delay_s`) needs no record."""


@dataclass(frozen=True)
class PoolPass:
    actions: tuple[PoolAction, ...]
    look_again_at: float
    note: PoolNote


def reconcile_pool(fleet: Fleet, facts: PoolFacts, now: float, policy: Policy) -> PoolPass | None:
    """None: too little is known to touch the pool."""
    if fleet.observed is None or facts.images is None:
        return None
    kinds = [kind for kind in WorkspaceKind if kind in facts.images]
    targets = planner.targets(kinds, facts.demand, facts.outlook, facts.recent, now=now, policy=policy)
    warm = [task for task in fleet.warm if not _lost(task, fleet)]
    worn = {
        task.task_id: RetireTask(task, because)
        for task in warm
        if (because := _worn_out(task, facts.images, now, policy))
    }
    kept = [task for task in warm if task.task_id not in worn]
    room = _Room(
        starts=_free(facts, policy, starting=sum(task.state is TaskState.STARTING for task in warm)),
        not_before=max(back_off.back_off_until(fleet, now, policy), facts.claimed_at + policy.refill_delay_s),
    )
    prepared = _prepare(facts, now, policy)
    actions = [
        *worn.values(),
        *_start_ahead(fleet.workspaces, facts, facts.images, room, now, policy),
        *_resize(kept, targets, facts, facts.images, room, now, policy),
        *prepared,
    ]
    expires_at = min((task.expires_at for task in kept if task.expires_at is not None), default=math.inf)
    prepared_words = [text for action in prepared if isinstance(action, RecordPrepared) for text in action.decisions]
    note = PoolNote(
        policy=targets.policy,
        targets=tuple(TargetLine(kind, one.start_below, one.because) for kind, one in targets.by_kind.items()),
        decisions=(*prepared_words, *_in_words(actions)),
        warm=facts.waiting + sum(not task.waits for task in fleet.warm),
    )
    return PoolPass(tuple(actions), min(now + targets.look_again_s, expires_at, room.postponed_at), note)


@dataclass
class _Room:
    """How much may still be started in this pass, and when that which must wait comes again."""

    starts: float
    not_before: float
    postponed_at: float = math.inf

    def take(self, wanted: int) -> int:
        taken = int(max(0.0, min(wanted, self.starts)))
        self.starts -= taken
        return taken

    def postpone(self, until: float) -> float:
        self.postponed_at = min(self.postponed_at, until)
        return until


def _free(facts: PoolFacts, policy: Policy, *, starting: int) -> float:
    """How many tasks may be started."""
    free = math.inf if policy.tasks_max is None else policy.tasks_max - (facts.live or 0)
    return min(free, policy.warming_max - starting)


def _lost(task: Task, fleet: Fleet) -> bool:
    """Whether a warm task is gone. One that has yet to be started is not: the engine cannot know it."""
    not_started = task.state is TaskState.STARTING and task.task_id not in fleet.observed_by_id
    return fleet.gone(task) and not not_started


def _worn_out(task: Task, images: Mapping[WorkspaceKind, str], now: float, policy: Policy) -> str:
    """Why a warm task should be retired, in plain words; empty when it should not."""
    if images.get(task.kind, task.image) != task.image:
        return "a newer image is installed"
    if now - task.created_at >= policy.warm_age_max_s:
        return "it waited too long"
    if task.expires_at is not None and now >= task.expires_at:
        return f"did not come {task.because}".rstrip()
    return ""


def _start_ahead(
    due: Iterable[Workspace],
    facts: PoolFacts,
    images: Mapping[WorkspaceKind, str],
    room: _Room,
    now: float,
    policy: Policy,
) -> Iterator[PoolAction]:
    """For stopped workspaces that are expected now: a task with their home, or the next time they are expected.

    Each gets exactly one action, which moves its due time on, so that no workspace is looked at twice for nothing.
    """
    for workspace in due:
        expected = workspace.expected
        if (
            workspace.state is not WorkspaceState.STOPPED
            or workspace.launch_wanted_at is not None
            or workspace.restoring is not None
            or workspace.due_at is None
            or workspace.due_at > now
        ):
            continue
        own = not facts.late_binding and workspace.home_created_at is not None
        if (
            policy.pool_policy is PoolPolicy.SCHEDULE
            or not own
            or expected is None
            or now >= expected.until
            or expected.start_at >= expected.until
        ):
            yield ExpectLater(workspace, None)
        elif workspace.kind not in images:
            yield ExpectLater(workspace, replace(expected, start_at=expected.until))
        elif now >= room.not_before and room.take(1):
            yield StartWarmTask(workspace.kind, images[workspace.kind], expected.because, intended_for=workspace)
        else:
            again_at = room.postpone(max(now + POSTPONED_S, room.not_before))
            yield ExpectLater(workspace, replace(expected, start_at=min(again_at, expected.until)))


def _resize(
    warm: Sequence[Task],
    targets: PoolTargets,
    facts: PoolFacts,
    images: Mapping[WorkspaceKind, str],
    room: _Room,
    now: float,
    policy: Policy,
) -> Iterator[PoolAction]:
    """Start or retire tasks for anyone, until there are as many of each kind as the planner wants.

    Two managers that have seen different things want different sizes, so what one has just started, the other keeps.
    Both name the same tasks as surplus, or clocks that differ would have each retire its own and start it again.
    """
    by_schedule = policy.pool_policy is PoolPolicy.SCHEDULE
    young_s = 0.0 if by_schedule else max(_KEPT_AT_LEAST_S, 2.0 * policy.start_lead_s)
    for kind, target in targets.by_kind.items():
        of_kind = [task for task in warm if task.kind is kind and task.intended_for is None]
        hints = 0 if by_schedule else facts.recent.hints.get(kind, 0)
        for task in _surplus(of_kind, target.retire_above + hints):
            if now - task.created_at >= young_s:
                yield RetireTask(task, "fewer are needed now")
        missing = target.start_below + hints - len(of_kind)
        if missing > 0 and now < room.not_before:
            room.postpone(room.not_before)
        elif missing > 0:
            yield from (StartWarmTask(kind, images[kind], target.because) for _ in range(room.take(missing)))


def _surplus(warm: Sequence[Task], most: int) -> list[Task]:
    """Those that are least ready go first."""
    order = sorted(warm, key=lambda task: (task.state is TaskState.READY, -task.created_at, task.task_id))
    return order[: max(0, len(warm) - max(0, most))]


def _prepare(facts: PoolFacts, now: float, policy: Policy) -> list[PoolAction]:
    """One page of each cohort that is due; all that the outlook learns of it in one write with the cohorts."""
    outlook = facts.outlook
    cohorts: list[Cohort] = []
    members: dict[str, ExpectLater] = {}
    decisions: list[str] = []
    for page in facts.cohorts:
        prepared = preparing.prepare(
            page.cohort, page.members, outlook, now=now, policy=policy, late_binding=facts.late_binding
        )
        outlook = prepared.outlook
        cohorts.append(prepared.cohort)
        decisions.extend(prepared.decisions)
        for workspace, expected in prepared.expected:
            members[workspace.workspace_id] = ExpectLater(workspace, expected)
    if not cohorts:
        return []
    return [*members.values(), RecordPrepared(tuple(cohorts), outlook, tuple(decisions))]


def _in_words(actions: Sequence[PoolAction]) -> Iterator[str]:
    """What was decided, with equal reasons named once: 'started ahead for 38 of Berlin-3: class at 09:00, …'."""
    words: Counter[str] = Counter()
    for action in actions:
        if isinstance(action, StartWarmTask) and action.intended_for is not None:
            words[f"started ahead for {{}} {action.because}"] += 1
        elif isinstance(action, StartWarmTask):
            words[f"started {{}} {action.kind}: {action.because}"] += 1
        elif isinstance(action, RetireTask):
            words[f"retired {{}} {action.task.kind}: {action.because}"] += 1
    return (text.replace("{}", str(count), 1) for text, count in words.items())
