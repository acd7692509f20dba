"""The beginning and the end of a workspace's record: create, delete, undelete, purge."""

from __future__ import annotations

from dataclasses import replace

from contract.errors import ApraNovaError, Reason
from contract.manager import CreateRequest
from contract.names import WORKSPACE_ID_PATTERN, StopReason, WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.workspace_store import VersionConflict
from manager.use_cases.records import begin_stop, get_workspace, retried, save_workspace
from manager.use_cases.world import World


def create(world: World, request: CreateRequest) -> Workspace:
    """Record a new workspace. A repeated call updates only the owner's name and address."""
    if not WORKSPACE_ID_PATTERN.fullmatch(request.workspace_id):
        raise ApraNovaError(Reason.BAD_REQUEST, "workspace_id: 'ws-' and ten characters of a-z and 2-7 are expected")
    if not request.owner_id:
        raise ApraNovaError(Reason.BAD_REQUEST, "owner_id: must not be empty")

    def attempt() -> Workspace:
        found = world.store.find_workspace(request.workspace_id)
        if found is None:
            return save_workspace(
                world,
                Workspace(
                    workspace_id=request.workspace_id,
                    owner_id=request.owner_id,
                    kind=request.kind,
                    owner_name=request.owner_name,
                    owner_email=request.owner_email,
                    state_since=world.clock.now(),
                ),
            )
        if (found.owner_id, found.kind) != (request.owner_id, request.kind):
            raise ApraNovaError(Reason.WORKSPACE_EXISTS, "A workspace with this id belongs to someone else")
        named = replace(found, owner_name=request.owner_name, owner_email=request.owner_email)
        return found if named == found else save_workspace(world, named)

    return retried(world, attempt)


def delete(world: World, workspace_id: str, *, at_once: bool = False) -> Workspace:
    """Mark for deletion; a running one stops first. The purge follows after the grace period.

    `at_once`: without it. A running one still stops first, with the grace; whoever wants it at once
    asks again until the workspace is not known any more.
    """

    def attempt() -> Workspace:
        workspace = get_workspace(world, workspace_id)
        now = world.clock.now()
        if workspace.deleted_at is not None:
            without = workspace.without_grace(now=now) if at_once else workspace
            return workspace if without == workspace else save_workspace(world, without)
        if workspace.state in (WorkspaceState.STARTING, WorkspaceState.RUNNING):
            return begin_stop(world, workspace, reason=StopReason.DELETED)
        grace_s = 0.0 if at_once else world.policy.delete_grace_s
        return save_workspace(world, workspace.request_deletion(now=now, grace_s=grace_s))

    found = retried(world, attempt)
    if at_once:
        world.wake()
    return found


def undelete(world: World, workspace_id: str) -> Workspace:
    """Take a deletion back. Raises WORKSPACE_DELETED when the purge has begun."""

    def attempt() -> Workspace:
        workspace = get_workspace(world, workspace_id)
        if workspace.deleted_at is None:
            return workspace
        if workspace.purging:
            raise ApraNovaError(Reason.WORKSPACE_DELETED, "It is too late: the files are being removed")
        return save_workspace(world, workspace.undeleted(now=world.clock.now()))

    return retried(world, attempt)


def purge(world: World, workspace: Workspace) -> None:
    """Remove home and record after the grace period.

    `purging` is written first, conditionally: from then on nobody can undo the deletion, and a
    purge that is cut short is carried on. Raises VersionConflict when the deletion was taken back
    meanwhile.
    """
    now = world.clock.now()
    if workspace.state is not WorkspaceState.DELETED or workspace.purge_at is None or now < workspace.purge_at:
        raise VersionConflict(f"{workspace.workspace_id} is not to be purged")
    if not workspace.purging:
        workspace = save_workspace(world, replace(workspace, purging=True))
    if workspace.home_id is not None:
        world.homes.purge(workspace.home_id)
    world.store.write(delete=(workspace,))
    world.metrics.count("purges_total")
