"""The pool's policies that the manager has, and what an operator can give each of them more or less of."""

from __future__ import annotations

from simulator.planning.settings import SCHEDULE, Scenario

DESCRIPTIONS = {
    SCHEDULE: "the document's: so many warm tasks by the clock, whoever comes",
}
DEFAULT = SCHEDULE


def budgets(scenario: Scenario) -> tuple[float, ...]:  # noqa: ARG001
    return ()
