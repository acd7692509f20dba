"""Make a workspace run: existing, else warm, else cold. Never waits for a whole start."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from contract.errors import ApraNovaError, Reason
from contract.manager import LaunchRequest
from contract.names import LaunchPath, TaskState, WorkspaceState
from manager.domain.lifecycle.binding import Binding, bind, candidates
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.workspace_store import VersionConflict
from manager.use_cases import ending, finish_launch
from manager.use_cases.records import get_task, get_workspace, retried, save_workspace, stored
from manager.use_cases.world import World

_OLDEST = 50
"""Of the pool, read by every launch."""


def launch(world: World, workspace_id: str, told: LaunchRequest | None = None) -> Workspace:
    """Launch or resume; safe to repeat, and for fifty clicks at once one wins and the others see
    its progress. `told`: with which size; None: with the one it had.

    A warm claim is complete when this returns. What may go wrong: the task fails (the record then
    says why, and the next pass ends the task), or this process dies in between (the pass takes
    over). Raises ApraNovaError: WORKSPACE_NOT_FOUND, WORKSPACE_DELETED, KIND_NOT_READY,
    NO_CAPACITY, CONFLICT.
    """
    return retried(world, lambda: _launch_once(world, sized(get_workspace(world, workspace_id), told)))


def sized(workspace: Workspace, told: LaunchRequest | None) -> Workspace:
    """With the size and the shared data that its next launch gets. One that is up keeps what it
    has."""
    up = workspace.state in (WorkspaceState.STARTING, WorkspaceState.RUNNING)
    return workspace if told is None or up else replace(workspace, size=told.size, shared=told.shared)


def _launch_once(world: World, workspace: Workspace) -> Workspace:
    if workspace.deleted_at is not None:
        raise ApraNovaError(Reason.WORKSPACE_DELETED, "This workspace was deleted; undo the deletion first")
    if workspace.restoring is not None:
        raise ApraNovaError(Reason.WRONG_STATE, "Your files are being restored; please try again in a minute")
    match workspace.state:
        case WorkspaceState.RUNNING:
            return _existing(world, workspace)
        case WorkspaceState.STARTING:
            return workspace
        case WorkspaceState.STOPPING:
            if workspace.launch_wanted_at is not None:
                return workspace
            return save_workspace(world, replace(workspace, launch_wanted_at=world.clock.now()))
        case _:
            return bring_up(world, workspace)


def _existing(world: World, workspace: Workspace) -> Workspace:
    """Answer at once, unless the engine knows that the task ended: record that, launch again."""
    try:
        observed = world.runner.find_tasks((workspace.task_id or "",))
    except ApraNovaError:
        observed = None
    if observed is not None and not any(seen.alive for seen in observed):
        task = get_task(world, workspace)
        ending.record_gone(world, task, workspace, next((seen.ended_because for seen in observed), ""))
        raise VersionConflict("its task had ended; launch again")
    world.metrics.count("launches_total", path="existing")
    return replace(workspace, launch_path=LaunchPath.EXISTING)


def bring_up(world: World, workspace: Workspace) -> Workspace:
    """STOPPED → STARTING, and for a ready task on to RUNNING. Raises VersionConflict,
    ApraNovaError."""
    if workspace.kind not in world.policy.kinds:
        raise ApraNovaError(Reason.KIND_NOT_READY, "This school does not offer this kind of workspace")
    if world.policy.limits(workspace.size).memory_mib > _spare_mib(world):
        raise ApraNovaError(Reason.NO_CAPACITY, "All places are taken at the moment; please try again in a few minutes")
    image = world.runner.image(workspace.kind)
    now = world.clock.now()
    for task in _from_the_pool(world, workspace, image):
        with (
            world.in_flight.holding(f"claim:{task.task_id}") as free,
            world.in_flight.holding(finish_launch.key(workspace)),
        ):
            if not free:
                continue  # a class that clicks together wants the same task; each takes another one
            bound = _try_bind(world, task, workspace, now=now)
            if bound is not None:
                world.wake()  # the pool wants a replacement
                if bound.workspace.launch_path is LaunchPath.WARM:
                    return finish_launch.complete_claim(world, bound.workspace, bound.task)
                return bound.workspace
        current = world.store.find_workspace(workspace.workspace_id)
        if current is None or current.version != workspace.version:
            raise VersionConflict(f"{workspace.workspace_id} was launched by someone else")
    return _cold(world, workspace, image)


def _spare_mib(world: World) -> float:
    """What the sizes of everybody's tasks leave."""
    most = world.policy.memory_max_mib
    return math.inf if most is None else most - world.policy.claimed_mib(world.store.count_live_tasks())


def _from_the_pool(world: World, workspace: Workspace, image: str) -> Iterator[Task]:
    """Tasks to try, best first. The rest of a large pool is read only if none of the oldest is
    left."""
    oldest = world.store.list_warm_tasks(limit=_OLDEST)
    able = candidates(oldest, workspace, image=image, policy=world.policy)
    if len(oldest) < _OLDEST:
        yield from able
        return
    ready = [task for task in able if task.state is TaskState.READY]
    yield from ready
    tried = {task.task_id for task in ready}
    everyone = world.store.list_warm_tasks(limit=world.policy.records_max)
    able = candidates(everyone, workspace, image=image, policy=world.policy)
    yield from (task for task in able if task.task_id not in tried)


def _try_bind(world: World, task: Task, workspace: Workspace, *, now: float) -> Binding | None:
    """The claim: one transaction over both records. None: someone else took the task, or the
    workspace."""
    binding = bind(
        task,
        workspace,
        now=now,
        new_home_id=world.ids.home_id(),
        launch_secret=world.ids.secret(),
        policy=world.policy,
    )
    try:
        world.store.write(binding.task, binding.workspace)
    except VersionConflict:
        return None
    world.memory.claimed_at = now
    world.metrics.count("launches_total", path=str(binding.workspace.launch_path))
    return Binding(stored(binding.task), stored(binding.workspace))


def _cold(world: World, workspace: Workspace, image: str) -> Workspace:
    now = world.clock.now()
    task = Task(
        task_id=world.ids.task_id(),
        kind=workspace.kind,
        image=image,
        created_at=now,
        state_since=now,
        agent_token=world.ids.secret(),
        size=workspace.size,
    )
    with world.in_flight.holding(finish_launch.key(workspace)):
        bound = _try_bind(world, task, workspace, now=now)
        if bound is None:
            raise VersionConflict(f"{workspace.workspace_id} was launched by someone else")
        world.memory.started(bound.task.task_id, world.clock.now())
        world.wake()
        if world.policy.starts_max is not None:
            return bound.workspace  # the pass starts it in its turn
        begun = finish_launch.start_task(world, bound.task)
        return bound.workspace if begun else get_workspace(world, workspace.workspace_id)
