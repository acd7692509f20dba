"""The pool's part of reconcile: retire what is worn out or too much, start what the planner wants, prepare classes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contract.names import TaskState, WorkspaceKind, WorkspaceState
from manager.domain import planner, pool, preparing
from manager.domain.cohort import Cohort
from manager.domain.demand import Demand
from manager.domain.forecast import Recent
from manager.domain.outlook import Outlook
from manager.domain.plan import Action, ExpectLater, RecordPrepared, RetireTask, StartWarmTask
from manager.domain.planner import PoolTargets
from manager.domain.policy import Policy, PoolPolicy
from manager.domain.task import Task
from manager.domain.workspace import Workspace

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
    """What the planner is told beside the fleet itself."""

    late_binding: bool = True
    """Whether a home comes with the claim; else each task starts with the home it will ever have."""
    demand: Demand = field(default_factory=Demand)
    outlook: Outlook = field(default_factory=Outlook)
    recent: Recent = field(default_factory=Recent)
    cohorts: tuple[CohortPage, ...] = ()


@dataclass(frozen=True)
class Fleet:
    """What of the fleet the pool is decided on."""

    warm: Sequence[Task]
    """Warm tasks that are not known to be gone."""
    due: Sequence[Workspace]
    """Workspaces that were read; only stopped ones that are due are looked at."""
    images: Mapping[WorkspaceKind, str]
    launches: Mapping[WorkspaceKind, int]
    """How often each kind was launched lately: what the schedule's size is shared by."""
    free: float
    """How many tasks there is room for."""
    not_before: float
    """Until then nothing is started: the pool backs off, or leaves the machine to a student who just came."""


@dataclass(frozen=True)
class PoolPass:
    actions: tuple[Action, ...]
    look_again_at: float
    targets: PoolTargets
    decisions: tuple[str, ...]
    """Words for the operator."""


def reconcile_pool(fleet: Fleet, facts: PoolFacts, *, now: float, policy: Policy) -> PoolPass:
    targets = planner.targets(
        kinds=[kind for kind in WorkspaceKind if kind in fleet.images],
        launches=fleet.launches,
        demand=facts.demand,
        outlook=facts.outlook,
        recent=facts.recent,
        now=now,
        policy=policy,
    )
    room = _Room(
        starts=min(fleet.free, policy.warming_max - sum(task.state is TaskState.STARTING for task in fleet.warm)),
        not_before=fleet.not_before,
    )
    actions: list[Action] = []
    look_again_at = now + targets.look_again_s
    kept: list[Task] = []
    for task in fleet.warm:
        worn = pool.worn_out(task, image=fleet.images.get(task.kind), age_max_s=policy.warm_age_max_s, now=now)
        if worn:
            actions.append(RetireTask(task, worn))
        else:
            kept.append(task)
            look_again_at = min(look_again_at, task.expires_at or math.inf)
    ahead, postponed_at = _started_ahead(fleet, facts, room, now, policy)
    actions.extend(ahead)
    generic = [task for task in kept if task.intended_for is None]
    for kind, target in targets.by_kind.items():
        of_kind = [task for task in generic if task.kind is kind]
        hints = 0 if policy.pool_policy is PoolPolicy.SCHEDULE else facts.recent.hints.get(kind, 0)
        # Two managers that have seen different things want different sizes: what one has just started, the other keeps.
        # All name the same tasks as too many, or clocks that differ would have each retire its own, and start it again.
        young_s = 0.0 if policy.pool_policy is PoolPolicy.SCHEDULE else max(_KEPT_AT_LEAST_S, 2.0 * policy.start_lead_s)
        surplus = _surplus(of_kind, target.retire_above + hints)
        actions.extend(retire for retire in surplus if now - retire.task.created_at >= young_s)
        missing = target.start_below + hints - len(of_kind)
        if missing > 0 and now < room.not_before:
            postponed_at = min(postponed_at, room.not_before)
        elif missing > 0:
            image = fleet.images[kind]
            actions.extend(StartWarmTask(kind, image, because=target.because) for _ in range(room.take(missing)))
    prepared = _prepared(facts, now, policy)
    actions.extend(prepared)
    told = tuple(decision for action in prepared if isinstance(action, RecordPrepared) for decision in action.decisions)
    return PoolPass(tuple(actions), min(look_again_at, postponed_at), targets, (*told, *_in_words(actions)))


@dataclass
class _Room:
    """How much may still be started in this pass."""

    starts: float
    not_before: float

    def take(self, wanted: int) -> int:
        taken = int(max(0.0, min(wanted, self.starts)))
        self.starts -= taken
        return taken


def _surplus(warm: Sequence[Task], most: int) -> Iterator[RetireTask]:
    """Those that are least ready go first."""
    too_many = len(warm) - max(0, most)
    if too_many <= 0:
        return
    order = sorted(warm, key=lambda task: (task.state is TaskState.READY, -task.created_at, task.task_id))
    yield from (RetireTask(task, "fewer are needed now") for task in order[:too_many])


def _started_ahead(
    fleet: Fleet, facts: PoolFacts, room: _Room, now: float, policy: Policy
) -> tuple[list[Action], float]:
    """For stopped workspaces that are expected now: a task with their home, or the next time they are expected.

    Each gets exactly one action, which moves its due time on, so that no workspace is looked at twice for nothing. Also
    when the first of those that had to be postponed comes again.
    """
    actions: list[Action] = []
    postponed_at = math.inf
    for workspace in fleet.due:
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
            actions.append(ExpectLater(workspace, None))
        elif workspace.kind not in fleet.images:
            actions.append(ExpectLater(workspace, replace(expected, start_at=expected.until)))
        elif now >= room.not_before and room.take(1):
            image = fleet.images[workspace.kind]
            actions.append(StartWarmTask(workspace.kind, image, expected.because, intended_for=workspace))
        else:
            again_at = max(now + POSTPONED_S, room.not_before)
            postponed_at = min(postponed_at, again_at)
            actions.append(ExpectLater(workspace, replace(expected, start_at=min(again_at, expected.until))))
    return actions, postponed_at


def _prepared(facts: PoolFacts, now: float, policy: Policy) -> list[Action]:
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


def _in_words(actions: Sequence[Action]) -> Iterator[str]:
    """What was decided, with equal reasons told once: 'started ahead for 38 of Berlin-3: class at 09:00, …'."""
    words: Counter[str] = Counter()
    for action in actions:
        if isinstance(action, StartWarmTask):
            ahead = action.intended_for is not None
            words[
                f"started ahead for {{}} {action.because}" if ahead else f"started {{}} {action.kind}: {action.because}"
            ] += 1
        elif isinstance(action, RetireTask) and not action.failure:
            words[f"retired {{}} {action.task.kind}: {action.because}"] += 1
    return (text.replace("{}", str(count), 1) for text, count in words.items())
