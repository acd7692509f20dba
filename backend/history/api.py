"""The API of a home's history, for its owner alone: parse, authorize, call, serialize."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router
from ninja.params.functions import Path

from backend.accounts.authentication import acting_user
from backend.history import services
from backend.history.schemas import (
    CheckpointOut,
    DifferenceLineOut,
    EntryOut,
    FolderOut,
    HistoryOut,
    NotKeptOut,
    PastFileOut,
    PutBackIn,
    PutBackOut,
)
from backend.history.services import PastFile
from backend.workspaces.api import WorkspaceId
from backend.workspaces.models import Workspace
from backend.workspaces.services import get_workspace
from contract.history import CHECKPOINT_ID_PATTERN, KEY_LENGTH_MAX, HistoryAnswer, HistoryFolder

router = Router(tags=["history"])
_ONE = "{workspace_id}/history/{checkpoint_id}/"
CheckpointId = Annotated[str, Path(pattern=CHECKPOINT_ID_PATTERN)]


def _asked_for(request: HttpRequest, workspace_id: str) -> Workspace:
    return get_workspace(acting_user(request), workspace_id)


@router.get("{workspace_id}/history/", response=HistoryOut, operation_id="list_history", summary="Checkpoints")
def list_history(request: HttpRequest, workspace_id: WorkspaceId) -> dict[str, Any]:
    """Moments of which the files are kept, newest first."""
    return history_out(services.list_history(_asked_for(request, workspace_id)))


@router.get(_ONE + "folder/", response=FolderOut, operation_id="list_past_files", summary="Files of then, or now")
def list_folder(
    request: HttpRequest,
    workspace_id: WorkspaceId,
    checkpoint_id: CheckpointId,
    path: str = Query("", max_length=KEY_LENGTH_MAX),  # type: ignore[type-arg]
) -> dict[str, Any]:
    """`now` as the checkpoint: the home as it is."""
    found = services.read_folder(_asked_for(request, workspace_id), checkpoint_id, path)
    return {"items": entries_out(found), "cut": found.cut}


@router.get(_ONE + "file/", response=PastFileOut, operation_id="read_past_file", summary="A file as text")
def read_file(
    request: HttpRequest,
    workspace_id: WorkspaceId,
    checkpoint_id: CheckpointId,
    path: str = Query(max_length=KEY_LENGTH_MAX),  # type: ignore[type-arg]
    against: str = Query("", pattern=f"^$|{CHECKPOINT_ID_PATTERN}"),  # type: ignore[type-arg]
) -> PastFileOut:
    """`against`: another checkpoint, or `now`, to compare it with."""
    return file_out(services.view_file(_asked_for(request, workspace_id), checkpoint_id, path, against))


@router.get(_ONE + "download/", operation_id="download_past_file", summary="A file, to save")
def download_file(
    request: HttpRequest,
    workspace_id: WorkspaceId,
    checkpoint_id: CheckpointId,
    path: str = Query(max_length=KEY_LENGTH_MAX),  # type: ignore[type-arg]
) -> StreamingHttpResponse:
    """A browser saves it, and shows and runs nothing of it on our origin."""
    workspace = _asked_for(request, workspace_id)
    first = services.read_piece(workspace, checkpoint_id, path, 0)
    answer = StreamingHttpResponse(services.stream_file(workspace, checkpoint_id, path, first))
    name = quote(services.file_name(path), safe="")
    answer["Content-Length"] = str(first.size)
    answer["Content-Type"] = "application/octet-stream"
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "no-store"
    return answer


@router.post(_ONE + "put-back/", response=PutBackOut, operation_id="put_back", summary="Bring files of then back")
def put_back(
    request: HttpRequest, workspace_id: WorkspaceId, checkpoint_id: CheckpointId, payload: PutBackIn
) -> PutBackOut:
    """What is there now becomes a checkpoint first. Files that are only there now stay. While it is
    `working`, ask again with `continues`."""
    user = acting_user(request)
    workspace = get_workspace(user, workspace_id)
    answer, continues = services.put_back(workspace, checkpoint_id, payload.path, payload.continues, acting_user=user)
    return PutBackOut(
        state=answer.state,
        files=answer.files,
        left_out=[NotKeptOut(name=one.name, reason=one.reason) for one in answer.left_out],
        left_out_count=answer.left_out_count,
        failure=answer.failure,
        continues=continues,
    )


def history_out(found: HistoryAnswer) -> dict[str, Any]:
    items = [
        CheckpointOut(
            id=it.checkpoint_id,
            taken_at=_moment(it.taken_at),
            cause=it.cause,
            files=it.files,
            changed=list(it.changed),
            changed_count=it.changed_count,
            left_out=[NotKeptOut(name=one.name, reason=one.reason) for one in it.left_out],
            left_out_count=it.left_out_count,
        )
        for it in found.checkpoints
    ]
    seen = settings.ENVIRONMENT.help_history
    return {"items": items, "every_minutes": found.every_s / 60, "instructors_see_it": seen}


def file_out(found: PastFile) -> PastFileOut:
    lines = [DifferenceLineOut(kind=line.kind, text=line.text) for line in found.lines]
    return PastFileOut(**{**vars(found), "lines": lines})


def entries_out(folder: HistoryFolder) -> list[EntryOut]:
    return [
        EntryOut(
            path=it.key,
            name=it.name,
            is_folder=it.is_folder,
            size=it.size,
            changed_at=_moment_of_file(it.changed_at),
        )
        for it in folder.entries
    ]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _moment_of_file(seconds: float) -> datetime | None:
    """Students may set a file's time to any number."""
    try:
        return _moment(seconds) if seconds else None
    except (OverflowError, ValueError, OSError):
        return None
