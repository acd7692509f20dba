"""Whose shared data workspaces see when their owners come to another cohort, or leave theirs."""

from __future__ import annotations

import logging
from dataclasses import replace

from contract.errors import ApraNovaError, Reason
from contract.manager import SharedAccess
from contract.names import WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from manager.use_cases.records import get_task, get_workspace, retried, save_workspace
from manager.use_cases.world import World

log = logging.getLogger(__name__)


def put_access(world: World, told: tuple[SharedAccess, ...]) -> None:
    """Exchange the shared data of those that run, and note it for the next launch of the others.

    The task first, then the record: what failed in between is done again by a repeat. Raises
    ApraNovaError: BAD_REQUEST; MANAGER_UNAVAILABLE after all others, when one could not be changed,
    as one that is being launched.
    """
    if len(told) > world.policy.describe_max:
        raise ApraNovaError(Reason.BAD_REQUEST, f"workspaces: at most {world.policy.describe_max} at once")
    by_id = {access.workspace_id: access for access in told}
    late = []
    for workspace in world.store.find_workspaces(by_id):
        access = by_id[workspace.workspace_id]
        if _fits(workspace, access):
            continue
        try:
            retried(world, lambda access=access: _exchange(world, access))
        except ApraNovaError as error:
            log.warning("workspace %s keeps its shared data for now: %s", workspace.workspace_id, error)
            late.append(workspace.workspace_id)
    if late:
        raise ApraNovaError(
            Reason.MANAGER_UNAVAILABLE, f"{len(late)} workspaces keep their shared data for now", detail=", ".join(late)
        )


def _fits(workspace: Workspace, access: SharedAccess) -> bool:
    return workspace.shared == access.shared or workspace.shared in access.allowed


def _exchange(world: World, access: SharedAccess) -> None:
    workspace = get_workspace(world, access.workspace_id)
    if _fits(workspace, access):
        return
    if workspace.state is WorkspaceState.STARTING:
        raise ApraNovaError(Reason.WRONG_STATE, "It is being launched")  # its claim may have read the record
    if workspace.state is WorkspaceState.RUNNING:
        task = get_task(world, workspace)
        world.runner.attach_home(task.task_id, workspace.home_id or "", slot=task.slot, shared=access.shared)
    save_workspace(world, replace(workspace, shared=access.shared))
