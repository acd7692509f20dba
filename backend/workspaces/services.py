"""What people do with workspaces. Every change names its actor and leaves an audit record.

A change of the database and its record are one transaction. A request to the manager is recorded
*before* it is made, because it may happen even if it times out. When it fails for certain, a second
record says so (`workspace.delete_failed`). Where the database follows the manager's answer, that
record has the past tense: `workspace.delete` was requested, `workspace.deleted` happened. No
database connection is held while the manager is asked: fifty students clicking at once must not
empty the pool.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.record import record
from backend.platform.database_connection import release_connection
from backend.platform.problems import ProblemError, not_found
from backend.workspaces.announcements import announce
from backend.workspaces.launch_rules import refusal_for
from backend.workspaces.manager_client import ManagerClient, manager_client
from backend.workspaces.models import Workspace
from backend.workspaces.shared import shared_for
from backend.workspaces.signals import workspace_seen, workspaces_changed
from backend.workspaces.sizes import size_for
from contract.errors import ApraNovaError, Reason
from contract.manager import CreateRequest, DiskView, KindView, SnapshotView, WorkspaceView
from contract.names import WorkspaceKind, WorkspaceState

logger = logging.getLogger(__name__)

WORKSPACES_LISTED_MAX = 50
REMOVED = "removed workspace"
"""What one is called whose owner was erased: its name had theirs."""


@dataclass(frozen=True)
class Launched:
    workspace: Workspace
    view: WorkspaceView
    created: bool


def list_workspaces(user: User) -> list[Workspace]:
    """The person's own, live and still restorable ones, newest first."""
    own = Workspace.objects.filter(owner=user).select_related("owner")
    listed = own.exclude(purge_at__lte=timezone.now()).order_by("deleted_at", "-created_at")
    return list(listed[:WORKSPACES_LISTED_MAX])


def find_workspace(user: User, workspace_id: str) -> Workspace | None:
    """The person's own workspace, also a deleted one until it is purged."""
    found = Workspace.objects.select_related("owner").filter(pk=workspace_id, owner=user)
    return found.exclude(purge_at__lte=timezone.now()).first()


def get_workspace(user: User, workspace_id: str) -> Workspace:
    """`find_workspace`, or a 404 that does not reveal whether somebody else has the workspace."""
    workspace = find_workspace(user, workspace_id)
    if workspace is None:
        raise not_found("You have no workspace with this id.", reason=Reason.WORKSPACE_NOT_FOUND.value)
    return workspace


def create_and_launch(user: User, kind: WorkspaceKind | None, *, acting_user: User) -> Launched:
    """Launch the person's workspace of that kind; create it first when there is none."""
    allowed = user.kinds
    wanted = kind or allowed[0]
    if wanted not in allowed:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "kind_not_allowed",
            f"Your track works with {allowed[0].label}; {wanted.label} is not part of it.",
            remedy="Ask your instructor if your track is wrong.",
        )
    workspace, created = _get_or_create(user, wanted, acting_user=acting_user)
    return Launched(workspace, launch_for(acting_user, workspace), created)


def _refuse_kind_not_ready(kind: WorkspaceKind) -> None:
    """A workspace that cannot be launched must not be created either."""
    release_connection()
    view = next((view for view in manager_client().describe(()).kinds if view.kind == kind), None)
    if view is None:
        raise ApraNovaError(Reason.KIND_NOT_READY, f"This school does not offer {kind.label}.")
    if not view.ready:
        raise ApraNovaError(Reason.KIND_NOT_READY, view.text or f"{kind.label} is not ready yet.")


def _get_or_create(owner: User, kind: WorkspaceKind, *, acting_user: User) -> tuple[Workspace, bool]:
    """A partial unique constraint lets one of many callers create it; the others read that row."""
    live = Workspace.objects.select_related("owner").filter(owner=owner, kind=kind, deleted_at__isnull=True)
    existing = live.first()
    if existing is not None:
        return existing, False
    if (refused := refusal_for(owner)) is not None:
        raise refused
    _refuse_kind_not_ready(kind)
    name = f"{owner.display_name}'s {kind.label}"[:200]
    try:
        with transaction.atomic():
            _refuse_deactivated(owner)
            workspace = Workspace.objects.create(owner=owner, kind=kind, name=name)
            _note("workspace.create", workspace, acting_user=acting_user, kind=kind.value, owner=str(owner.pk))
            workspaces_changed.send(Workspace, owner=owner)
    except IntegrityError:
        return live.get(), False
    return workspace, True


def _refuse_deactivated(owner: User) -> None:
    """The request may be older than that. An erasure waits for us here, or we for it."""
    if not User.objects.select_for_update(no_key=True).filter(pk=owner.pk, is_active=True):
        raise ApraNovaError(Reason.CONFLICT, "This account is deactivated, so it gets no new workspace.")


