"""Observe, reconcile, apply: keeps the pool, ends idle workspaces, repairs what was cut short."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from contract.agent import AgentStatus
from contract.errors import ApraNovaError, Reason
from contract.manager import COHORT_MEMBERS_MAX
from contract.names import TaskState, WorkspaceKind, WorkspaceState
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.task import ObservedTask, Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import PoolPolicy
from manager.domain.pool.reconcile import DueCohort, PoolFacts, PoolPlan
from manager.domain.reconcile import Observation, Plan, reconcile
from manager.ports.task_agent import AgentUnreachable
from manager.ports.workspace_store import FIND_MAX
from manager.use_cases.apply import apply
from manager.use_cases.pool_note import note_pool
from manager.use_cases.world import World

log = logging.getLogger(__name__)

Record = TypeVar("Record", Task, Workspace)

_INDEX_LAG_MAX_S = 30.0
"""A task that this process recorded is read by key for so long, as long as the index may not show
that. DynamoDB's are seconds behind at worst; two processes that do not know of each other's starts
may still start one too many."""

_OPENING_IS_LONG_S = 1.0
"""A claim that takes longer may have something to tell the student."""

_MEMBERS_PER_PASS = COHORT_MEMBERS_MAX
"""A pass that has read so many members of cohorts leaves the other cohorts to the next one."""


def reconcile_pass(world: World) -> Plan:
    """One pass over what is due and warm. Returns the plan that was begun; `look_again_at` in it
    says when the next pass should run.

    It judges by the time at which it began to read: a pass that is held up after an agent answered
    does not know whether the student has come back since.
    """
    begun = world.clock.now()
    observation = observe(world, begun)
    plan = reconcile(observation, begun, world.policy)
    apply(world, plan)
    if plan.pool is not None and observation.pool is not None:
        note_pool(world, plan.pool, observation.pool.outlook)
        _measure_pool(world, plan.pool, observation.fleet)
    _prepare(world)
    world.metrics.observe("sweep_seconds", world.clock.now() - begun)
    return plan


def _prepare(world: World) -> None:
    try:
        if world.runner.prepare():
            world.wake()
    except ApraNovaError as error:
        world.metrics.count("prepare_failures_total")
        log.warning("what later starts need could not be made: %s", error)


def _measure_pool(world: World, pool: PoolPlan, fleet: Fleet) -> None:
    """Ready tasks, as the pass found them; not while the pool is empty by design."""
    if not any(target.size > 0 for target in pool.targets):
        return
    ready = sum(task.state is TaskState.READY and not fleet.gone(task) for task in fleet.warm)
    world.metrics.observe("pool_ready", ready)


def reconcile_named(world: World, task_ids: Iterable[str]) -> Plan:
    """A pass over these tasks and their workspaces alone, because an event of the engine tells that
    they have changed. The rest of the fleet, and the pool's size, are the next full pass's
    business: a hundred events at once must not be a hundred passes."""
    begun = world.clock.now()
    plan = reconcile(Observation(observe_named(world, task_ids, begun)), begun, world.policy)
    apply(world, plan)
    return plan


def observe_named(world: World, task_ids: Iterable[str], now: float) -> Fleet:
    """The failed starts of the pool's list come along: one of these tasks may be the success that
    ends their back-off."""
    named = {task.task_id: task for task in _in_pages(world.store.find_tasks, task_ids)}
    listed = world.store.list_warm_tasks(limit=world.policy.records_max) if named else ()
    tasks = {task.task_id: task for task in listed if task.failed_start} | named
    bound = [task.workspace_id for task in named.values() if task.live and task.workspace_id is not None]
    workspaces = list(_in_pages(world.store.find_workspaces, bound))
    observed = _observed(world, [task.task_id for task in named.values() if task.live])
    alive = {seen.task_id: seen for seen in observed or () if seen.alive}
    return Fleet(
        tasks=tuple(tasks.values()),
        workspaces=tuple(workspaces),
        observed=observed,
        statuses=_statuses(world, named, workspaces, alive, now),
    )


def observe(world: World, now: float) -> Observation:
    """Read records, then the engine, then those agents whose answer could matter now."""
    tasks = _tasks(world, now)
    workspaces = _workspaces(world, tasks, now)
    observed = _observed(world, [task.task_id for task in tasks.values() if task.live])
    strangers, latecomers = _unaccounted(world, tasks, now)
    alive = {seen.task_id: seen for seen in observed or () if seen.alive}
    fleet = Fleet(
        tasks=tuple(tasks.values()),
        workspaces=tuple(workspaces),
        observed=observed,
        statuses=_statuses(world, tasks, workspaces, alive, now),
        strangers=strangers,
        latecomers=latecomers,
    )
    return Observation(fleet, _pool_facts(world, workspaces, now))


def _pool_facts(world: World, workspaces: Iterable[Workspace], now: float) -> PoolFacts | None:
    """Two reads, and the members of cohorts whose next class is prepared, once for each class."""
    world.recent_launches.see(workspaces, now, world.policy)
    images = _images(world)
    if images is None:
        return None
    policy = world.policy
    live = world.store.count_live_tasks() if policy.memory_max_mib is not None else None
    return PoolFacts(
        images=images,
        demand=world.store.find_demand(),
        outlook=world.store.find_outlook(),
        recent=world.recent_launches.recent(),
        cohorts=tuple(_due_cohorts(world, now)),
        used_mib=policy.memory_mib(live) if live is not None else None,
        sessions=sum(count for size, count in (live or {}).items() if size is not None),
        claimed_at=world.memory.claimed_at,
    )


def _due_cohorts(world: World, now: float) -> Iterator[DueCohort]:
    if world.policy.pool_policy is PoolPolicy.SCHEDULE:
        return
    read = 0
    for cohort in world.store.list_due_cohorts(now, limit=world.policy.cohorts_per_pass_max):
        if read >= _MEMBERS_PER_PASS:
            return
        ids = () if cohort.next_class(now) is None else cohort.members
        read += len(ids)
        yield DueCohort(cohort, tuple(_in_pages(world.store.find_workspaces, ids)))


def _tasks(world: World, now: float) -> dict[str, Task]:
    """The pool's, the due ones, and those that this process's memory names."""
    store, limit = world.store, world.policy.records_max
    found = {task.task_id: task for task in store.list_warm_tasks(limit=limit)}
    for task in store.list_due_tasks(now, limit=limit):
        found[task.task_id] = task
    started = world.memory.starts_since(now - _INDEX_LAG_MAX_S)
    missing = [task_id for task_id in started if task_id not in found]
    missing.extend(world.memory.claims_since(now - _INDEX_LAG_MAX_S))  # or shown as they were
    for task in _in_pages(store.find_tasks, missing):
        found[task.task_id] = task  # read by key, and so newer than what an index says
    for task_id in started:
        task = found.get(task_id)
        begins = task is not None and task.state in (TaskState.STARTING, TaskState.READY)
        if task_id not in missing or not begins:
            world.memory.forget_start(task_id)
    return found


def _workspaces(world: World, tasks: dict[str, Task], now: float) -> list[Workspace]:
    """The due ones, whose tasks join `tasks`; and those of the tasks that are due or named."""
    due = world.store.list_due_workspaces(now, limit=world.policy.due_per_pass_max)
    bound = [workspace.task_id for workspace in due if workspace.task_id and workspace.task_id not in tasks]
    known = {workspace.workspace_id for workspace in due}
    wanted = [
        task.workspace_id
        for task in tasks.values()
        if task.live and task.workspace_id is not None and task.workspace_id not in known
    ]
    tasks.update((task.task_id, task) for task in _in_pages(world.store.find_tasks, bound))
    return [*due, *_in_pages(world.store.find_workspaces, wanted)]


def _in_pages(find: Callable[[Iterable[str]], tuple[Record, ...]], ids: Iterable[str]) -> Iterator[Record]:
    wanted = tuple(dict.fromkeys(ids))
    for start in range(0, len(wanted), FIND_MAX):
        yield from find(wanted[start : start + FIND_MAX])


def _observed(world: World, task_ids: list[str]) -> tuple[ObservedTask, ...] | None:
    if not task_ids:
        return ()
    try:
        return world.runner.find_tasks(task_ids)
    except ApraNovaError as error:
        world.metrics.count("engine_unreachable_total")
        log.warning("the engine does not answer: %s", error)
        return None


def _unaccounted(
    world: World, tasks: dict[str, Task], now: float
) -> tuple[tuple[ObservedTask, ...], tuple[ObservedTask, ...]]:
    """What the engine runs without a record, and what it runs although the record says STOPPED;
    asked for now and then.

    Most of what it lists is none of this pass's business and not in `tasks`. So each of those is
    read by key, after the engine's list: a record is written before its task is started, so only
    then does a missing one prove anything.
    """
    if now - world.memory.scanned_at < world.policy.orphan_scan_s:
        return (), ()
    try:
        listed = world.runner.list_tasks()
    except ApraNovaError as error:
        world.metrics.count("engine_unreachable_total")
        log.warning("the engine does not list its tasks: %s", error)
        return (), ()
    alive = {seen.task_id: seen for seen in listed if seen.alive}
    unnamed = [task_id for task_id in alive if task_id not in tasks or not tasks[task_id].live]
    records = {task.task_id: task for task in _in_pages(world.store.find_tasks, unnamed)}
    world.memory.scanned_at = now
    strangers = tuple(alive[task_id] for task_id in unnamed if task_id not in records)
    return strangers, tuple(alive[task_id] for task_id, record in records.items() if not record.live)


def _statuses(
    world: World, tasks: dict[str, Task], workspaces: list[Workspace], alive: dict[str, ObservedTask], now: float
) -> dict[str, AgentStatus]:
    could_be_due = {
        workspace.task_id
        for workspace in workspaces
        if workspace.state is WorkspaceState.RUNNING and workspace.due_at is not None and workspace.due_at <= now
    }
    opening = {
        workspace.task_id
        for workspace in workspaces
        if workspace.state is WorkspaceState.STARTING and now - workspace.state_since >= _OPENING_IS_LONG_S
    }
    asked = [
        task
        for task in tasks.values()
        if task.task_id in alive
        and alive[task.task_id].control_address
        and (task.state is TaskState.STARTING or task.task_id in could_be_due or task.task_id in opening)
    ]

    def ask(task: Task) -> AgentStatus | None:
        try:
            status = world.agent.status(alive[task.task_id].control_address, task.agent_token)
        except AgentUnreachable:
            world.metrics.count("agent_unreachable_total", call="status")
            return None
        return status if status.task_id == task.task_id else None  # an address may be reused by another task

    answers = world.background.map(ask, asked, for_pass=True)
    return {task.task_id: status for task, status in zip(asked, answers, strict=True) if status is not None}


def _images(world: World) -> dict[WorkspaceKind, str] | None:
    """None when one of them could not be asked for: only the engine's own word says that a kind has
    no image."""
    images = {}
    for kind in world.policy.kinds:
        try:
            images[kind] = world.runner.image(kind)
        except ApraNovaError as error:
            if error.reason is not Reason.KIND_NOT_READY:
                world.metrics.count("engine_unreachable_total")
                log.warning("the engine does not say which image %s has: %s", kind, error)
                return None
    return images
