"""From a bound task to a running workspace; any process may repeat any step."""

from __future__ import annotations

import logging

from contract.agent import ClaimRequest
from contract.errors import ApraNovaError, Reason
from contract.manager import LaunchStep
from contract.names import StepName, StopReason, TaskState, WorkspaceState
from manager.domain.lifecycle.task import ObservedTask, Task
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.home_volumes import HomeMissing, HomeOwner
from manager.ports.task_agent import AgentUnreachable
from manager.ports.task_runner import TaskSpec
from manager.ports.workspace_store import VersionConflict
from manager.use_cases.records import begin_stop, count_failed_launch, get_workspace, save_workspace, stored
from manager.use_cases.world import World

log = logging.getLogger(__name__)

_FINAL = frozenset({Reason.LAUNCH_FAILED, Reason.NO_CAPACITY, Reason.KIND_NOT_READY})
"""Errors after which trying the same task again is useless. Any other one leaves the launch to the
pass, until its deadline."""


def key(workspace: Workspace) -> str:
    return f"launch:{workspace.workspace_id}"


def start_task(world: World, task: Task) -> bool:
    """Ask the engine to start a task whose record is written. False: it cannot start, and that has
    been recorded."""
    try:
        world.runner.start(
            TaskSpec(
                task_id=task.task_id,
                kind=task.kind,
                image=task.image,
                agent_token=task.agent_token,
                wanted_now=task.workspace_id is not None,
                limits=None if world.policy.size_at_claim else world.policy.limits(task.size),
            )
        )
    except ApraNovaError as error:
        world.metrics.count("task_start_failures_total", reason=str(error.reason))
        if error.reason not in _FINAL:
            raise
        log.error("task %s cannot start: %s", task.task_id, error)  # noqa: TRY400  the traceback says nothing more
        fail_start(world, task, error.message)
        return False
    return True


def fail_start(world: World, task: Task, because: str) -> None:
    """End a task that cannot start, and with it the launch that waits for it. Someone else may have
    done so already."""
    now = world.clock.now()
    current = world.store.find_task(task.task_id)
    if current is None or current.state is not TaskState.STARTING:
        return
    try:
        if current.workspace_id is None:
            world.store.write(current.stopping(now=now, deadline=now, failure=because))
        else:
            fail_launch(world, get_workspace(world, current.workspace_id), current, because)
    except VersionConflict:
        return
    finally:
        world.wake()


def bind_ready(world: World, workspace: Workspace, task: Task, observed: ObservedTask) -> Workspace:
    """The reserved task is ready: claim it and go on. Raises VersionConflict when something changed
    meanwhile."""
    if task.state is TaskState.STARTING:
        now = world.clock.now()
        claimed = task.claimed(workspace.workspace_id, observed, now=now)
        ready = workspace.task_claimed(now=now)
        world.store.write(claimed, ready)
        world.memory.claimed_at = now
        task, workspace = stored(claimed), stored(ready)
    return complete_claim(world, workspace, task)


def complete_claim(world: World, workspace: Workspace, task: Task) -> Workspace:
    """Home, agent, RUNNING: one write in the end. Returns the record as far as it came; the pass
    carries on where this could not. The records are not read again first: if they have moved on,
    that write is refused."""
    begun = world.clock.now()
    world.memory.claimed(task.task_id, begun)
    try:
        running = _complete(world, workspace, task)
    except VersionConflict:
        return get_workspace(world, workspace.workspace_id)
    except AgentUnreachable:
        world.metrics.count("agent_unreachable_total", call="claim")
        return get_workspace(world, workspace.workspace_id)
    except ApraNovaError as error:
        if error.reason not in _FINAL:
            raise
        log.error("workspace %s cannot have task %s: %s", workspace.workspace_id, task.task_id, error)  # noqa: TRY400
        return _failed(world, workspace.workspace_id, task.task_id, error)
    world.memory.forget_claim(task.task_id)
    now = world.clock.now()
    world.metrics.observe("claim_seconds", now - begun)
    if running.state is WorkspaceState.RUNNING and running.launch_requested_at is not None:
        home = "new" if workspace.home_created_at is None else "kept"
        asked_at = running.launch_requested_at
        world.metrics.observe("launch_seconds", now - asked_at, path=str(running.launch_path), home=home)
    return running


