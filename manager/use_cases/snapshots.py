"""A workspace's snapshots, and the request to restore one of them."""

from __future__ import annotations

from contract.errors import ApraNovaError, Reason
from contract.manager import SnapshotsAnswer, SnapshotView
from contract.names import WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from manager.use_cases.records import get_workspace, retried, save_workspace
from manager.use_cases.world import World


def list_snapshots(world: World, workspace_id: str) -> SnapshotsAnswer:
    """Newest first. Raises ApraNovaError: WORKSPACE_NOT_FOUND, MANAGER_UNAVAILABLE."""
    workspace = get_workspace(world, workspace_id)
    found = world.backup_worker.list(workspace.home_id) if workspace.home_id is not None else ()
    return SnapshotsAnswer(tuple(SnapshotView(snapshot.snapshot_id, snapshot.taken_at) for snapshot in found))


def restore(world: World, workspace_id: str, snapshot_id: str) -> Workspace:
    """Record the request; the backup worker carries it out, and until then nothing can be launched.
    Idempotent.

    Raises ApraNovaError: WORKSPACE_NOT_FOUND, SNAPSHOT_NOT_FOUND, WRONG_STATE (it runs, or another
    snapshot is being restored).
    """
    workspace = get_workspace(world, workspace_id)
    if workspace.restoring == snapshot_id:
        return workspace
    known = world.backup_worker.list(workspace.home_id) if workspace.home_id is not None else ()
    if snapshot_id not in {snapshot.snapshot_id for snapshot in known}:
        raise ApraNovaError(Reason.SNAPSHOT_NOT_FOUND, "This workspace has no such snapshot", detail=snapshot_id)
    requested = retried(world, lambda: _request(world, workspace_id, snapshot_id))
    world.metrics.count("restores_wanted_total")
    world.backup_worker.notify(workspace_id, requested.home_id or "")
    return requested


def _request(world: World, workspace_id: str, snapshot_id: str) -> Workspace:
    workspace = get_workspace(world, workspace_id)
    if workspace.restoring == snapshot_id:
        return workspace
    if workspace.restoring is not None:
        raise ApraNovaError(Reason.WRONG_STATE, "Another snapshot is being restored; please wait until it is done")
    if workspace.state is not WorkspaceState.STOPPED or workspace.launch_wanted_at is not None:
        raise ApraNovaError(
            Reason.WRONG_STATE, "Stop the workspace first: files can be restored only while it is stopped"
        )
    now = world.clock.now()
    requested = workspace.request_restore(snapshot_id, now=now, ask_again_s=world.policy.restore_retry_s)
    return save_workspace(world, requested)
