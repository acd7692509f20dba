"""Copies of assignments on their way out of homes: from the agent of one that runs, from the disk
of one at rest."""

from __future__ import annotations

from dataclasses import replace

from contract.collect import CollectAnswer, CollectRequest, CollectState
from contract.manager import CollectionAnswer
from contract.names import WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.task_agent import AgentUnreachable
from manager.use_cases.world import World

_NEVER_OPENED = "The workspace was never opened, so there are no files."


def collect(world: World, workspace_id: str, request: CollectRequest) -> CollectionAnswer:
    """Copy a folder of the workspace's home. Without a copy: it starts or stops just now, is being
    restored, or does not answer; the caller asks again."""
    workspace = world.store.find_workspace(workspace_id)
    if workspace is None:
        return CollectionAnswer(None)
    if workspace.state is WorkspaceState.RUNNING:
        return CollectionAnswer(_of_running(world, workspace, request))
    if _at_rest(workspace):
        if workspace.home_created_at is None:
            return CollectionAnswer(CollectAnswer(CollectState.FAILED, failure=_NEVER_OPENED))
        return CollectionAnswer(_of_resting(world, workspace, request))
    return CollectionAnswer(None)


def _of_running(world: World, workspace: Workspace, request: CollectRequest) -> CollectAnswer | None:
    task = world.store.find_task(workspace.task_id) if workspace.task_id else None
    if task is None:
        return None
    try:
        copy = world.agent.collect(task.control_address, task.agent_token, request)
    except AgentUnreachable:
        world.metrics.count("agent_unreachable_total", call="collect")
        return None
    return replace(copy, unchanged_since=None)  # the student could write it


def _of_resting(world: World, workspace: Workspace, request: CollectRequest) -> CollectAnswer | None:
    """A launch or a restore in the middle makes the copy worth nothing."""
    copy = world.homes.copy_folder(workspace.home_id or "", request)
    now = world.store.find_workspace(workspace.workspace_id)
    if now is None or not _at_rest(now) or now.state_since != workspace.state_since:
        return CollectAnswer(CollectState.WORKING)
    return copy and replace(copy, unchanged_since=workspace.state_since)


def _at_rest(workspace: Workspace) -> bool:
    return workspace.state is WorkspaceState.STOPPED and workspace.restoring is None
