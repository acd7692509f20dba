"""What `./apranova simulate` found: the runs, what they are compared with, and the best pool."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from simulator.costs.document import DocumentFigures
from simulator.costs.model import Breakdown, Group
from simulator.planning.result import Result


@dataclass(frozen=True)
class Report:
    results: Sequence[Result]
    """Runs of one workload; the chosen policy first."""
    curves: Sequence[tuple[str, Sequence[Result]]]
    """Runs with larger and smaller pools, by policy."""
    always_on: Breakdown
    document: DocumentFigures
    time_zone: str
    command: str
    habits: Sequence[tuple[str, str, str, str]]
    """(name, value, meaning, source) of each assumption."""

    @property
    def on_the_curve(self) -> list[Result]:
        """The cheapest first."""
        runs = (one for _, results in self.curves for one in results)
        return sorted(runs, key=lambda one: one.workspaces_dollars)

    def as_json(self) -> str:
        content = {
            "command": self.command,
            "runs": [one.as_json() for one in self.results],
            "curve": {name: [one.as_json() for one in found] for name, found in self.curves},
            "always_on": {"workspaces": self.always_on.group(Group.WORKSPACES), "total": self.always_on.total},
            "document_workspaces": self.document.workspaces,
            "habits": {name: value for name, value, _, _ in self.habits},
        }
        return json.dumps(content, indent=1) + "\n"


def best(results: Sequence[Result], *, wait_s: float = 2.0) -> Result:
    """The cheapest with a p95 within `wait_s`. If there is none, the knee of the curve: the point
    nearest to the corner of fewest cold starts and least cost, both scaled to what was seen."""
    good = [one for one in results if one.start_waits.p95 <= wait_s]
    if good:
        return min(good, key=lambda one: one.workspaces_dollars)
    dollars = [one.workspaces_dollars for one in results]
    cold = [one.cold for one in results]
    return min(results, key=lambda one: _share(one.workspaces_dollars, dollars) ** 2 + _share(one.cold, cold) ** 2)


def _share(value: float, among: Sequence[float]) -> float:
    least, most = min(among), max(among)
    return (value - least) / (most - least) if most > least else 0.0
