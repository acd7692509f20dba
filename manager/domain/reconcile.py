"""The heart: what the fleet is, what it should be, and the steps between. No I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from manager.domain.lifecycle.actions import ActOnUse, Forget, LifecycleAction, MarkReady, NoteProgress
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.reconcile import look_again_at, reconcile_lifecycle
from manager.domain.policy import Policy
from manager.domain.pool.reconcile import PoolAction, PoolFacts, PoolPlan, RetireTask, reconcile_pool

Action: TypeAlias = LifecycleAction | PoolAction


@dataclass(frozen=True)
class Observation:
    """What one pass has read."""

    fleet: Fleet
    pool: PoolFacts | None = None
    """None: the pass leaves the warm pool as it is. It is no part of it, or an image is not known:
    the other kinds would get its share."""


@dataclass(frozen=True)
class Plan:
    actions: tuple[Action, ...]
    look_again_at: float
    """When the next pass should run, unless something wakes it or a record is due before."""
    pool: PoolPlan | None = None
    """None: nothing was decided about the warm pool."""


def reconcile(observation: Observation, now: float, policy: Policy) -> Plan:
    """Compute the steps that lead the fleet to what it should be; none for a converged one."""
    fleet, pool = observation.fleet, None
    actions: list[Action] = [*reconcile_lifecycle(fleet, now, policy)]
    if observation.pool is not None and fleet.observed is not None:
        pool = reconcile_pool(fleet, observation.pool, now, policy)
        retired = {action.task.task_id for action in pool.actions if isinstance(action, RetireTask)}
        actions = [it for it in actions if not (isinstance(it, MarkReady) and it.task.task_id in retired)]
        actions.extend(pool.actions)
    return Plan(
        tuple(actions),
        look_again_at=min(
            look_again_at(fleet, now, policy),
            math.inf if pool is None else pool.look_again_at,
            # What an action changes is the next thing to look at, even if no event tells of it.
            now + policy.transient_tick_s if any(map(calls_for_a_pass, actions)) else math.inf,
        ),
        pool=pool,
    )


def calls_for_a_pass(action: Action) -> bool:
    """Whether the next pass should follow an action soon. Most actions of a large school only write
    records that carry their own due time, or that no pass needs."""
    if isinstance(action, ActOnUse):
        return action.verdict.stop_now
    return not isinstance(action, (NoteProgress, Forget))
