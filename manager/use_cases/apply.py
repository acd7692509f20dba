"""Carry out a plan: one function for each action."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import assert_never

from contract.agent import WarnRequest
from contract.errors import ApraNovaError
from contract.manager import LaunchStep
from contract.names import StepName, StopReason
from manager.domain.lifecycle import actions as lifecycle
from manager.domain.lifecycle import idle
from manager.domain.lifecycle.idle import IdleVerdict
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.pool import reconcile as pool
from manager.domain.pool.cohort import RecordPrepared
from manager.domain.reconcile import Action, Plan, calls_for_a_pass
from manager.ports.task_agent import AgentUnreachable
from manager.ports.task_runner import StillEnding
from manager.ports.workspace_store import VersionConflict
from manager.use_cases import ending, finish_launch, lifetime
from manager.use_cases.launch import bring_up
from manager.use_cases.records import begin_stop, stored
from manager.use_cases.words import stop_words
from manager.use_cases.world import World

log = logging.getLogger(__name__)


def apply(world: World, plan: Plan) -> None:
    """Begin every action; one that fails is logged and counted, and never stops the others."""
    for action in plan.actions:
        _begin(world, action)


def action_key(action: Action) -> str:
    """What two actions must not do at once. Ending a task may overtake a launch of it, so they
    differ."""
    match action:
        case lifecycle.FinishLaunch(workspace=workspace) | lifecycle.LaunchAgain(workspace=workspace):
            return finish_launch.key(workspace)
        case lifecycle.ActOnUse(workspace=workspace):
            return f"use:{workspace.workspace_id}"
        case lifecycle.NoteProgress(workspace=workspace):
            return f"note:{workspace.workspace_id}"
        case lifecycle.AskBackupWorker(workspace=workspace):
            return f"keep:{workspace.workspace_id}"
        case lifecycle.PurgeWorkspace(workspace=workspace):
            return f"purge:{workspace.workspace_id}"
        case lifecycle.StartAgain(task=task) | lifecycle.MarkReady(task=task):
            return f"start:{task.task_id}"
        case (
            lifecycle.EndTask(task=task)
            | lifecycle.RecordTaskGone(task=task)
            | lifecycle.GiveUpStart(task=task)
            | pool.RetireTask(task=task)
        ):
            return f"end:{task.task_id}"
        case lifecycle.StopOrphan(task_id=task_id):
            return f"end:{task_id}"
        case lifecycle.Forget():
            return "forget"
        case pool.StartWarmTask():
            return f"pool:{id(action)}"
        case RecordPrepared():
            return "prepare"
        case _:
            assert_never(action)


def _begin(world: World, action: Action) -> None:
    key = action_key(action)
    if not world.in_flight.begin(key):
        return  # this process is at it already
    if isinstance(action, pool.StartWarmTask):
        # The record must be there when this returns: the next pass would start the same task again.
        _guarded(world, action, key)
    else:
        world.background.run(lambda: _guarded(world, action, key))


def _guarded(world: World, action: Action, key: str) -> None:
    name = type(action).__name__
    result = "done"
    try:
        _perform(world, action)
    except VersionConflict:
        result = "overtaken"
    except StillEnding:
        result = "waits"
    except (ApraNovaError, AgentUnreachable) as error:
        result = "failed"
        log.warning("%s failed: %s", name, error, extra={"action": name, "key": key})
    except Exception:  # one failing workspace never stops the pass
        result = "error"
        log.exception("%s failed unexpectedly", name, extra={"action": name, "key": key})
    finally:
        world.in_flight.end(key)
    world.metrics.count("actions_total", action=name, result=result)
    if calls_for_a_pass(action):
        world.wake()


def _perform(world: World, action: Action) -> None:
    now = world.clock.now()
    match action:
        case lifecycle.StartAgain(task):
            finish_launch.start_task(world, task)
        case lifecycle.MarkReady(task, observed):
            world.store.write(task.ready(observed, now=now))
            world.metrics.observe("task_start_seconds", now - task.created_at, kind=str(task.kind))
        case lifecycle.FinishLaunch(workspace, task, observed):
            finish_launch.bind_ready(world, workspace, task, observed)
        case lifecycle.NoteProgress(workspace, text):
            world.store.write(workspace.with_step(LaunchStep(StepName.PROGRESS, now, text)))
        case lifecycle.GiveUpStart(task, workspace, because):
            if workspace is None:
                world.store.write(task.stopping(now=now, deadline=now, failure=because))
            else:
                finish_launch.fail_launch(world, workspace, task, f"The workspace could not start: {because}")
        case lifecycle.LaunchAgain(workspace):
            _launch_again(world, workspace)
        case lifecycle.ActOnUse(workspace, task, verdict):
            _act_on_use(world, workspace, task, verdict)
        case lifecycle.EndTask(task, workspace):
            ending.end_task(world, task, workspace)
        case lifecycle.RecordTaskGone(task, workspace, because):
            ending.record_gone(world, task, workspace, because)
        case lifecycle.StopOrphan(task_id):
            world.runner.stop(task_id, grace_s=0.0)
            world.runner.release(task_id)
        case lifecycle.Forget(tasks):
            ending.forget(world, tasks)
        case lifecycle.PurgeWorkspace(workspace):
            lifetime.purge(world, workspace)
        case lifecycle.AskBackupWorker(workspace):
            world.store.write(replace(workspace, due_at=now + world.policy.restore_retry_s))
            world.backup_worker.notify(workspace.workspace_id, workspace.home_id or "")
        case pool.StartWarmTask():
            _start_warm(world, action)
        case pool.RetireTask(task):
            world.store.write(task.stopping(now=now, deadline=now))
        case RecordPrepared(cohorts, outlook):
            world.store.write(*cohorts, outlook)
        case _:
            assert_never(action)


def _start_warm(world: World, action: pool.StartWarmTask) -> None:
    now = world.clock.now()
    task = Task(
        task_id=world.ids.task_id(),
        kind=action.shape.kind,
        size=None if world.policy.size_at_claim else action.shape.size or world.policy.default_size,
        image=action.image,
        created_at=now,
        state_since=now,
        deadline=now + world.policy.launch_timeout_s,
        agent_token=world.ids.secret(),
    )
    world.memory.started(task.task_id, now)
    world.store.write(task)
    world.memory.started(task.task_id, world.clock.now())  # once more: the write may have taken its time
    _begin(world, lifecycle.StartAgain(stored(task)))


def _launch_again(world: World, workspace: Workspace) -> None:
    try:
        bring_up(world, workspace)
    except ApraNovaError as error:
        # Tried once: the person sees why, and may click again.
        world.store.write(replace(workspace, launch_wanted_at=None, due_at=None, failure=error.message))


def _act_on_use(world: World, workspace: Workspace, task: Task, verdict: IdleVerdict) -> None:
    if verdict.stop_now:
        _stop(world, workspace, task, verdict)
    elif verdict.warn_now:
        _warn(world, task, verdict.workspace)
    else:
        world.store.write(verdict.workspace)
        if verdict.unwarn_now:
            world.agent.warn(task.control_address, task.agent_token, WarnRequest(stops_at=0.0, text=""))


def _warn(world: World, task: Task, judged: Workspace) -> None:
    """Record first: a warning that the application did not show still stands on the dashboard."""
    world.store.write(replace(judged, warned_at=world.clock.now()))
    text = f"This workspace stops soon: {stop_words(judged, world.policy)}"
    may_keep = judged.stops_reason is not StopReason.DISK
    warning = WarnRequest(stops_at=judged.stops_at or 0.0, text=text, may_keep=may_keep)
    world.agent.warn(task.control_address, task.agent_token, warning)


def _stop(world: World, workspace: Workspace, task: Task, verdict: IdleVerdict) -> None:
    """Ask once more before stopping an idle one: the pass may have waited seconds for other agents,
    and the student may be back. Raises AgentUnreachable: then a later pass decides."""
    if verdict.workspace.stops_reason is StopReason.IDLE:
        status = world.agent.status(task.control_address, task.agent_token)
        if status.task_id != task.task_id:
            raise AgentUnreachable(f"{task.control_address} is another task's by now")
        verdict = idle.judge(workspace, status, now=world.clock.now(), policy=world.policy)
        if not verdict.stop_now:
            world.store.write(verdict.workspace)
            return
    begin_stop(world, verdict.workspace, reason=verdict.workspace.stops_reason or StopReason.IDLE, task=task)
