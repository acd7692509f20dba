"""The pool's policies that the manager has, and what each of them can be given more or less of."""

from __future__ import annotations

from dataclasses import replace

from manager.domain.policy import PoolPolicy
from simulator.planning.settings import Scenario

DESCRIPTIONS = {
    PoolPolicy.SCHEDULE.value: "the document's: so many warm tasks by the clock, whoever comes",
    PoolPolicy.PREDICTED.value: "classes, habits and sign-ins; the schedule where nothing is known",
}
DEFAULT = PoolPolicy.PREDICTED.value

SIZES = (0.0, 0.5, 1.5, 2.0, 3.0, 4.0, 6.0)
"""Of the schedule; its own size is the run itself."""
WORTH_MINUTES = (10.0, 20.0, 30.0, 45.0, 60.0, 120.0, 240.0, 480.0)
"""What a forecast may pay for a spared cold start; the manager's own is the run itself."""


def variants(scenario: Scenario) -> list[tuple[str, Scenario]]:
    """The same policy with smaller and larger pools, by name."""
    if scenario.policy_name == PoolPolicy.SCHEDULE:
        return [(f"schedule × {scale:g}", _scaled(scenario, scale)) for scale in SIZES]
    return [
        (f"{scenario.policy_name}, worth {minutes:g} min", replace(scenario, worth_s=60.0 * minutes))
        for minutes in WORTH_MINUTES
    ]


def _scaled(scenario: Scenario, scale: float) -> Scenario:
    sizes = scenario.schedule
    scaled = {name: round(getattr(sizes, name) * scale) for name in ("base", "peak", "off", "weekend")}
    return replace(scenario, schedule=replace(sizes, **scaled))
