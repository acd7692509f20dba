"""How much this installation runs, and how much more it could: for the operator's console."""

from __future__ import annotations

from collections import Counter

from contract.manager import CapacityAnswer
from contract.names import TaskState
from manager.use_cases.views import Kinds, pool_view, sizes_of
from manager.use_cases.world import World


def capacity(world: World, kinds: Kinds, *, last_sweep_at: float | None) -> CapacityAnswer:
    """Counts and a few records: unlike `fleet`, no workspace's record is read."""
    policy = world.policy
    shared = policy.memory_max_mib is not None
    warm = world.store.list_warm_tasks(limit=policy.records_max)
    ready = Counter(str(policy.shape(task.kind, task.size)) for task in warm if task.state is TaskState.READY)
    return CapacityAnswer(
        memory_taken_mib=policy.claimed_mib(world.store.count_live_tasks()),
        memory_max_mib=policy.memory_max_mib,
        tasks_max=policy.tasks_max if shared else None,
        ready=dict(ready),
        kinds=kinds.views(),
        sizes=sizes_of(policy),
        snapshots=world.backup_worker.status(),
        pool=pool_view(world),
        last_sweep_at=last_sweep_at,
        machine=world.machine(),
    )
