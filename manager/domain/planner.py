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
from manager.domain.demand import WINDOW_DAYS, Demand
from manager.domain.forecast import ERROR_MAX, Expected, Forecast, Recent
from manager.domain.outlook import Outlook
from manager.domain.policy import Policy, PoolPolicy

SIZE_MAX = 5_000
_DAY_S = 86_400.0
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
    may_start_ahead: bool
    """Whether the budget allows tasks for certain students."""
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
        return PoolTargets(sizes, math.inf, False, "schedule")
    budget = budget_s(launches, demand, now, policy)
    worth_s = worth_left_s(budget, outlook, now, policy)
    doubted = now < outlook.schedule_until or (outlook.habit_error or 0.0) > ERROR_MAX
    allowed = budget if doubted else min(budget, policy.spared_unknown_a_day * policy.cold_start_worth_s)
    affordable = within_budget(full, allowed, policy.schedule)
    if affordable != full:
        scheduled = pool.share(affordable, launches, kinds, one_of_each=policy.schedule.is_peak(now))
    forecast = Forecast(demand, outlook, recent, time_zone=policy.schedule.time_zone, now=now)
    cut = "" if affordable == full else ", cut to the day's budget" if allowed == budget else ", cut to its worth"
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
        if (doubted or not ahead.known) and scheduled[kind] > wanted and worth_s > 0.0:
            wanted, because = scheduled[kind], by_schedule
        if worth_s <= 0.0:
            wanted = kept = 0
            because = f"the day's {_hours(budget)} warm task-hours are spent"
        by_kind[kind] = Target(wanted, max(kept, wanted), because)
        changes = changes or forecast.changes_until(kind, now + policy.sweep_interval_s + 2 * policy.start_lead_s)
    name = str(policy.pool_policy) + (" (the schedule holds: the last forecasts were bad)" if doubted else "")
    return PoolTargets(
        by_kind,
        min(_LOOK_AGAIN_S, max(_LOOK_AGAIN_MIN_S, policy.start_lead_s / 2)) if changes else math.inf,
        worth_s > 0.0,
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


def budget_s(launches: Mapping[WorkspaceKind, int], demand: Demand, now: float, policy: Policy) -> float:
    """Seconds of warm tasks that may be paid for today; see Policy.pool_budget_s. `launches`: those of the last fortnight."""
    if policy.pool_budget_s is not None:
        return policy.pool_budget_s
    days = WINDOW_DAYS if demand.since is None else min(float(WINDOW_DAYS), max(1.0, (now - demand.since) / _DAY_S))
    return max(policy.budget_min_s, policy.budget_per_launch_s * sum(launches.values()) / days)


def worth_left_s(budget_s: float, outlook: Outlook, now: float, policy: Policy) -> float:
    """What a spared cold start is worth now: less and less as the last third of the day's budget goes, nothing after it.

    So that a budget which is too small for a day is spent where it spares most, not on the morning.
    """
    if budget_s == math.inf:
        return policy.cold_start_worth_s
    spent_s = outlook.metered(0, now=now, time_zone=policy.schedule.time_zone, longest_s=0.0).spent_s
    left = 1.0 - spent_s / budget_s if budget_s > 0.0 else 0.0
    return policy.cold_start_worth_s * min(1.0, max(0.0, 3.0 * left))


def within_budget(size: int, budget_s: float, schedule: pool.PoolSchedule) -> int:
    """The schedule's size, cut in proportion where its weekday costs more than a day's budget; one task is left of any."""
    return size if budget_s >= schedule.weekday_s else math.ceil(size * budget_s / schedule.weekday_s)


def _because(ahead: Expected, lead_s: float) -> str:
    return f"{ahead.launches:.1f} launches expected within {lead_s:.0f} s, then {ahead.rate_per_s * 3600.0:.1f} an hour"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600.0:.3g}"
