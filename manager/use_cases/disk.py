"""What measurements of homes and of the disk lead to: notes, warnings, and stops that save first.

The measuring itself is the business of the disk watch; nothing here reads a file.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from contract.agent import HomeUseRequest, WarnRequest
from contract.names import DiskLevel, StopReason, WorkspaceState
from manager.domain.disk import HomeDisk, HomeUse, measured, worth_writing
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.task_agent import AgentUnreachable
from manager.use_cases.records import begin_stop, retried, save_workspace
from manager.use_cases.words import student_words, use_words
from manager.use_cases.world import World

log = logging.getLogger(__name__)

FILLS_THE_DISK = "the school's disk is nearly full and this workspace wrote a lot"


def note_use(world: World, workspace_id: str, use: HomeUse) -> None:
    """Record what a home uses, tell its student when that matters, and let a pass judge it. Raises
    ApraNovaError(CONFLICT) when others keep changing the record; the next measurement comes."""
    told = retried(world, lambda: _note(world, workspace_id, use))
    if told is not None:
        _tell(world, told)


def _note(world: World, workspace_id: str, use: HomeUse) -> Workspace | None:
    """Returns the workspace if its student must be told."""
    workspace = world.store.find_workspace(workspace_id)
    if workspace is None:
        return None
    running = workspace.state is WorkspaceState.RUNNING
    now = world.clock.now()
    disk = measured(workspace.disk, use, running=running, now=now, policy=world.policy)
    tells = running and disk.level is not DiskLevel.WITHIN and disk.level is not disk.told
    disk = replace(disk, told=disk.level) if running else disk
    if not worth_writing(workspace.disk, disk, world.policy):
        return None
    changed = replace(workspace, disk=disk)
    judged_now = running and disk.stops_at != (workspace.disk.stops_at if workspace.disk else None)
    stored = save_workspace(world, replace(changed, due_at=now) if judged_now else changed)
    if judged_now:
        world.wake()
    return stored if tells else None


def _tell(world: World, workspace: Workspace) -> None:
    """Inside the application, if it has a place for it; the dashboard says it in any case."""
    task = world.store.find_task(workspace.task_id) if workspace.task_id else None
    if task is None or workspace.disk is None:
        return
    text = student_words(workspace.disk, world.policy, running=True, stopped_for_it=False).removesuffix(".")
    try:
        world.agent.warn(task.control_address, task.agent_token, WarnRequest(stops_at=0.0, text=text))
    except AgentUnreachable:
        world.metrics.count("agent_unreachable_total", call="warn")


@dataclass(frozen=True)
class Shown:
    """What the application of one task shows of its home."""

    task_id: str
    request: HomeUseRequest


def show_use(world: World, workspace_id: str, shown: Shown | None) -> Shown | None:
    """Bring the application's status bar up to date; returns what it shows now."""
    workspace = world.store.find_workspace(workspace_id)
    if workspace is None or workspace.state is not WorkspaceState.RUNNING or workspace.disk is None:
        return shown
    disk = workspace.disk
    task = world.store.find_task(workspace.task_id) if workspace.task_id else None
    request = HomeUseRequest(use_words(disk.use, world.policy), nearly_full=disk.level is not DiskLevel.WITHIN)
    if task is None or shown == Shown(task.task_id, request):
        return shown
    try:
        world.agent.show_home_use(task.control_address, task.agent_token, request)
    except AgentUnreachable:  # the next measurement tries again
        return None
    return Shown(task.task_id, request)


def stop_for_the_reserve(world: World, workspace_id: str) -> bool:
    """Save and stop a running workspace that fills the disk. Returns whether a stop has begun."""

    def attempt() -> bool:
        workspace = world.store.find_workspace(workspace_id)
        if workspace is None or workspace.state is not WorkspaceState.RUNNING:
            return False
        disk = workspace.disk or HomeDisk(HomeUse(0, 0, world.clock.now(), whole=False))
        marked = replace(workspace, disk=replace(disk, because=FILLS_THE_DISK))
        begin_stop(world, marked, reason=StopReason.DISK)
        return True

    begun = retried(world, attempt)
    if begun:
        world.metrics.count("disk_stops_total")
        log.warning("%s is saved and stopped: it fills the disk", workspace_id)
    return begun
