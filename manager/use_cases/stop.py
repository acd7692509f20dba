"""Stop, restart, keep running: what a person asks of a workspace that runs."""

from __future__ import annotations

from dataclasses import replace

from contract.errors import ApraNovaError, Reason
from contract.manager import LaunchRequest
from contract.names import StopReason, WorkspaceState
from manager.domain.lifecycle import idle
from manager.domain.lifecycle.workspace import Workspace
from manager.use_cases.launch import launch
from manager.use_cases.records import begin_stop, get_workspace, retried, save_workspace
from manager.use_cases.world import World

_UP = (WorkspaceState.STARTING, WorkspaceState.RUNNING)


def stop(world: World, workspace_id: str) -> Workspace:
    """Begin a stop; a pass saves and ends the task. A stop also cancels a relaunch."""

    def attempt() -> Workspace:
        workspace = get_workspace(world, workspace_id)
        if workspace.state in _UP:
            return begin_stop(world, workspace, reason=StopReason.BY_PERSON)
        taken_back = workspace.cancel_relaunch()
        return workspace if taken_back == workspace else save_workspace(world, taken_back)

    return retried(world, attempt)


def restart(world: World, workspace_id: str, told: LaunchRequest | None = None) -> Workspace:
    """Stop, and launch again as soon as the stop is done. A stopped workspace is launched. `told`:
    as `launch`."""

    def attempt() -> Workspace | None:
        workspace = get_workspace(world, workspace_id)
        if workspace.state not in _UP:
            return None
        size = told.size if told is not None else workspace.size
        shared = told.shared if told is not None else workspace.shared
        return begin_stop(
            world, replace(workspace, size=size, shared=shared), reason=StopReason.RESTART, launch_again=True
        )

    return retried(world, attempt) or launch(world, workspace_id, told)


def keep_running(world: World, workspace_id: str, until: float) -> Workspace:
    """Do not stop it as idle before `until` (capped); a time that has passed ends the request."""

    def attempt() -> Workspace:
        workspace = get_workspace(world, workspace_id)
        if workspace.state is not WorkspaceState.RUNNING:
            raise ApraNovaError(Reason.WRONG_STATE, "Only a running workspace can be kept running")
        now = world.clock.now()
        kept_until = idle.capped_keep_running(until, now=now, policy=world.policy)
        requested = replace(workspace, keep_running_until=kept_until)
        judged = idle.judge(requested, None, now=now, policy=world.policy).workspace
        kept = save_workspace(world, replace(judged, due_at=now))
        world.wake()
        return kept

    return retried(world, attempt)
