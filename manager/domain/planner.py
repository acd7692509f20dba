"""How many warm tasks of each kind to keep that serve anyone, and why: the schedule, or a forecast and a price.

The rule is the base-stock rule of inventories. With n tasks ready or starting, a student waits if n or more others came
within the time that a start takes; so the n-th task spares somebody a cold start as often as launches come (r a second)
while exactly n − 1 came before in that time. It is kept while that pays:

    r · P(n − 1 launches in the lead time) · W ≥ 1

with P of a Poisson distribution and W = `cold_start_worth_s`. Nothing in it stands for hours: when the rate falls, so does n.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contract.names import WorkspaceKind
from manager.domain import pool
from manager.domain.demand import Demand
from manager.domain.forecast import ERROR_MAX, Expected, Forecast, Recent
from manager.domain.outlook import Outlook
from manager.domain.policy import Policy, PoolPolicy

SIZE_MAX = 5_000
_LOOK_AGAIN_S = 15.0
"""How often a pool that follows a class is looked at: well below the time that a start takes on ECS."""

_LOOK_AGAIN_MIN_S = 5.0
"""Where a start takes a second or two: arrivals around a class change over minutes, and a pass costs a few milliseconds."""


@dataclass(frozen=True)
class Target:
    """Of one kind."""

    start_below: int
    """With fewer warm tasks than this, more are started."""
    retire_above: int
    """With more than this, some are retired; never below `start_below`."""
    because: str
    """Words for the operator."""


@dataclass(frozen=True)
class PoolTargets:
    by_kind: Mapping[WorkspaceKind, Target]
    look_again_s: float
    """When the numbers may be others."""
    policy: str
    """What decided, in words: 'predicted', or why the schedule does."""


def targets(
    *,
    kinds: Sequence[WorkspaceKind],
    launches: Mapping[WorkspaceKind, int],
    demand: Demand,
    outlook: Outlook,
    recent: Recent,
    now: float,
    policy: Policy,
) -> PoolTargets:
    """Decide for this moment. `kinds`: those that can be started now; `launches`: what the schedule's size is shared by."""
    full = policy.schedule.target(now)
    scheduled = pool.share(full, launches, kinds, one_of_each=policy.schedule.is_peak(now))
    if policy.pool_policy is PoolPolicy.SCHEDULE:
        sizes = {kind: Target(size, size, "by the schedule") for kind, size in scheduled.items()}
        return PoolTargets(sizes, math.inf, "schedule")
    worth_s = policy.cold_start_worth_s
    doubted = now < outlook.schedule_until or (outlook.habit_error or 0.0) > ERROR_MAX
    affordable = full if doubted else cut_to_worth(full, policy)
    if affordable != full:
        scheduled = pool.share(affordable, launches, kinds, one_of_each=policy.schedule.is_peak(now))
    forecast = Forecast(demand, outlook, recent, time_zone=policy.schedule.time_zone, now=now)
    cut = "" if affordable == full else ", cut to its worth"
    why = "the last forecasts were bad" if doubted else "nothing is known of this hour yet"
    by_schedule = f"by the schedule{cut}: {why}"
    by_kind: dict[WorkspaceKind, Target] = {}
    changes = False
    for kind in kinds:
        ahead = forecast.ahead(kind, now, policy.start_lead_s)
        before = forecast.ahead(kind, now - policy.start_lead_s, policy.start_lead_s)
        wanted = size(ahead, worth_s)
        kept = max(wanted, size(before, worth_s))
        because = _because(ahead, policy.start_lead_s)
        if (doubted or not ahead.known) and scheduled[kind] > wanted:
            wanted, because = scheduled[kind], by_schedule
        by_kind[kind] = Target(wanted, max(kept, wanted), because)
        changes = changes or forecast.changes_until(kind, now + policy.sweep_interval_s + 2 * policy.start_lead_s)
    name = str(policy.pool_policy) + (" (the schedule holds: the last forecasts were bad)" if doubted else "")
    return PoolTargets(
        by_kind,
        min(_LOOK_AGAIN_S, max(_LOOK_AGAIN_MIN_S, policy.start_lead_s / 2)) if changes else math.inf,
        name,
    )


def size(ahead: Expected, worth_s: float) -> int:
    """The largest n that pays: see the rule above."""
    mean = ahead.launches
    n = int(mean)
    probability = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) if mean > 0.0 else 1.0
    while n < SIZE_MAX and ahead.rate_per_s * probability * worth_s >= 1.0:
        n += 1
        probability *= mean / n
    # Where not even the n-th pays at the mean, fewer may: the falling side of a rush, with many still to come and few after.
    return n if n > int(mean) else _below(ahead, worth_s)


def _below(ahead: Expected, worth_s: float) -> int:
    """Few launches are expected after the lead time: what is there serves those that come within it."""
    return 0 if ahead.rate_per_s * worth_s < 1.0 else int(ahead.launches)


def cut_to_worth(size: int, policy: Policy) -> int:
    """The schedule's size, cut in proportion where a weekday of it costs more than it is assumed to spare. At least one task
    of any is left."""
    worth_s = policy.spared_unknown_a_day * policy.cold_start_worth_s
    return size if worth_s >= policy.schedule.weekday_s else math.ceil(size * worth_s / policy.schedule.weekday_s)


def _because(ahead: Expected, lead_s: float) -> str:
    return f"{ahead.launches:.1f} launches expected within {lead_s:.0f} s, then {ahead.rate_per_s * 3600.0:.1f} an hour"