def launch_for(user: User, workspace: Workspace) -> WorkspaceView:
    """Make the workspace run, on behalf of `user`; answers at once, `starting` or `running`.

    Creates it at the manager when the manager does not know it: at the first launch, or when a
    process died between our record and the manager's.
    """

    refuse_new_launch(workspace)
    size, shared = size_for(workspace.owner), shared_for(workspace.owner)

    def launch(manager: ManagerClient) -> WorkspaceView:
        try:
            return manager.launch(workspace.pk, size, shared)
        except ApraNovaError as error:
            if error.reason is not Reason.WORKSPACE_NOT_FOUND:
                raise
        manager.create(
            CreateRequest(
                workspace_id=workspace.pk,
                owner_id=str(workspace.owner.pk),
                kind=WorkspaceKind(workspace.kind),
                owner_name=workspace.owner.display_name,
                owner_email=workspace.owner.email,
            )
        )
        return manager.launch(workspace.pk, size, shared)

    return _ask_manager("workspace.launch", workspace, launch, acting_user=user)


def refuse_new_launch(workspace: Workspace) -> None:
    """Raises ApraNovaError when nothing of its owner's may be launched and it is not up already."""
    refused = refusal_for(workspace.owner)
    if refused is not None and view_of(workspace).state not in (WorkspaceState.STARTING, WorkspaceState.RUNNING):
        raise refused


def stop(workspace: Workspace, *, acting_user: User | None) -> WorkspaceView:
    """`acting_user` is None when nobody asked: its owner was deactivated."""
    return _ask_manager("workspace.stop", workspace, lambda it: it.stop(workspace.pk), acting_user=acting_user)


def restart(workspace: Workspace, *, acting_user: User) -> WorkspaceView:
    refuse_new_launch(workspace)
    size, shared = size_for(workspace.owner), shared_for(workspace.owner)
    return _ask_manager(
        "workspace.restart", workspace, lambda it: it.restart(workspace.pk, size, shared), acting_user=acting_user
    )


def keep_running(workspace: Workspace, hours: float, *, acting_user: User) -> WorkspaceView:
    """`hours` from now, which the manager caps at its own limit; 0 cancels an earlier request."""
    until = 0.0 if hours == 0 else timezone.now().timestamp() + hours * 3600
    return _ask_manager(
        "workspace.keep_running",
        workspace,
        lambda it: it.keep_running(workspace.pk, until=until),
        acting_user=acting_user,
        hours=hours,
    )


def list_snapshots(workspace: Workspace) -> tuple[SnapshotView, ...]:
    """Of all its files, newest first. Raises ApraNovaError when the manager does not answer."""
    release_connection()
    try:
        return manager_client().list_snapshots(workspace.pk).snapshots
    except ApraNovaError as error:
        if error.reason is Reason.WORKSPACE_NOT_FOUND:  # never launched
            return ()
        raise


def restore(workspace: Workspace, snapshot_id: str, *, acting_user: User) -> WorkspaceView:
    """Begin to put all files back as they were in a snapshot; until that is done, nothing of it can
    be launched. The present files become a snapshot first.

    Raises ApraNovaError: SNAPSHOT_NOT_FOUND; WRONG_STATE (it is up, or one is being restored).
    """
    found = next((it for it in list_snapshots(workspace) if it.snapshot_id == snapshot_id), None)
    if found is None:
        raise ApraNovaError(Reason.SNAPSHOT_NOT_FOUND, "This workspace has no such snapshot. Choose another one.")
    return _ask_manager(
        "workspace.restore",
        workspace,
        lambda it: it.restore(workspace.pk, snapshot_id),
        acting_user=acting_user,
        snapshot=snapshot_id,
        taken_at=datetime.fromtimestamp(found.taken_at, UTC).isoformat(timespec="minutes"),
    )


def delete(workspace: Workspace, name: str, *, acting_user: User) -> WorkspaceView:
    """Mark for deletion. The manager goes first: if it refuses, nothing has changed here."""
    if name.strip() != workspace.name:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "name_differs",
            "The name does not match; nothing was deleted.",
            remedy=f"Type the workspace's name exactly: {workspace.name}",
        )
    view = _ask_manager(
        "workspace.delete", workspace, lambda it: it.delete(workspace.pk), acting_user=acting_user, missing_is_fine=True
    )
    with transaction.atomic():
        Workspace.objects.filter(pk=workspace.pk).update(
            deleted_at=_moment(view.deleted_at) or timezone.now(), purge_at=_moment(view.purge_at) or timezone.now()
        )
        _note("workspace.deleted", workspace, acting_user=acting_user)
        workspaces_changed.send(Workspace, owner=workspace.owner)
    workspace.refresh_from_db()
    return view


