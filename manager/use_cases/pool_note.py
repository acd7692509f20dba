"""After a pass: record what the pool costs and why, for the operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from manager.domain.pool.cohort import RecordPrepared
from manager.domain.pool.outlook import Outlook
from manager.domain.pool.reconcile import PoolAction, PoolPlan, RetireTask, StartWarmTask
from manager.ports.workspace_store import VersionConflict
from manager.use_cases.words import shape_words
from manager.use_cases.world import World


def note_pool(world: World, plan: PoolPlan, outlook: Outlook) -> None:
    """At most once in `meter_s`, or when the sizes change. Another manager's note in between makes
    this one void: it is tried again with the next pass, and the meter loses nothing."""
    world.recent_launches.decided(tuple(in_words(plan.actions)))
    now, policy = world.clock.now(), world.policy
    changed = [(it.shape, it.size) for it in outlook.targets] != [(it.shape, it.size) for it in plan.targets]
    if now - outlook.metered_at < (policy.meter_s / 10.0 if changed else policy.meter_s):
        return
    decisions = world.recent_launches.decisions()
    local = policy.schedule.local(now)
    noted = outlook.metered(plan.warm, local=local, longest_s=2.0 * policy.pass_interval_s)
    noted = noted.with_decisions(decisions, local=local)
    try:
        world.store.write(replace(noted, targets=plan.targets))
    except VersionConflict:
        return
    world.recent_launches.written(decisions)


def in_words(actions: Sequence[PoolAction]) -> Iterator[str]:
    """Equal reasons once: 'started 38 VS Code: 38.2 launches expected within 60 s, …'."""
    words: Counter[str] = Counter()
    for action in actions:
        match action:
            case StartWarmTask(shape, _, because):
                words[f"started {{}} {shape_words(shape)}: {because}"] += 1
            case RetireTask(task, because):
                words[f"retired {{}} {task.kind.label}: {because}"] += 1
            case RecordPrepared(decisions=decisions):
                yield from decisions
    yield from (text.replace("{}", str(count), 1) for text, count in words.items())
