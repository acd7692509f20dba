"""What a reconcile pass decided: actions, and when to look again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from manager.domain.lifecycle.actions import ActOnUse, Forget, LifecycleAction, NoteProgress
from manager.domain.pool.actions import PoolAction, PoolPlan

Action: TypeAlias = LifecycleAction | PoolAction


@dataclass(frozen=True)
class Plan:
    actions: tuple[Action, ...]
    look_again_at: float
    """When the next pass should run, unless something wakes it or a record is due before."""
    pool: PoolPlan | None = None
    """None: nothing was decided about the warm pool."""


def calls_for_a_pass(action: Action) -> bool:
    """Whether the next pass should follow an action soon. Most actions of a large school only write
    records that carry their own due time, or that no pass needs."""
    if isinstance(action, ActOnUse):
        return action.verdict.stop_now
    return not isinstance(action, (NoteProgress, Forget))
