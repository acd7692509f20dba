"""A workspace's snapshots, and the wish to have its files back as they were in one of them."""

from __future__ import annotations

from contract.errors import ApraNovaError, Reason
from contract.manager import SnapshotsAnswer, SnapshotView
from contract.names import WorkspaceState
from manager.domain.workspace import Workspace
from manager.use_cases.records import get_workspace, held_task, retried, save_workspace, stored
from manager.use_cases.world import World


def list_snapshots(world: World, workspace_id: str) -> SnapshotsAnswer:
    """Newest first. Raises ApraNovaError: WORKSPACE_NOT_FOUND, INTERNAL."""
    workspace = get_workspace(world, workspace_id)
    found = world.keeper.list(workspace.home_id) if workspace.home_id is not None else ()
    return SnapshotsAnswer(tuple(SnapshotView(snapshot.snapshot_id, snapshot.taken_at) for snapshot in found))


def restore(world: World, workspace_id: str, snapshot_id: str) -> Workspace:
    """Record the wish; the keeper carries it out, and until then nothing can be launched. Repeating it changes nothing.

    Raises ApraNovaError: WORKSPACE_NOT_FOUND, SNAPSHOT_NOT_FOUND, WRONG_STATE (it runs, or another snapshot is being put back).
    """
    workspace = get_workspace(world, workspace_id)
    if workspace.restoring == snapshot_id:
        return workspace
    known = world.keeper.list(workspace.home_id) if workspace.home_id is not None else ()
    if snapshot_id not in {snapshot.snapshot_id for snapshot in known}:
        raise ApraNovaError(Reason.SNAPSHOT_NOT_FOUND, "This workspace has no such snapshot", detail=snapshot_id)
    wished = retried(world, lambda: _wish(world, workspace_id, snapshot_id))
    world.metrics.count("restores_wanted_total")
    world.keeper.look(workspace_id, wished.home_id or "")
    return wished


def _wish(world: World, workspace_id: str, snapshot_id: str) -> Workspace:
    workspace = get_workspace(world, workspace_id)
    if workspace.restoring == snapshot_id:
        return workspace
    if workspace.restoring is not None:
        raise ApraNovaError(Reason.WRONG_STATE, "Another snapshot is being put back; please wait for it")
    if workspace.state is not WorkspaceState.STOPPED or workspace.launch_wanted_at is not None:
        raise ApraNovaError(Reason.WRONG_STATE, "Stop the workspace first: its files are put back while it is stopped")
    now = world.clock.now()
    wished = workspace.restore_wanted(snapshot_id, now=now, ask_again_s=world.policy.keeper_retry_s)
    held = held_task(world, workspace)
    if held is None:
        return save_workspace(world, wished)
    if not held.warm:
        raise ApraNovaError(Reason.WRONG_STATE, "The workspace is still ending; please try again in a minute")
    world.store.write(wished, held.stopping(now=now, deadline=now))
    world.wake()
    return stored(wished)
