"""The manager's policies of the warm pool, and how to make each pool larger or smaller."""

from __future__ import annotations

from dataclasses import replace

from manager.domain.policy import PoolPolicy
from simulator.planning.settings import Scenario

NAMES = tuple(policy.value for policy in PoolPolicy)
DEFAULT = PoolPolicy.PREDICTED.value

SIZES = (0.0, 0.5, 1.5, 2.0, 3.0, 4.0, 6.0)
"""Factors of the schedule's sizes. The run itself has factor 1."""
WORTH_MINUTES = (10.0, 20.0, 30.0, 45.0, 60.0, 120.0, 240.0, 480.0)
"""What avoiding a cold start is worth to the forecast. The run itself has the manager's value."""


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
