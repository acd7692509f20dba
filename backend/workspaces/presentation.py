"""A workspace as the API shows it: the backend's record and the manager's view, in one object."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from backend.workspaces.models import Workspace
from backend.workspaces.schemas import PortOut, WorkspaceOut
from contract.door import path_of
from contract.manager import Activity, DiskView, WorkspaceView
from contract.names import BACKEND_DOOR_PATH, WorkspaceKind

DISK_NEARLY_FULL = (
    "The school's disk is nearly full. Please delete files that you do not need. You can work on, but a "
    "workspace that writes a lot is saved and stopped."
)


def notices_out(disk: DiskView | None) -> list[str]:
    return [DISK_NEARLY_FULL] if disk is not None and disk.nearly_full else []


def ports_out(workspace: Workspace, ports: tuple[int, ...]) -> list[PortOut]:
    door = f"{settings.ENVIRONMENT.public_url}{BACKEND_DOOR_PATH}{workspace.pk}/port"
    return [PortOut(port=port, url=f"{door}/{port}/") for port in ports]


def workspace_out(workspace: Workspace, view: WorkspaceView) -> WorkspaceOut:
    own = {
        "id": workspace.pk,
        "kind": workspace.kind,
        "name": workspace.name,
        "url": f"{settings.ENVIRONMENT.public_url}{path_of(workspace.pk)}",
        "owner": {"id": workspace.owner.pk, "name": workspace.owner.display_name},
        "last_activity": view.activity,
        "stops_because": view.stops_because or None,
        "failure": view.failure or None,
        # All work of the other kind is in a database.
        "files_at_rest": settings.ENVIRONMENT.homes_mount is not None
        and bool(view.resting_home)
        and workspace.kind == WorkspaceKind.VSCODE,
    }
    return WorkspaceOut.model_validate({**vars(view), **own})


def activity_out(activity: Activity | None) -> dict[str, Any] | None:
    """As `ActivityOut`, for lists that are told again and again."""
    if activity is None:
        return None
    return {"at": iso(activity.at), "reason": activity.reason, "is_start": activity.is_start}


def iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
