"""The API of the console's workspaces: all of them, live, and what an admin does with them."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router

from backend.cohorts.access import refuse_all_but_admins
from backend.cohorts.class_workspaces import Outcome
from backend.cohorts.schemas import ClassWorkspacesOut
from backend.console import workspaces
from backend.console.pages import admin_of
from backend.console.schemas import (
    KeepIn,
    ProgramsIn,
    ProgramsListOut,
    RestoreIn,
    SnapshotsOut,
    StopAllIn,
    WorkspacePageOut,
    WorkspaceRowOut,
    WorkspacesIn,
)
from backend.workspaces import services
from backend.workspaces.followed import Followed, open_stream
from backend.workspaces.streams import STREAM_DESCRIPTION

router = Router(tags=["console"])


@router.get("", response=WorkspacePageOut, operation_id="list_all_workspaces", summary="All workspaces")
def list_all_workspaces(request: HttpRequest, wanted: Query[WorkspacesIn]) -> dict[str, Any]:
    """For admins. By their owners' names, 50 a page."""
    admin_of(request)
    return workspaces.current(wanted)


@router.get(
    "events/",
    operation_id="watch_all_workspaces",
    summary="A page of all workspaces, live (server-sent events)",
    response={200: None},
    openapi_extra=STREAM_DESCRIPTION,
)
async def watch_all_workspaces(
    request: HttpRequest, wanted: Query[WorkspacesIn]
) -> HttpResponse | StreamingHttpResponse:
    """`event: workspaces` at once and at each change; comments."""
    await sync_to_async(admin_of)(request)
    return await open_stream(
        request,
        Followed(
            "workspaces",
            lambda: workspaces.rows(wanted),
            lambda caller: refuse_all_but_admins(caller, "administer the school"),
            wants_memory=True,
        ),
    )


@router.get("programs/", response=ProgramsListOut, operation_id="list_all_programs", summary="What stops would end")
def list_all_programs(request: HttpRequest, wanted: Query[ProgramsIn]) -> dict[str, Any]:
    """For admins. The students' programs that run now. Ids that are not known are skipped."""
    admin_of(request)
    return {"items": workspaces.programs_in(wanted.ids)}


@router.get(
    "{workspace_id}/snapshots/",
    response=SnapshotsOut,
    operation_id="list_snapshots",
    summary="Snapshots of a workspace",
)
def list_snapshots(request: HttpRequest, workspace_id: str) -> dict[str, Any]:
    """Of all its files, one after each stop, and how it stands."""
    admin_of(request)
    return workspaces.snapshots_of(workspaces.get_workspace(workspace_id))


@router.post("stop/", response=ClassWorkspacesOut, operation_id="stop_workspaces", summary="Stop several workspaces")
def stop_workspaces(request: HttpRequest, payload: StopAllIn) -> Outcome:
    """Those that are up are saved and stopped; the others stay as they are."""
    return workspaces.stop_all(payload.ids, acting_user=admin_of(request))


@router.post(
    "{workspace_id}/stop/", response=WorkspaceRowOut, operation_id="stop_any_workspace", summary="Stop a workspace"
)
def stop_any_workspace(request: HttpRequest, workspace_id: str) -> dict[str, Any]:
    """Its work is saved first."""
    user = admin_of(request)
    workspace = workspaces.get_workspace(workspace_id)
    return workspaces.row_of(workspace, services.stop(workspace, acting_user=user))


@router.post(
    "{workspace_id}/restart/",
    response=WorkspaceRowOut,
    operation_id="restart_any_workspace",
    summary="Restart a workspace",
)
def restart_any_workspace(request: HttpRequest, workspace_id: str) -> dict[str, Any]:
    """Its work is saved first; then it starts again."""
    user = admin_of(request)
    workspace = workspaces.get_workspace(workspace_id)
    return workspaces.row_of(workspace, services.restart(workspace, acting_user=user))


@router.post(
    "{workspace_id}/keep/", response=WorkspaceRowOut, operation_id="keep_any_workspace", summary="Keep a workspace up"
)
def keep_any_workspace(request: HttpRequest, workspace_id: str, payload: KeepIn) -> dict[str, Any]:
    user = admin_of(request)
    workspace = workspaces.get_workspace(workspace_id)
    return workspaces.row_of(workspace, services.keep_running(workspace, payload.hours, acting_user=user))


@router.post(
    "{workspace_id}/restore/",
    response=WorkspaceRowOut,
    operation_id="restore_any_workspace",
    summary="Restore all files of a workspace",
)
def restore_any_workspace(request: HttpRequest, workspace_id: str, payload: RestoreIn) -> dict[str, Any]:
    """As they were in a snapshot; what is there now becomes a snapshot first. Only while it is
    stopped. It is done when `restoring` is false again."""
    user = admin_of(request)
    workspace = workspaces.get_workspace(workspace_id)
    return workspaces.row_of(workspace, services.restore(workspace, payload.snapshot, acting_user=user))
