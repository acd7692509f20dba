"""A workspace as the API says it: the backend's record and the manager's view, in one object."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings

from backend.workspaces.models import Workspace
from backend.workspaces.schemas import ActivityOut, KindOut, LaunchStepOut, OwnerOut, WorkspaceOut
from contract.manager import KindView, WorkspaceView
from contract.names import WorkspaceKind


def workspace_out(workspace: Workspace, view: WorkspaceView) -> WorkspaceOut:
    activity = view.activity
    return WorkspaceOut(
        id=workspace.pk,
        kind=WorkspaceKind(workspace.kind),
        name=workspace.name,
        state=view.state,
        url=f"{settings.ENVIRONMENT.public_url}/workspace/{workspace.pk}/",
        steps=[LaunchStepOut(name=step.name, at=_at(step.at), text=step.text) for step in view.steps],
        launch_path=view.launch_path,
        running_since=_moment(view.running_since),
        last_activity=ActivityOut(at=_at(activity.at), reason=activity.reason) if activity else None,
        idle_timeout_s=view.idle_timeout_s,
        stops_at=_moment(view.stops_at),
        stops_because=view.stops_because or None,
        stops_reason=view.stops_reason,
        warned=view.warned,
        keep_running_until=_moment(view.keep_running_until),
        keep_running_max_s=view.keep_running_max_s,
        stop_reason=view.stop_reason,
        stopped_at=_moment(view.stopped_at),
        deleted_at=_moment(view.deleted_at),
        purge_at=_moment(view.purge_at),
        failure=view.failure or None,
        has_home=view.has_home,
        owner=OwnerOut(id=str(workspace.owner.pk), name=workspace.owner.display_name),
    )


def kinds_out(kinds: Iterable[KindView]) -> list[KindOut]:
    return [KindOut(kind=view.kind, ready=view.ready, text=view.text) for view in kinds]


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else _at(seconds)
