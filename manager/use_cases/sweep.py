"""Observe → reconcile → apply: the pass that keeps the pool, ends idle workspaces and repairs what was cut short."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from contract.agent import AgentStatus
from contract.errors import ApraNovaError, Reason
from contract.names import TaskState, WorkspaceKind, WorkspaceState
from manager.domain import preparing
from manager.domain.demand import Demand
from manager.domain.observation import ObservedTask
from manager.domain.plan import Plan
from manager.domain.policy import PoolPolicy
from manager.domain.pool_pass import CohortPage, PoolFacts
from manager.domain.reconcile import Snapshot, reconcile
from manager.domain.task import Task
from manager.domain.workspace import Workspace
from manager.ports.task_agent import AgentUnreachable
from manager.use_cases.apply import apply
from manager.use_cases.pool_note import note_pool
from manager.use_cases.world import World

log = logging.getLogger(__name__)


def sweep(world: World) -> Plan:
    """One pass. Returns the plan that was begun; `look_again_at` in it says when the next pass should run."""
    begun = world.clock.now()
    snapshot = observe(world)
    plan = reconcile(snapshot, world.clock.now(), world.policy)
    apply(world, plan)
    if plan.pool is not None:
        note_pool(world, plan.pool, snapshot.pool)
    world.metrics.observe("sweep_seconds", world.clock.now() - begun)
    return plan


def observe(world: World) -> Snapshot:
    """Read records, then the engine, then those agents whose answer could matter now."""
    now = world.clock.now()
    tasks = world.store.list_tasks(limit=world.policy.records_max)
    due = world.store.list_due_workspaces(now, limit=world.policy.due_per_pass_max)
    observed = _observed(world)
    alive = {seen.task_id: seen for seen in observed or () if seen.alive}
    workspaces = _with_bound(world, tasks, due, alive)
    demand = world.store.find_demand()
    return Snapshot(
        tasks=tasks,
        workspaces=workspaces,
        observed=observed,
        statuses=_statuses(world, tasks, workspaces, alive, now),
        images=_images(world),
        launches=demand.by_kind(now),
        pool=_pool_facts(world, demand, workspaces, now),
    )


def _pool_facts(world: World, demand: Demand, workspaces: tuple[Workspace, ...], now: float) -> PoolFacts:
    """Two reads, and one for each cohort whose next class is being prepared: none of them grows with the school."""
    world.sightings.see(workspaces, now)
    late_binding = world.runner.late_binding
    return PoolFacts(
        late_binding=late_binding,
        demand=demand,
        outlook=world.store.find_outlook(),
        recent=world.sightings.recent(late_binding=late_binding),
        cohorts=tuple(_cohort_pages(world, now)),
    )


def _cohort_pages(world: World, now: float) -> Iterator[CohortPage]:
    if world.policy.pool_policy is PoolPolicy.SCHEDULE:
        return
    for cohort in world.store.list_due_cohorts(now, limit=world.policy.cohorts_per_pass_max):
        ids = preparing.page(cohort, now)
        yield CohortPage(cohort, world.store.find_workspaces(ids) if ids else ())


def _observed(world: World) -> tuple[ObservedTask, ...] | None:
    try:
        return world.runner.list_tasks()
    except ApraNovaError as error:
        world.metrics.count("engine_unreachable_total")
        log.warning("the engine does not answer: %s", error)
        return None


def _with_bound(
    world: World, tasks: tuple[Task, ...], due: tuple[Workspace, ...], alive: dict[str, ObservedTask]
) -> tuple[Workspace, ...]:
    """The due ones, and those whose task is on the move or not alive."""
    known = {workspace.workspace_id for workspace in due}
    wanted = [
        task.workspace_id
        for task in tasks
        if task.live
        and task.workspace_id is not None
        and task.workspace_id not in known
        and (task.state is not TaskState.CLAIMED or task.task_id not in alive)
    ]
    page = world.policy.describe_max
    pages = [wanted[start : start + page] for start in range(0, len(wanted), page)]
    return due + tuple(workspace for ids in pages for workspace in world.store.find_workspaces(ids))


def _statuses(
    world: World,
    tasks: tuple[Task, ...],
    workspaces: tuple[Workspace, ...],
    alive: dict[str, ObservedTask],
    now: float,
) -> dict[str, AgentStatus]:
    could_be_due = {
        workspace.task_id
        for workspace in workspaces
        if workspace.state is WorkspaceState.RUNNING and workspace.due_at is not None and workspace.due_at <= now
    }
    opening = {workspace.task_id for workspace in workspaces if workspace.state is WorkspaceState.STARTING}
    asked = [
        task
        for task in tasks
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

    answers = world.background.map(ask, asked)
    return {task.task_id: status for task, status in zip(asked, answers, strict=True) if status is not None}


def _images(world: World) -> dict[WorkspaceKind, str] | None:
    """None when one of them could not be asked for: only the engine's own word says that a kind has no image."""
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
