"""Samples of one quantity, and the target that one of their statistics must meet."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    statistic: str
    """A key of `Measure.summary`: median, p95, p99, max, …"""
    most: float


@dataclass(frozen=True)
class Measure:
    name: str
    unit: str
    samples: Sequence[float]
    target: Target | None = None
    note: str = ""
    """What was done, when the name does not say all."""

    def summary(self) -> dict[str, float]:
        ordered = sorted(self.samples)
        return {
            "n": len(ordered),
            "median": statistics.median(ordered),
            "p95": nearest_rank(ordered, 0.95),
            "p99": nearest_rank(ordered, 0.99),
            "min": ordered[0],
            "max": ordered[-1],
        }

    def reached(self) -> bool | None:
        return None if self.target is None else self.summary()[self.target.statistic] <= self.target.most


@dataclass(frozen=True)
class Findings:
    """One benchmark's results: measures, and facts that hold or not ('no two share a task')."""

    title: str
    measures: Sequence[Measure]
    facts: dict[str, bool] = field(default_factory=dict)
    details: Mapping[str, object] = field(default_factory=dict)


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """A value that was seen. With fewer than 100 samples, the 99th percentile is the largest."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