def remove_for_good(workspace: Workspace) -> bool:
    """Delete it with its home and snapshots, without the grace, because its owner is erased.

    Whether nothing of it is left. Until then, ask again: what is up is saved and stopped first, and
    on AWS files take a while. Raises ApraNovaError when the manager does not answer.
    """
    now = timezone.now()
    with transaction.atomic():
        if Workspace.objects.filter(pk=workspace.pk, deleted_at=None).update(deleted_at=now, purge_at=now):
            _note("workspace.delete", workspace, acting_user=None, because="the owner is erased")
            workspaces_changed.send(Workspace, owner=workspace.owner)
    release_connection()
    try:
        manager_client().delete(workspace.pk, at_once=True)
    except ApraNovaError as error:
        if error.reason is not Reason.WORKSPACE_NOT_FOUND:
            raise
    else:
        return False
    with transaction.atomic():
        if (
            Workspace.objects.filter(pk=workspace.pk)
            .exclude(name=REMOVED)
            .update(name=REMOVED, purge_at=timezone.now())
        ):
            _note("workspace.deleted", workspace, acting_user=None)
    return True


def undelete(workspace: Workspace, *, acting_user: User) -> WorkspaceView:
    """Undo a deletion. Refused while the person has a newer live workspace of the same kind."""
    others = Workspace.objects.filter(owner=workspace.owner, kind=workspace.kind, deleted_at__isnull=True)
    if others.exclude(pk=workspace.pk).exists():
        raise _other_is_live()
    view = _ask_manager("workspace.undelete", workspace, lambda it: it.undelete(workspace.pk), acting_user=acting_user)
    try:
        with transaction.atomic():
            Workspace.objects.filter(pk=workspace.pk).update(deleted_at=None, purge_at=None)
            _note("workspace.undeleted", workspace, acting_user=acting_user)
            workspaces_changed.send(Workspace, owner=workspace.owner)
    except IntegrityError:  # created in the meantime, in another tab
        _note("workspace.undelete_failed", workspace, acting_user=acting_user, reason=Reason.WORKSPACE_EXISTS.value)
        release_connection()
        manager_client().delete(workspace.pk)
        raise _other_is_live() from None
    workspace.refresh_from_db()
    return view


def _other_is_live() -> ApraNovaError:
    return ApraNovaError(
        Reason.WORKSPACE_EXISTS, "You have a newer workspace of this kind; delete that one before you restore this one."
    )


def _ask_manager(
    action: str,
    workspace: Workspace,
    ask: Callable[[ManagerClient], WorkspaceView],
    *,
    acting_user: User | None,
    missing_is_fine: bool = False,
    **details: Any,
) -> WorkspaceView:
    """Record, ask the manager, announce its answer to all watchers. Record again if it failed.

    `missing_is_fine`: a workspace that the manager does not know is answered as `unknown_view`.
    """
    _note(action, workspace, acting_user=acting_user, **details)
    release_connection()
    try:
        view = ask(manager_client())
    except ApraNovaError as error:
        if missing_is_fine and error.reason is Reason.WORKSPACE_NOT_FOUND:
            return unknown_view(workspace)
        _note(f"{action}_failed", workspace, acting_user=acting_user, reason=error.reason.value)
        raise
    announce(workspace.pk)
    workspace_seen.send(Workspace, view=view)
    return view


def _note(action: str, workspace: Workspace, *, acting_user: User | None, **details: Any) -> None:
    record(action, actor=acting_user, target_type="workspace", target_id=workspace.pk, **details)


@dataclass(frozen=True)
class Described:
    views: list[WorkspaceView]
    """In the order of the workspaces."""
    kinds: tuple[KindView, ...]
    disk: DiskView | None


def describe(workspaces: list[Workspace]) -> Described:
    """The manager's views of the workspaces, of the kinds and of the disk."""
    release_connection()
    answer = manager_client().describe([workspace.pk for workspace in workspaces])
    known = {view.workspace_id: view for view in answer.workspaces}
    views = [known.get(workspace.pk) or unknown_view(workspace) for workspace in workspaces]
    return Described(views, answer.kinds, answer.disk)


def view_of(workspace: Workspace) -> WorkspaceView:
    return describe([workspace]).views[0]


def programs_of(workspaces: Sequence[Workspace]) -> dict[str, tuple[str, ...]]:
    """Which programs a stop would end, by workspace. Those that could not be asked are absent."""
    release_connection()
    return manager_client().programs([workspace.pk for workspace in workspaces])


def unknown_view(workspace: Workspace) -> WorkspaceView:
    """The view of a workspace that the manager does not know (yet): stopped, or deleted."""
    return WorkspaceView(
        workspace_id=workspace.pk,
        owner_id=str(workspace.owner.pk),
        kind=WorkspaceKind(workspace.kind),
        state=WorkspaceState.DELETED if workspace.deleted_at else WorkspaceState.STOPPED,
        version=0,
        deleted_at=workspace.deleted_at.timestamp() if workspace.deleted_at else None,
        purge_at=workspace.purge_at.timestamp() if workspace.purge_at else None,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
