"""What the pool may ask for, and what it tells the operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from manager.domain.lifecycle.task import Task
from manager.domain.policy import Shape
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.outlook import Outlook, TargetLine


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
class PoolNote:
    """What a pass tells the operator of the pool, and what the meter counts."""

    policy: str
    targets: tuple[TargetLine, ...]
    decisions: tuple[str, ...]
    warm: int
    """Warm tasks that are there."""
