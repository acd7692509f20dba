"""Looking into a home's history, and putting files back. The manager has the files; nothing of them
is kept here, and nothing of them is ever rendered or run."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.signing import BadSignature, Signer

from backend.accounts.models import User
from backend.audit.record import record
from backend.history import at_rest
from backend.platform.database_connection import release_connection
from backend.platform.difference import TEXT_BYTES_MAX, Line, difference, text_of
from backend.platform.problems import ProblemError
from backend.workspaces.manager_client import manager_client
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError, Reason
from contract.hand_out_files import printable
from contract.history import (
    NOW,
    BadPath,
    HistoryAnswer,
    HistoryFolder,
    HistoryPathRequest,
    HistoryPiece,
    HistoryVersions,
    HistoryVersionsRequest,
    PutBackAnswer,
    PutBackRequest,
    PutBackState,
    path_of,
)

_SALT = "history.put-back"


@dataclass(frozen=True)
class PastFile:
    text: str | None
    cut: bool
    size: int
    compared: bool
    missing_there: bool
    lines: list[Line]


def list_history(workspace: Workspace) -> HistoryAnswer:
    """Newest first; nothing for one that was never launched."""
    release_connection()
    try:
        return manager_client().history(workspace.pk)
    except ApraNovaError as error:
        if error.reason is Reason.WORKSPACE_NOT_FOUND:
            return HistoryAnswer(())
        raise


def _read_here(checkpoint_id: str) -> Path | None:
    """Where homes are mounted, if this is about what is there now."""
    return settings.ENVIRONMENT.homes_mount if checkpoint_id == NOW else None


def read_folder(workspace: Workspace, checkpoint_id: str, path: str) -> HistoryFolder:
    release_connection()
    if homes := _read_here(checkpoint_id):
        return at_rest.read_folder(homes, workspace, path)
    return manager_client().history_folder(HistoryPathRequest(workspace.pk, checkpoint_id, path))


def view_file(workspace: Workspace, checkpoint_id: str, path: str, against: str) -> PastFile:
    """A file as text. `against`: a checkpoint, or now, that it is compared with; empty: none. The
    difference leads from the earlier moment to the later one."""
    content, size = _start_of(workspace, checkpoint_id, path)
    text = text_of(content)
    if text is None or not against:
        return PastFile(text, size > TEXT_BYTES_MAX, size, compared=False, missing_there=False, lines=[])
    try:
        other = text_of(_start_of(workspace, against, path)[0])
    except ApraNovaError as error:
        if error.reason is not Reason.SNAPSHOT_NOT_FOUND:
            raise
        return PastFile(text, size > TEXT_BYTES_MAX, size, compared=False, missing_there=True, lines=[])
    is_later = against != NOW and against < checkpoint_id
    lines = [] if other is None else difference(other, text) if is_later else difference(text, other)
    return PastFile(text, size > TEXT_BYTES_MAX, size, compared=other is not None, missing_there=False, lines=lines)


def list_versions(workspace: Workspace, path: str) -> HistoryVersions:
    """How one file changed, oldest first. Raises ApraNovaError."""
    release_connection()
    return manager_client().history_versions(HistoryVersionsRequest(workspace.pk, path))


def _start_of(workspace: Workspace, checkpoint_id: str, path: str) -> tuple[bytes, int]:
    piece = read_piece(workspace, checkpoint_id, path, 0)
    return _decoded(piece), piece.size


def read_piece(workspace: Workspace, checkpoint_id: str, path: str, offset: int) -> HistoryPiece:
    release_connection()
    if homes := _read_here(checkpoint_id):
        return at_rest.read_piece(homes, workspace, path, offset)
    return manager_client().history_file(HistoryPathRequest(workspace.pk, checkpoint_id, path, offset))


async def stream_file(workspace: Workspace, checkpoint_id: str, path: str, first: HistoryPiece) -> AsyncIterator[bytes]:
    """The whole file, piece by piece. It ends early if the file changes or goes meanwhile; the
    browser then says that the download failed, because the length was told before."""
    content = _decoded(first)
    offset = len(content)
    yield content
    while content and offset < first.size:
        piece = await sync_to_async(read_piece)(workspace, checkpoint_id, path, offset)
        if (piece.size, piece.digest) != (first.size, first.digest):
            return
        content = _decoded(piece)
        offset += len(content)
        yield content


def _decoded(piece: HistoryPiece) -> bytes:
    try:
        return base64.b64decode(piece.content, validate=True)
    except binascii.Error as error:
        raise ApraNovaError(Reason.INTERNAL, "This file cannot be read right now", detail=str(error)) from error


def file_name(path: str) -> str:
    """For a download: the last name of a path."""
    try:
        return printable(path_of(path)).rpartition("/")[2] or "file"
    except BadPath:
        return "file"


def put_back(
    workspace: Workspace, checkpoint_id: str, path: str, continues: str, *, acting_user: User
) -> tuple[PutBackAnswer, str]:
    """Bring a file, a folder or everything back. Returns what came of it, and what continues it
    while it takes long. Only the first request of it is in the audit log."""
    signer = Signer(salt=f"{_SALT} {workspace.pk} {checkpoint_id} {path}")
    if continues:
        put_back_id = _id_of(continues, signer)
    else:
        put_back_id = secrets.token_hex(16)
        _note("history.put_back", workspace, acting_user, checkpoint=checkpoint_id, path=path or "everything")
    release_connection()
    try:
        answer = manager_client().put_back(PutBackRequest(workspace.pk, checkpoint_id, path, put_back_id))
    except ApraNovaError as error:
        _note("history.put_back_failed", workspace, acting_user, checkpoint=checkpoint_id, reason=error.reason.value)
        raise
    if answer.state is PutBackState.FAILED:
        _note("history.put_back_failed", workspace, acting_user, checkpoint=checkpoint_id, reason=answer.failure)
    return answer, signer.sign(put_back_id)


def _id_of(continues: str, signer: Signer) -> str:
    try:
        return signer.unsign(continues)
    except BadSignature:
        message = "This does not continue the same request."
        raise ProblemError(HTTPStatus.BAD_REQUEST, "not_this_one", message) from None


def _note(action: str, workspace: Workspace, acting_user: User, **details: str) -> None:
    record(action, actor=acting_user, target_type="workspace", target_id=workspace.pk, **details)