def _complete(world: World, workspace: Workspace, task: Task) -> Workspace:
    home_id = _make_home(world, workspace)
    limits = world.policy.limits(task.size)
    world.runner.attach_home(task.task_id, home_id, slot=task.slot, limits=limits, shared=workspace.shared)
    attached = LaunchStep(StepName.HOME_ATTACHED, world.clock.now(), "Your files are in place")
    status = world.agent.claim(
        task.control_address,
        task.agent_token,
        ClaimRequest(
            workspace_id=workspace.workspace_id,
            launch_secret=workspace.launch_secret,
            public_host=f"{workspace.workspace_id}.{world.site.workspaces_domain}",
            portal_url=world.site.portal_url,
            identity_key=world.site.identity_key,
            student_name=workspace.owner_name,
            student_email=workspace.owner_email,
            home_id=home_id if task.slot else "",
            memory_bytes=limits.memory_bytes,
        ),
    )
    told = (LaunchStep(StepName.PROGRESS, world.clock.now(), status.progress),) if status.progress else ()
    opened = LaunchStep(StepName.APPLICATION_READY, world.clock.now(), "Your workspace is open")
    return _record_running(world, workspace, task, (attached, *told, opened))


def _record_running(world: World, workspace: Workspace, task: Task, steps: tuple[LaunchStep, ...]) -> Workspace:
    """While the claim took its time, progress may have been noted: then the record is read, and
    written on top of that. Raises VersionConflict when it does not wait for this claim any more."""
    for _ in range(world.policy.attempts_max):
        updated = workspace
        for step in steps[:-1]:
            updated = updated.with_step(step)
        try:
            return save_workspace(
                world,
                updated.running(now=world.clock.now(), cluster=task.cluster, address=task.address, step=steps[-1]),
            )
        except VersionConflict:
            found = get_workspace(world, workspace.workspace_id)
            if (found.state, found.launch_secret) != (WorkspaceState.STARTING, workspace.launch_secret):
                raise
            workspace = found
    raise VersionConflict(f"{workspace.workspace_id} is changed again and again")


def _make_home(world: World, workspace: Workspace) -> str:
    """Make the first home; a home that existed and is missing now is a fault of the disk, never
    replaced by an empty one.

    That it exists is recorded with RUNNING: until then nobody could put anything into it, and
    making it again is harmless.
    """
    if workspace.home_id is None:
        raise VersionConflict(f"{workspace.workspace_id} is not bound any more")
    if workspace.home_created_at is None:
        world.homes.create(workspace.home_id, owner_of(workspace))
    elif not world.homes.exists(workspace.home_id):
        raise HomeMissing(workspace.home_id)
    return workspace.home_id


def owner_of(workspace: Workspace) -> HomeOwner:
    return HomeOwner(
        workspace.workspace_id, workspace.owner_id, workspace.kind, workspace.owner_name, workspace.owner_email
    )


def fail_launch(world: World, workspace: Workspace, task: Task, because: str, *, again: bool = False) -> Workspace:
    """STARTING → STOPPING with the reason; STOPPED, or with `again` another launch, follows when
    the task is gone. Raises VersionConflict."""
    if workspace.state is not WorkspaceState.STARTING or workspace.task_id != task.task_id:
        raise VersionConflict(f"{workspace.workspace_id} does not wait for {task.task_id} any more")
    count_failed_launch(world, tried_again=again)
    return begin_stop(world, workspace, reason=StopReason.LAUNCH_FAILED, failure=because, launch_again=again, task=task)


def _failed(world: World, workspace_id: str, task_id: str, error: ApraNovaError) -> Workspace:
    task = world.store.find_task(task_id)
    workspace = get_workspace(world, workspace_id)
    if task is not None and task.live:
        try:
            again = workspace.may_try_again and not isinstance(error, HomeMissing)
            fail_launch(world, workspace, task, error.message, again=again)
        except VersionConflict:
            world.wake()
    return get_workspace(world, workspace_id)
