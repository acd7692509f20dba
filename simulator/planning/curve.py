"""Waiting against cost: of several runs of one workload, which is best."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.planning.result import Result


def best(results: Sequence[Result], *, wait_s: float = 2.0) -> Result:
    """The cheapest whose p95 is within `wait_s`; if none is, the one at the curve's knee: where neither the share of cold
    starts nor the cost, each measured from the best seen to the worst, is far off (the shortest way to the ideal corner)."""
    good = [one for one in results if one.start_waits.p95 <= wait_s]
    if good:
        return min(good, key=lambda one: one.workspaces_dollars)
    dollars = [one.workspaces_dollars for one in results]
    cold = [one.cold for one in results]

    def far(one: Result) -> float:
        return _share(one.workspaces_dollars, dollars) ** 2 + _share(one.cold, cold) ** 2

    return min(results, key=far)


def _share(value: float, among: Sequence[float]) -> float:
    least, most = min(among), max(among)
    return (value - least) / (most - least) if most > least else 0.0
