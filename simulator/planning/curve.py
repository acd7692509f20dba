"""Waiting against cost: the same workload with larger and smaller pools, and which of them is best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulator.planning.policies import budgets
from simulator.planning.result import Result
from simulator.planning.settings import SCHEDULE, Scenario

SCALES = (0.0, 0.5, 1.5, 2.0, 3.0, 4.0, 6.0)
"""Of the schedule's sizes; its own size is the run itself."""


@dataclass(frozen=True)
class Point:
    name: str
    scenario: Scenario


def points(scenario: Scenario) -> list[Point]:
    """What a policy can be given more or less of: the schedule its sizes, a forecast its budget."""
    if scenario.policy_name != SCHEDULE:
        return [
            Point(f"{scenario.policy_name}, {hours:g} warm task-hours a day", replace(scenario, budget_hours=hours))
            for hours in budgets(scenario)
        ]
    sizes = scenario.schedule
    return [
        Point(
            f"schedule × {scale:g}",
            replace(
                scenario,
                schedule=replace(
                    sizes,
                    **{name: round(getattr(sizes, name) * scale) for name in ("base", "peak", "off", "weekend")},
                ),
            ),
        )
        for scale in SCALES
    ]


def best(results: Sequence[Result], *, wait_s: float = 2.0) -> Result:
    """The cheapest whose p95 is within `wait_s`; if none is, the one at the curve's knee: where neither the share of cold
    starts nor the cost, each measured from the best seen to the worst, is far off (the shortest way to the ideal corner)."""
    good = [one for one in results if one.start_waits.p95 <= wait_s]
    if good:
        return min(good, key=lambda one: one.workspaces_dollars)
    dollars = [one.workspaces_dollars for one in results]
    cold = [one.cold for one in results]

    def far(one: Result) -> float:
        return (_share(one.workspaces_dollars, dollars) ** 2 + _share(one.cold, cold) ** 2, one.workspaces_dollars)[0]

    return min(results, key=far)


def _share(value: float, among: Sequence[float]) -> float:
    least, most = min(among), max(among)
    return (value - least) / (most - least) if most > least else 0.0
