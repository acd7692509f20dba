"""The end of a task: save, end, record it, and in the end forget the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from contract.errors import ApraNovaError, Reason
from contract.manager import LaunchStep
from contract.names import StepName, StopReason, WorkspaceState
from manager.domain.lifecycle import idle
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.pool.demand import Demand
from manager.ports.task_agent import AgentUnreachable
from manager.ports.workspace_store import WRITE_MAX
from manager.use_cases.records import count_failed_launch, stored
from manager.use_cases.world import World


def end_task(world: World, task: Task, workspace: Workspace | None) -> None:
    """One try of a stop. A save that fails is repeated; its task is kept until the deadline.

    Raises VersionConflict when the record changed meanwhile, AgentUnreachable when the agent saved
    and then fell silent; nothing is lost, the next pass decides again.
    """
    unsaved = ""
    if task.must_save and task.saved_at is None:
        unsaved = _save(world, task)
        now = world.clock.now()
        if unsaved and now < (task.deadline or 0.0):
            _try_later(world, task, workspace, unsaved, now)
            return
        if unsaved:
            world.metrics.count("saves_given_up_total")
            unsaved = f"Your last changes could not be saved before the stop: {unsaved}"
        else:
            back = _wanted_if_back(world, task, workspace) if workspace is not None else None
            task, workspace = _record_saved(world, task, back, now)
    world.runner.stop(task.task_id, grace_s=world.policy.stop_grace_s)
    world.runner.release(task.task_id)
    _record_end(world, task, workspace, failure=unsaved)


def record_gone(world: World, task: Task, workspace: Workspace | None, because: str) -> None:
    """The engine says that the task is not alive; ask it to be sure, bring its home back to rest,
    then record. Raises VersionConflict."""
    world.runner.stop(task.task_id, grace_s=0.0)
    world.runner.release(task.task_id)
    failure = because or "it ended by itself"
    if workspace is not None and workspace.state is WorkspaceState.STOPPING:
        failure = "It ended before your last changes were saved" if task.must_save and task.saved_at is None else ""
    _record_end(world, task, workspace, failure=failure)


def _save(world: World, task: Task) -> str:
    """Why it failed; empty when the work is safe."""
    try:
        answer = world.agent.save(task.control_address, task.agent_token)
    except AgentUnreachable:
        world.metrics.count("agent_unreachable_total", call="save")
        return "the workspace does not answer"
    except ApraNovaError as error:
        return error.message
    return "" if answer.saved else (answer.failure or "the editor could not save")


def _wanted_if_back(world: World, task: Task, workspace: Workspace) -> Workspace:
    """A student may come back while a stop for being idle is still being written, and a slow write
    takes its time: what was taken from them starts again without a click. Asked last of all, after
    the save.

    A busy job is no person, or a save that computes would start it again forever.
    Raises AgentUnreachable until the task's deadline: the next pass saves and asks once more.
    """
    if workspace.stop_reason is not StopReason.IDLE or workspace.launch_wanted_at is not None:
        return workspace
    now = world.clock.now()
    try:
        status = world.agent.status(task.control_address, task.agent_token)
    except AgentUnreachable:
        if now < (task.deadline or 0.0):
            raise
        return workspace
    judged = idle.judge(workspace, status, now=now, policy=world.policy).workspace
    if judged.person_active_at == workspace.person_active_at:
        return workspace
    world.metrics.count("idle_stops_taken_back_total")
    back = LaunchStep(StepName.CAME_BACK, now, "You came back, so it starts again in a moment")
    return replace(workspace, launch_wanted_at=now).with_step(back)


def _record_saved(world: World, task: Task, workspace: Workspace | None, now: float) -> tuple[Task, Workspace | None]:
    saved = replace(task, saved_at=now)
    if workspace is None:
        world.store.write(saved)
        return stored(saved), None
    updated = replace(workspace, failure="").with_step(LaunchStep(StepName.SAVED, now, "Your work is saved"))
    world.store.write(saved, updated)
    return stored(saved), stored(updated)


def _try_later(world: World, task: Task, workspace: Workspace | None, because: str, now: float) -> None:
    world.metrics.count("save_failures_total", reason=str(Reason.SAVE_FAILED))
    wait_s = min(world.policy.save_retry_max_s, 2.0 ** min(task.save_attempts, 10))
    again = replace(task, save_attempts=task.save_attempts + 1, save_again_at=now + wait_s, due_at=now + wait_s)
    if workspace is None:
        world.store.write(again)
    else:
        failure = f"Your work could not be saved yet, trying again: {because}"
        world.store.write(again, replace(workspace, failure=failure))


def _record_end(world: World, task: Task, workspace: Workspace | None, *, failure: str) -> None:
    now = world.clock.now()
    stopped = task.stopped(
        now=now, forget_at=now + world.policy.task_memory_s, failure=failure if task.ready_at is None else ""
    )
    ended = None
    if workspace is None:
        world.store.write(stopped)
    else:
        ended = _ended(workspace, failure, now)
        world.store.write(stopped, ended)
    world.metrics.count("tasks_ended_total")
    if ended is not None and workspace is not None and workspace.state is WorkspaceState.STARTING:
        count_failed_launch(world, tried_again=ended.tries_again)
    world.wake()
    if ended is not None and ended.wants_snapshot:
        world.backup_worker.notify(ended.workspace_id, ended.home_id or "")


def _ended(workspace: Workspace, failure: str, now: float) -> Workspace:
    if workspace.state is WorkspaceState.STOPPING:
        updated = replace(workspace, failure=failure or workspace.failure)
    elif workspace.state is WorkspaceState.STARTING:
        because = f"The workspace could not start: {failure}"
        updated = workspace.launch_failed(now=now, because=because, again=workspace.may_try_again)
    else:
        failure = f"The workspace ended unexpectedly: {failure}"
        updated = workspace.stopping(now=now, reason=StopReason.TASK_ENDED, failure=failure)
    if updated.tries_again:
        return updated.ended(now=now, step=LaunchStep(StepName.TASK_CLEANED_UP, now, "Cleaned up the failed workspace"))
    return updated.ended(
        now=now, step=LaunchStep(StepName.TASK_STOPPED, now, "The workspace is stopped; your files are kept")
    )


def forget(world: World, tasks: tuple[Task, ...]) -> None:
    """Remove records of ended tasks. Those that served a workspace are counted as launches in the
    same write.

    Raises VersionConflict when another manager counts too; the next pass goes on with those that
    are left.
    """
    for some in _in_parts(tasks, WRITE_MAX - 1):
        world.store.write(*_with_launches(world, some), delete=some)


def _with_launches(world: World, tasks: tuple[Task, ...]) -> tuple[Demand, ...]:
    launches = [task for task in tasks if task.workspace_id is not None]
    if not launches:
        return ()
    demand, now = world.store.find_demand(), world.clock.now()
    for task in launches:
        at = task.created_at if task.claimed_at is None else task.claimed_at
        demand = demand.with_launch(world.policy.shape(task.kind, task.size), at=at, now=now)
    return (demand,)


def _in_parts(tasks: tuple[Task, ...], size: int) -> Iterator[tuple[Task, ...]]:
    return (tasks[start : start + size] for start in range(0, len(tasks), size))
