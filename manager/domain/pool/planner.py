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
_LOOK_AGAIN_MIN_S, _LOOK_AGAIN_MAX_S = 5.0, 15.0
"""How often a pool that follows a class is looked at: well below the time that a start takes on
ECS, and not more often where a start takes a second or two: arrivals change over minutes."""


def targets(
    shapes: Sequence[Shape], demand: Demand, outlook: Outlook, recent: Recent, *, now: float, policy: Policy
) -> dict[Shape, Target]:
    """Decide for this moment. `shapes`: those that can be started now."""
    full = policy.schedule.target(now)
    by_schedule = policy.pool_policy is PoolPolicy.SCHEDULE
    affordable = full if by_schedule else cut_to_worth(full, policy)
    scheduled = share(affordable, demand.by_shape(), shapes, one_of_each=policy.schedule.is_peak(now))
    if by_schedule:
        return {shape: Target.of(shape, size, "by the schedule") for shape, size in scheduled.items()}
    because = "by the schedule" + ("" if affordable == full else ", cut to its worth")
    because += ": nothing is known of this hour yet"
    zone = zoneinfo.ZoneInfo(policy.schedule.time_zone)
    decided: dict[Shape, Target] = {}
    for shape in shapes:
        target, known = _predicted(Forecast(shape, demand, outlook, recent, zone, now), policy)
        if not known and scheduled[shape] > target.size:
            target = Target.of(shape, scheduled[shape], because, retire_above=target.retire_above)
        decided[shape] = target
    return decided


def _predicted(forecast: Forecast, policy: Policy) -> tuple[Target, bool]:
    """What forecast and price want, and whether anything is known of this hour.

    A task that was wanted one lead time ago is kept: it has only just become ready.
    """
    lead_s, worth_s = policy.start_lead_s, policy.cold_start_worth_of(forecast.shape)
    ahead = forecast.ahead(forecast.now, lead_s)
    before = forecast.ahead(forecast.now - lead_s, lead_s)
    hourly = ahead.rate_per_s * 3600.0
    because = f"{ahead.launches:.1f} launches expected within {lead_s:.0f} s, then {hourly:.1f} an hour"
    return Target.of(forecast.shape, size(ahead, worth_s), because, retire_above=size(before, worth_s)), ahead.known


def look_again_s(shapes: Sequence[Shape], outlook: Outlook, *, now: float, policy: Policy) -> float:
    """How soon the targets may differ: soon while classes change launches from minute to minute."""
    until = now + policy.pass_interval_s + 2 * policy.start_lead_s
    follows = policy.pool_policy is PoolPolicy.PREDICTED
    if not follows or not any(outlook.expected(shape, now, until) > 0.0 for shape in shapes):
        return math.inf
    return min(_LOOK_AGAIN_MAX_S, max(_LOOK_AGAIN_MIN_S, policy.start_lead_s / 2))


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


def cut_to_worth(size: int, policy: Policy) -> int:
    """The schedule's size, cut in proportion where a weekday of it costs more than it is assumed to
    spare. At least one task is left of any."""
    worth_s = policy.assumed_cold_starts_per_day * policy.cold_start_worth_s
    return size if worth_s >= policy.schedule.weekday_s else math.ceil(size * worth_s / policy.schedule.weekday_s)
