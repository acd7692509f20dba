"""All workspaces of the school: whose, in which state, since when, and when each will stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.models import Count, Exists, OuterRef, QuerySet, Window

from backend.accounts.models import User
from backend.cohorts.class_workspaces import UP, Outcome, each
from backend.cohorts.models import Cohort, Membership
from backend.console.pages import ROWS_PER_PAGE, one_page, with_words
from backend.console.schemas import WorkspacesIn
from backend.costs.models import Session
from backend.platform.problems import not_found
from backend.workspaces import services
from backend.workspaces.followed import Rows
from backend.workspaces.manager_client import manager_client
from backend.workspaces.models import Workspace
from backend.workspaces.presentation import activity_out, iso
from contract.manager import WorkspaceView
from contract.names import StepName

MEMORY_STEP_BYTES = 25_000_000


@dataclass(frozen=True)
class Listed:
    """One page of workspaces, and how many there are in all."""

    workspaces: list[Workspace]
    """With their owners, memberships and cohorts."""
    total: int

    @property
    def ids(self) -> list[str]:
        return [it.pk for it in self.workspaces]

    def tell(self, views: Mapping[str, WorkspaceView]) -> dict[str, Any]:
        """As `WorkspacePageOut`, built by hand: fifty rows each second."""
        rows = [_row(it, _cohort_of(it.owner), views.get(it.pk)) for it in self.workspaces]
        return {"items": rows, "total": self.total, "per_page": ROWS_PER_PAGE}


def listed(wanted: WorkspacesIn) -> Listed:
    """In one query: while somebody looks, it is asked once a second."""
    found = _found(wanted)
    in_order = found.select_related("owner__membership__cohort").order_by("owner__name", "owner__email", "pk")
    workspaces = one_page(in_order.annotate(total=Window(Count("*"))), wanted.page)
    if workspaces:
        return Listed(workspaces, workspaces[0].total)  # pyright: ignore[reportAttributeAccessIssue]
    return Listed([], found.count() if wanted.page > 1 else 0)


def _found(wanted: WorkspacesIn) -> QuerySet[Workspace]:
    """Whether one is up is the manager's to say. Which may be is known from their open sessions:
    each launch passes through the backend, and an end is seen within two minutes."""
    found = Workspace.objects.filter(deleted_at__isnull=True)
    found = with_words(found, wanted.q, "owner__name", "owner__email", "name", "id")
    if wanted.cohort is not None:
        found = found.filter(owner__membership__cohort=wanted.cohort)
    if wanted.kind is not None:
        found = found.filter(kind=wanted.kind.value)
    if wanted.up:
        found = found.filter(Exists(Session.objects.filter(workspace=OuterRef("pk"), ended_at=None)))
    return found


def current(wanted: WorkspacesIn) -> dict[str, Any]:
    """Raises ApraNovaError when the manager does not answer."""
    page = listed(wanted)
    connections.close_all()
    views = manager_client().describe(page.ids).workspaces if page.workspaces else ()
    return page.tell({view.workspace_id: view for view in views})


def rows(wanted: WorkspacesIn) -> Rows:
    page = listed(wanted)
    return Rows(page.ids, page.tell)


def get_workspace(workspace_id: str) -> Workspace:
    """Anybody's, but for deleted ones."""
    found = Workspace.objects.select_related("owner").filter(pk=workspace_id, deleted_at__isnull=True).first()
    if found is None:
        raise not_found("There is no such workspace (any more).", reason="workspace_not_found")
    return found


def row_of(workspace: Workspace, view: WorkspaceView) -> dict[str, Any]:
    return _row(workspace, _cohort_of(workspace.owner), view)


def _cohort_of(owner: User) -> Cohort | None:
    place: Membership | None = getattr(owner, "membership", None)
    return place.cohort if place else None


def snapshots_of(workspace: Workspace) -> dict[str, Any]:
    """As `SnapshotsOut`. Raises ApraNovaError when the manager does not answer."""
    view = services.view_of(workspace)
    items = [{"id": it.snapshot_id, "taken_at": iso(it.taken_at)} for it in services.list_snapshots(workspace)]
    return {"items": items, "workspace": row_of(workspace, view)}


def programs_in(workspace_ids: Sequence[str]) -> list[dict[str, Any]]:
    """As `ProgramsOut`. Raises ApraNovaError when the manager does not answer."""
    chosen = list(Workspace.objects.filter(pk__in=workspace_ids, deleted_at__isnull=True))
    found = services.programs_of(chosen) if chosen else {}
    return [{"workspace_id": it.pk, "programs": found.get(it.pk, ()), "known": it.pk in found} for it in chosen]


def stop_all(workspace_ids: Sequence[str], *, acting_user: User) -> Outcome:
    """Save and stop those of them that are up. Ids that are not known are skipped."""
    chosen = list(Workspace.objects.select_related("owner").filter(pk__in=workspace_ids, deleted_at__isnull=True))
    if not chosen:
        return Outcome()
    states = {view.workspace_id: view.state for view in services.describe(chosen).views}
    up = [it for it in chosen if states[it.pk] in UP]
    return each(up, lambda workspace: services.stop(workspace, acting_user=acting_user))


def _row(workspace: Workspace, cohort: Cohort | None, known: WorkspaceView | None) -> dict[str, Any]:
    view = known or services.unknown_view(workspace)
    return {
        "id": workspace.pk,
        "name": workspace.name,
        "kind": workspace.kind,
        "owner": {
            "id": str(workspace.owner.pk),
            "name": workspace.owner.display_name,
            "email": workspace.owner.email,
            "active": workspace.owner.is_active,
        },
        "cohort": {"id": str(cohort.pk), "name": cohort.name} if cohort else None,
        "state": view.state.value,
        "running_since": iso(view.running_since),
        "last_activity": activity_out(view.activity),
        "stops_at": iso(view.stops_at),
        "stops_because": view.stops_because or None,
        "keep_running_until": iso(view.keep_running_until),
        "stop_reason": view.stop_reason.value if view.stop_reason else None,
        "stopped_at": iso(view.stopped_at),
        "failure": view.failure or None,
        "snapshot_failure": view.snapshot_failure or None,
        "restoring": view.restoring is not None,
        "restored": _restored(view),
        "size": view.size.value,
        "memory_bytes": _in_steps(view.memory.used_bytes) if view.memory else None,
        "memory_limit_bytes": view.memory.limit_bytes if view.memory else None,
        "disk_bytes": view.home_use.used_bytes if view.home_use else None,
        "disk_limit_bytes": view.home_use.limit_bytes if view.home_use else None,
    }


def _restored(view: WorkspaceView) -> str | None:
    """How the last restore ended, while nothing has happened since."""
    last = view.steps[-1] if view.steps else None
    return last.text if last is not None and last.name is StepName.RESTORED and not view.failure else None


def _in_steps(used_bytes: int) -> int:
    """Programs take and give back a little all the time, and each change is told to who looks."""
    return -(-used_bytes // MEMORY_STEP_BYTES) * MEMORY_STEP_BYTES
