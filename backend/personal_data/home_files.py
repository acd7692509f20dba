"""The files of a person's homes, from the newest checkpoint of each, one piece after the other."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator
from dataclasses import dataclass

from backend.history import services as history
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError, Reason
from contract.history import FILE_BYTES_MAX, FILES_MAX, BadPath, HistoryEntry, path_of

FOLDERS_MAX = 20_000
NO_HISTORY = (
    "no checkpoint of its files is there: it was never launched, the first one is not taken yet (ask again in "
    "some minutes), or its kind or this school's platform keeps none"
)


@dataclass(frozen=True)
class HomeFile:
    path: str
    """Below the home."""
    key: str
    changed_at: float
    size: int


@dataclass(frozen=True)
class Lacking:
    path: str
    """Empty: the whole home."""
    reason: str


def files_of(workspace: Workspace) -> tuple[str, Iterator[HomeFile | Lacking]]:
    """The newest checkpoint's id (empty: there is none), and what is in it.

    Raises ApraNovaError when the manager does not answer.
    """
    try:
        checkpoints = history.list_history(workspace).checkpoints
    except ApraNovaError as error:
        if error.reason is Reason.MANAGER_UNAVAILABLE:
            raise
        return "", iter([Lacking("", NO_HISTORY)])
    if not checkpoints:
        return "", iter([Lacking("", NO_HISTORY)])
    newest = checkpoints[0]
    named = [Lacking(it.name, it.reason) for it in newest.left_out]
    if newest.left_out_count > len(named):
        named.append(Lacking("", f"{newest.left_out_count - len(named)} more files and folders could not be kept"))
    return newest.checkpoint_id, _walk(workspace, newest.checkpoint_id, named)


def _walk(workspace: Workspace, checkpoint_id: str, named: list[Lacking]) -> Iterator[HomeFile | Lacking]:
    yield from named
    folders, looked = [""], 0
    files = 0
    while folders and looked < FOLDERS_MAX:
        looked += 1
        key = folders.pop()
        try:
            found = history.read_folder(workspace, checkpoint_id, key)
        except ApraNovaError as error:
            if error.reason in (Reason.MANAGER_UNAVAILABLE, Reason.SNAPSHOT_NOT_FOUND):
                raise  # tried again, then from the newest checkpoint
            yield Lacking(_path(key) or "", error.message)
            continue
        if found.cut:
            yield Lacking(_path(key) or "", "the folder has more files than can be listed")
        for entry in found.entries:
            path = _path(entry.key)
            if path is None or not _is_below(entry, key):
                yield Lacking(entry.name, "its name leads elsewhere")
            elif entry.is_folder:
                folders.append(entry.key)
            elif files < FILES_MAX:
                files += 1
                yield HomeFile(path, entry.key, entry.changed_at, entry.size)
    if folders:
        yield Lacking("", "there are more folders than can be read")


def _is_below(entry: HistoryEntry, key: str) -> bool:
    """A folder whose entries lead back up would be walked for ever."""
    return entry.key.startswith(f"{key}/") if key else bool(entry.key)


def _path(key: str) -> str | None:
    try:
        return os.fsencode(path_of(key)).decode(errors="replace")
    except BadPath:
        return None


def pieces_of(workspace: Workspace, checkpoint_id: str, file: HomeFile) -> Iterator[bytes]:
    """The file's content. Raises ApraNovaError, also when it changes or goes meanwhile."""
    offset = 0
    first = None
    while first is None or offset < min(first.size, FILE_BYTES_MAX):
        piece = history.read_piece(workspace, checkpoint_id, file.key, offset)
        first = first or piece
        content = _decoded(piece.content)
        if (piece.size, piece.digest) != (first.size, first.digest) or (not content and piece.size > offset):
            raise ApraNovaError(Reason.CONFLICT, "the file changed while it was read")
        offset += len(content)
        yield content


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise ApraNovaError(Reason.INTERNAL, "the file cannot be read", detail=str(error)) from error
