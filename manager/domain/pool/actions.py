"""What the pool may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from manager.domain.lifecycle.task import Task
from manager.domain.policy import Shape
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.outlook import Outlook, Target


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


@dataclass(frozen=True)
class RecordPrepared:
    """Record in one write what was learned while classes were prepared."""

    cohorts: tuple[Cohort, ...]
    outlook: Outlook
    decisions: tuple[str, ...]


PoolAction: TypeAlias = StartWarmTask | RetireTask | RecordPrepared


@dataclass(frozen=True)
class PoolPlan:
    """What the pool needs now, and what the operator and the meter should know of it."""

    actions: tuple[PoolAction, ...]
    targets: tuple[Target, ...]
    warm: int
    """Warm tasks that are there."""
    look_again_at: float
