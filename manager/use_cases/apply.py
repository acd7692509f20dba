"""Carry out a plan: one function for each action, none of which decides anything but whether its plan still holds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from contract.agent import WarnRequest
from contract.errors import ApraNovaError
from contract.manager import LaunchStep
from contract.names import StepName, StopReason
from manager.domain import idle
from manager.domain.idle import IdleVerdict
from manager.domain.plan import (
    SELF_TIMED,
    Action,
    AskBackupWorker,
    EndTask,
    ExpectLater,
    FailLaunch,
    FinishLaunch,
    ForgetLaunches,
    ForgetTask,
    ForgiveFailures,
    LaunchAgain,
    MarkReady,
    NoteProgress,
    Plan,
    PurgeWorkspace,
    RecordPrepared,
    RecordTaskGone,
    RecordUse,
    RetireTask,
    StartAgain,
    StartWarmTask,
    StopOrphan,
    StopWorkspace,
    Warn,
)
from manager.domain.task import Task
from manager.domain.workspace import Workspace
from manager.ports.task_agent import AgentUnreachable
from manager.ports.task_runner import StillEnding
from manager.ports.workspace_store import VersionConflict
from manager.use_cases import ending, finish_launch, lifetime
from manager.use_cases.launch import bring_up
from manager.use_cases.records import begin_stop, held_task, stored
from manager.use_cases.world import World

log = logging.getLogger(__name__)


def apply(world: World, plan: Plan) -> None:
    """Begin every action; one that fails is logged and counted, and never stops the others."""
    for action in plan.actions:
        key = action_key(action)
        if not world.in_flight.begin(key):
            continue  # this process is at it already
        if isinstance(action, StartWarmTask):
            # The record must be there when this returns: the next pass would start the same task again.
            _guarded(world, action, key, lambda action=action: _start_warm(world, action))
        else:
            world.background.run(
                lambda action=action, key=key: _guarded(world, action, key, lambda: _perform(world, action))
            )


def action_key(action: Action) -> str:
    """What two actions must not do at once. Ending a task may overtake a launch of it, so they differ."""
    match action:
        case FinishLaunch(workspace=workspace) | LaunchAgain(workspace=workspace):
            return finish_launch.key(workspace)
        case RecordUse(workspace=workspace) | Warn(workspace=workspace) | StopWorkspace(workspace=workspace):
            return f"use:{workspace.workspace_id}"
        case NoteProgress(workspace=workspace):
            return f"note:{workspace.workspace_id}"
        case AskBackupWorker(workspace=workspace):
            return f"keep:{workspace.workspace_id}"
        case PurgeWorkspace(workspace=workspace) | FailLaunch(workspace=workspace):
            return f"end:{workspace.workspace_id}"
        case StartAgain(task=task) | MarkReady(task=task):
            return f"start:{task.task_id}"
        case EndTask(task=task) | RecordTaskGone(task=task) | RetireTask(task=task) | ForgetTask(task=task):
            return f"end:{task.task_id}"
        case StopOrphan(task_id=task_id):
            return f"end:{task_id}"
        case ForgetLaunches():
            return "forget launches"
        case ForgiveFailures():
            return "forgive failures"
        case StartWarmTask(intended_for=owner):
            return f"pool:{id(action)}" if owner is None else f"expect:{owner.workspace_id}"
        case ExpectLater(workspace=workspace):
            return f"expect:{workspace.workspace_id}"
        case RecordPrepared():
            return "prepare"
        case _:
            assert_never(action)


def _guarded(world: World, action: Action, key: str, work: Callable[[], object]) -> None:
    name = type(action).__name__
    try:
        work()
        world.metrics.count("actions_total", action=name, result="done")
    except VersionConflict:
        world.metrics.count("actions_total", action=name, result="overtaken")
    except StillEnding:
        world.metrics.count("actions_total", action=name, result="waits")
    except (ApraNovaError, AgentUnreachable) as error:
        world.metrics.count("actions_total", action=name, result="failed")
        log.warning("%s failed: %s", name, error, extra={"action": name, "key": key})
    except Exception:  # one failing workspace never stops the pass
        world.metrics.count("actions_total", action=name, result="error")
        log.exception("%s failed unexpectedly", name, extra={"action": name, "key": key})
    finally:
        world.in_flight.end(key)
    if not isinstance(action, SELF_TIMED):
        world.wake()  # what it changed may be the next thing to act on


def _perform(world: World, action: Action) -> None:
    now = world.clock.now()
    match action:
        case StartAgain(task):
            bound = world.store.find_workspace(task.workspace_id) if task.workspace_id else None
            finish_launch.start_task(world, task, bound)
        case MarkReady(task, observed):
            world.store.write(task.ready(observed, now=now))
            world.metrics.observe("task_start_seconds", now - task.created_at, kind=str(task.kind))
        case FinishLaunch(workspace, task, observed):
            finish_launch.bind_ready(world, workspace, task, observed)
        case NoteProgress(workspace, text):
            world.store.write(workspace.with_step(LaunchStep(StepName.PROGRESS, now, text)))
        case FailLaunch(workspace, task, because):
            finish_launch.fail_launch(world, workspace, task, f"The workspace could not start: {because}")
        case LaunchAgain(workspace):
            _launch_again(world, workspace)
        case RecordUse(workspace, verdict):
            world.store.write(_with_verdict(workspace, verdict))
        case Warn(workspace, task, verdict):
            _warn(world, workspace, task, verdict)
        case StopWorkspace():
            _stop(world, action)
        case EndTask(task, workspace):
            ending.end_task(world, task, workspace)
        case RecordTaskGone(task, workspace, because):
            ending.record_gone(world, task, workspace, because)
        case RetireTask(task, _, failure):
            world.store.write(task.stopping(now=now, deadline=now, failure=failure))
        case StartWarmTask():
            _start_warm(world, action)
        case ExpectLater(workspace, expected):
            world.store.write(workspace.expecting(expected, now=now))
        case RecordPrepared(cohorts, outlook):
            world.store.write(*cohorts, outlook)
        case StopOrphan(task_id):
            world.runner.stop(task_id, grace_s=0.0)
        case ForgetTask(task):
            ending.forget(world, task)
        case ForgetLaunches(tasks):
            ending.forget_launches(world, tasks)
        case ForgiveFailures(tasks):
            ending.forgive(world, tasks)
        case PurgeWorkspace(workspace):
            lifetime.purge(world, workspace)
        case AskBackupWorker(workspace):
            world.store.write(replace(workspace, due_at=now + world.policy.restore_retry_s))
            world.backup_worker.notify(workspace.workspace_id, workspace.home_id or "")
        case _:
            assert_never(action)


def _start_warm(world: World, action: StartWarmTask) -> None:
    """A personal task is written together with its workspace: whoever launches, deletes or starts one more at the same
    moment has read an older version, and must look again. So no home is ever given to two tasks."""
    now = world.clock.now()
    owner = action.intended_for
    if owner is not None and held_task(world, owner) is not None:
        later = replace(owner.expected, start_at=owner.expected.until) if owner.expected is not None else None
        world.store.write(owner.expecting(later, now=now))
        return
    task = Task(
        task_id=world.ids.task_id(),
        kind=action.kind,
        image=action.image,
        created_at=now,
        state_since=now,
        deadline=now + world.policy.launch_timeout_s,
        agent_token=world.ids.secret(),
        home_id=_home_of(world, owner),
        intended_for=owner.workspace_id if owner is not None else None,
        because=action.because,
        expires_at=owner.expected.until if owner is not None and owner.expected is not None else None,
    )
    world.recent.started(task.task_id, now)
    if owner is None:
        world.store.write(task)
    else:
        world.store.write(task, owner.started_ahead(task.task_id, now=now))
    world.recent.started(task.task_id, world.clock.now())  # once more: the write may have taken its time
    start = StartAgain(stored(task))
    key = action_key(start)
    if world.in_flight.begin(key):
        world.background.run(
            lambda: _guarded(world, start, key, lambda: finish_launch.start_task(world, start.task, None))
        )


def _home_of(world: World, owner: Workspace | None) -> str | None:
    if owner is not None:
        return owner.home_id
    return None if world.runner.late_binding else world.ids.home_id()


def _launch_again(world: World, workspace: Workspace) -> None:
    try:
        bring_up(world, workspace)
    except ApraNovaError as error:
        # Tried once: the person sees why, and may click again.
        world.store.write(replace(workspace, launch_wanted_at=None, due_at=None, failure=error.message))


def _warn(world: World, workspace: Workspace, task: Task, verdict: IdleVerdict) -> None:
    """Record first: a warning that the application did not show still stands on the dashboard."""
    world.store.write(replace(_with_verdict(workspace, verdict), warned_at=world.clock.now()))
    text = f"This workspace stops soon: {verdict.because}"
    world.agent.warn(task.control_address, task.agent_token, WarnRequest(stops_at=verdict.stops_at, text=text))


def _stop(world: World, action: StopWorkspace) -> None:
    """For being idle only after asking once more: since its agent answered, the pass may have waited seconds for other agents,
    and the student may be back. Raises AgentUnreachable: then a later pass decides."""
    workspace, task, verdict = action.workspace, action.task, action.verdict
    if verdict.reason is StopReason.IDLE:
        now = world.clock.now()
        status = world.agent.status(task.control_address, task.agent_token)
        if status.task_id != task.task_id:
            raise AgentUnreachable(f"{task.control_address} is another task's by now")
        verdict = idle.judge(workspace, status, now=now, policy=world.policy)
        if not verdict.stop_now:
            world.store.write(_with_verdict(workspace, verdict))
            return
    begin_stop(world, _with_verdict(workspace, verdict), reason=verdict.reason, task=task)


def _with_verdict(workspace: Workspace, verdict: IdleVerdict) -> Workspace:
    still_warned = workspace.warned_at is not None and workspace.warned_at >= verdict.warn_at
    return replace(
        workspace,
        activity=verdict.activity,
        person_active_at=verdict.person_active_at,
        keep_running_until=verdict.keep_running_until,
        keep_running_wish=verdict.keep_running_wish,
        stops_at=verdict.stops_at,
        stops_because=verdict.because,
        stops_reason=verdict.reason,
        warned_at=workspace.warned_at if still_warned else None,
        due_at=verdict.look_again_at,
    )
