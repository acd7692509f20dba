"""The API of workspaces: parse, authorize, call one service, serialize."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Router, Status
from ninja.params.functions import Body, Path

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.workspaces import services, sizes
from backend.workspaces.events import open_stream
from backend.workspaces.models import Workspace
from backend.workspaces.presentation import notices_out, workspace_out
from backend.workspaces.schemas import (
    ChooseSizeIn,
    CreateWorkspaceIn,
    DeleteWorkspaceIn,
    KeepRunningIn,
    ProgramsOut,
    SizeListOut,
    WorkspaceListOut,
    WorkspaceOut,
)
from backend.workspaces.streams import STREAM_DESCRIPTION
from contract.names import WORKSPACE_ID_PATTERN

router = Router(tags=["workspaces"])

WorkspaceId = Annotated[str, Path(pattern=WORKSPACE_ID_PATTERN.pattern)]


def _asked_for(request: HttpRequest, workspace_id: str) -> tuple[User, Workspace]:
    user = acting_user(request)
    return user, services.get_workspace(user, workspace_id)


@router.get("", response=WorkspaceListOut, operation_id="list_workspaces", summary="Your workspaces")
def list_workspaces(request: HttpRequest) -> dict[str, Any]:
    workspaces = services.list_workspaces(acting_user(request))
    described = services.describe(workspaces)
    return {
        "items": [workspace_out(*pair) for pair in zip(workspaces, described.views, strict=True)],
        "kinds": described.kinds,
        "notices": notices_out(described.disk),
    }


@router.post(
    "create/",
    response={200: WorkspaceOut, 201: WorkspaceOut},
    operation_id="create_workspace",
    summary="Create (when there is none) and launch",
)
def create_workspace(request: HttpRequest, payload: CreateWorkspaceIn | None = Body(None)) -> Status:  # noqa: B008
    """Always launches. 201: created; 200: it existed. Answers at once, `starting` or `running`."""
    user = acting_user(request)
    launched = services.create_and_launch(user, payload.kind if payload else None, acting_user=user)
    status = HTTPStatus.CREATED if launched.created else HTTPStatus.OK
    return Status(int(status), workspace_out(launched.workspace, launched.view))


@router.get("sizes/", response=SizeListOut, operation_id="list_sizes", summary="Sizes of workspaces")
def list_sizes(request: HttpRequest) -> dict[str, Any]:
    """What each means here, and which of them you may choose."""
    return _sizes_for(acting_user(request))


@router.put("sizes/", response=SizeListOut, operation_id="choose_size", summary="Choose your workspaces' size")
def choose_size(request: HttpRequest, payload: ChooseSizeIn) -> dict[str, Any]:
    """Takes effect at the next launch. 403 where your cohort does not allow it."""
    user = acting_user(request)
    sizes.choose(user, payload.size, acting_user=user)
    return _sizes_for(user)


def _sizes_for(user: User) -> dict[str, Any]:
    choice = sizes.choice_for(user)
    return {"items": sizes.list_sizes(), "choices": choice.sizes, "chosen": choice.chosen}


@router.get("{workspace_id}/", response=WorkspaceOut, operation_id="get_workspace", summary="One workspace")
def get_workspace(request: HttpRequest, workspace_id: WorkspaceId) -> WorkspaceOut:
    _, workspace = _asked_for(request, workspace_id)
    return workspace_out(workspace, services.view_of(workspace))


@router.delete("{workspace_id}/", response=WorkspaceOut, operation_id="delete_workspace", summary="Delete")
def delete_workspace(request: HttpRequest, workspace_id: WorkspaceId, payload: DeleteWorkspaceIn) -> WorkspaceOut:
    """Marks it for deletion; undo is possible until `purge_at`. 422 when the name differs."""
    user, workspace = _asked_for(request, workspace_id)
    return workspace_out(workspace, services.delete(workspace, payload.name, acting_user=user))


@router.get(
    "{workspace_id}/programs/", response=ProgramsOut, operation_id="list_programs", summary="What a stop would end"
)
def list_programs(request: HttpRequest, workspace_id: WorkspaceId) -> dict[str, Any]:
    """The programs that you have started and that run now."""
    _, workspace = _asked_for(request, workspace_id)
    found = services.programs_of([workspace]).get(workspace.pk)
    return {"workspace_id": workspace.pk, "programs": found or (), "known": found is not None}


@router.post("{workspace_id}/stop/", response=WorkspaceOut, operation_id="stop_workspace", summary="Stop")
def stop_workspace(request: HttpRequest, workspace_id: WorkspaceId) -> WorkspaceOut:
    """Saves, ends the task, keeps the home."""
    user, workspace = _asked_for(request, workspace_id)
    return workspace_out(workspace, services.stop(workspace, acting_user=user))


@router.post("{workspace_id}/restart/", response=WorkspaceOut, operation_id="restart_workspace", summary="Restart")
def restart_workspace(request: HttpRequest, workspace_id: WorkspaceId) -> WorkspaceOut:
    """Stops and launches again; the home stays."""
    user, workspace = _asked_for(request, workspace_id)
    return workspace_out(workspace, services.restart(workspace, acting_user=user))


@router.post("{workspace_id}/undelete/", response=WorkspaceOut, operation_id="undelete_workspace", summary="Undelete")
def undelete_workspace(request: HttpRequest, workspace_id: WorkspaceId) -> WorkspaceOut:
    user, workspace = _asked_for(request, workspace_id)
    return workspace_out(workspace, services.undelete(workspace, acting_user=user))


@router.post(
    "{workspace_id}/keep-running/", response=WorkspaceOut, operation_id="keep_running", summary="Keep running until"
)
def keep_running(request: HttpRequest, workspace_id: WorkspaceId, payload: KeepRunningIn) -> WorkspaceOut:
    """No idle stop before then; capped at `keep_running_max_s`. 0 hours cancel it."""
    user, workspace = _asked_for(request, workspace_id)
    return workspace_out(workspace, services.keep_running(workspace, payload.hours, acting_user=user))


@router.get(
    "{workspace_id}/events/",
    operation_id="watch_workspace",
    summary="Live changes (server-sent events)",
    response={200: None},
    openapi_extra=STREAM_DESCRIPTION,
)
async def watch_workspace(request: HttpRequest, workspace_id: WorkspaceId) -> HttpResponse | StreamingHttpResponse:
    """`event: workspace` at once and at each change; `kinds`, `notices`, `ports`; comments."""
    _, workspace = await sync_to_async(_asked_for)(request, workspace_id)
    return await open_stream(request, workspace)
