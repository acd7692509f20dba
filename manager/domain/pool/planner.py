"""How many warm tasks of each shape to keep for anyone: by schedule, or by forecast and price.

The base-stock rule of inventories: with n tasks ready or starting, a student waits if n or more
others came within the lead time of a start. So the n-th task spares a cold start as often as
launches come (r a second) after exactly n − 1 in that time. It is kept while that pays:

    r · P(n − 1 launches in the lead time) · W ≥ 1

with P of a Poisson distribution and W = `cold_start_worth_s`. When the rate falls, so does n.
"""

from __future__ import annotations

import math
import zoneinfo
from collections.abc import Mapping, Sequence

from manager.domain.policy import Policy, PoolPolicy, Shape
from manager.domain.pool.demand import Demand
from manager.domain.pool.forecast import Expected, Forecast, Recent
from manager.domain.pool.outlook import Outlook, Target

SIZE_MAX = 5_000
_LOOK_AGAIN_S = 15.0
"""How often a pool that follows a class is looked at: well below the time that a start takes on
ECS. Arrivals change over minutes, and each launch wakes a pass anyway."""


def targets(
    shapes: Sequence[Shape], demand: Demand, outlook: Outlook, recent: Recent, *, now: float, policy: Policy
) -> dict[Shape, Target]:
    """Decide for this moment. `shapes`: those that can be started now."""
    by_schedule, most = policy.pool_policy is PoolPolicy.SCHEDULE, policy.unknown_hour_max
    full = policy.schedule.target(now)
    affordable = full if by_schedule or most is None else min(full, most)
    scheduled = share(affordable, demand.by_shape(), shapes, one_of_each=policy.schedule.is_peak(now))
    if by_schedule:
        return {shape: Target.of(shape, count, "by the schedule") for shape, count in scheduled.items()}
    lead_s, zone = policy.start_lead_s, zoneinfo.ZoneInfo(policy.schedule.time_zone)
    decided: dict[Shape, Target] = {}
    for shape in shapes:
        forecast, worth_s = Forecast(shape, demand, outlook, recent, zone, now), policy.cold_start_worth_of(shape)
        ahead, before = forecast.ahead(now, lead_s), forecast.ahead(now - lead_s, lead_s)
        wanted, hourly = size(ahead, worth_s), ahead.rate_per_s * 3600.0
        because = f"{ahead.launches:.1f} launches expected within {lead_s:.0f} s, then {hourly:.1f} an hour"
        if not ahead.known and scheduled[shape] > wanted:
            wanted, because = scheduled[shape], "by the schedule: nothing is known of this hour yet"
        if wanted == 0 and outlook.has_class(shape, now + lead_s):
            wanted, because = 1, "somebody may still come to a class"
        # What was wanted one lead time ago stays: it has only just become ready.
        decided[shape] = Target.of(shape, wanted, because, retire_above=size(before, worth_s))
    return decided


def look_again_s(shapes: Sequence[Shape], outlook: Outlook, *, now: float, policy: Policy) -> float:
    """How soon the targets may differ: soon while classes change launches from minute to minute."""
    until = now + policy.pass_interval_s + 2 * policy.start_lead_s
    follows = policy.pool_policy is PoolPolicy.PREDICTED
    return _LOOK_AGAIN_S if follows and any(outlook.expected(it, now, until) > 0.0 for it in shapes) else math.inf


def share(size: int, launches: Mapping[Shape, int], shapes: Sequence[Shape], *, one_of_each: bool) -> dict[Shape, int]:
    """Divide the pool between the shapes by their launches, one task after the other (Webster's
    method): each goes where a task has the most launches to serve.

    Without any launch yet, all shapes count the same. `one_of_each`: first every shape gets one, as
    far as the size allows. The sum is always `size`, unless there is no shape.
    """
    wanted = {shape: launches.get(shape, 0) for shape in shapes}
    if not any(wanted.values()):
        wanted = dict.fromkeys(shapes, 1)
    most_wanted = sorted(shapes, key=lambda shape: -wanted[shape])  # stable: a tie goes by the order of the shapes
    shares = dict.fromkeys(shapes, 0) | dict.fromkeys(most_wanted[:size] if one_of_each else (), 1)
    for _ in range(size - sum(shares.values()) if shapes else 0):
        shares[max(most_wanted, key=lambda shape: wanted[shape] / (shares[shape] + 0.5))] += 1
    return shares


def size(ahead: Expected, worth_s: float) -> int:
    """The largest n that pays: see the rule above."""
    mean = ahead.launches
    n = int(mean)
    probability = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) if mean > 0.0 else 1.0
    while n < SIZE_MAX and ahead.rate_per_s * probability * worth_s >= 1.0:
        n += 1
        probability *= mean / n
    if n > int(mean):
        return n
    # When a rush ends, not even the n-th pays at the mean, but those who still come are served.
    return 0 if ahead.rate_per_s * worth_s < 1.0 else int(mean)
