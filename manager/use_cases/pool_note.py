"""After a pass: record what the pool costs and why, for the operator and tomorrow's forecast."""

from __future__ import annotations

import zoneinfo
from dataclasses import replace

from manager.domain.pool.actions import PoolNote
from manager.domain.pool.forecast import habit_error
from manager.domain.pool.reconcile import PoolFacts
from manager.ports.workspace_store import VersionConflict
from manager.use_cases.world import World

_JUDGED_EVERY_S = 3_600.0


def note_pool(world: World, note: PoolNote, facts: PoolFacts) -> None:
    """At most once in `meter_s`, or when the sizes change. Another manager's note in between makes
    this one void: it is tried again with the next pass, and the meter loses nothing."""
    world.recent_launches.decided(note.decisions)
    now, policy, outlook = world.clock.now(), world.policy, facts.outlook
    sizes = [(line.shape, line.size) for line in outlook.targets]
    changed = sizes != [(line.shape, line.size) for line in note.targets]
    if now - outlook.metered_at < (policy.meter_s / 10.0 if changed else policy.meter_s):
        return
    decisions = world.recent_launches.decisions()
    time_zone = policy.schedule.time_zone
    noted = outlook.metered(note.warm, now=now, time_zone=time_zone, longest_s=2.0 * policy.pass_interval_s)
    noted = noted.with_decisions(decisions, now=now, time_zone=time_zone)
    noted = replace(noted, policy=note.policy, targets=note.targets)
    if now - noted.judged_at >= _JUDGED_EVERY_S:
        error = habit_error(facts.demand, zone=zoneinfo.ZoneInfo(time_zone), now=now)
        noted = replace(noted, habit_error=error, judged_at=now)
    try:
        world.store.write(noted)
    except VersionConflict:
        return
    world.recent_launches.written(decisions)
