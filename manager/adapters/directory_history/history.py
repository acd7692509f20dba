"""`HomeHistory` over folders of one machine."""

from __future__ import annotations

import base64
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from contract import files_now
from contract.files_now import NOT_THERE, gone_or_unreadable, in_order, path_in_home, piece_of
from contract.hand_out_files import printable
from contract.history import (
    NOW,
    PIECE_BYTES_MAX,
    Cause,
    CheckpointView,
    FilePiece,
    FileVersion,
    HistoryEntry,
    HistoryFolder,
    HistoryGone,
    HistoryPiece,
    HistoryUnreadable,
    HistoryVersions,
    LeftOut,
    WriteAnswer,
    WriteRequest,
    key_of,
)
from contract.history_files import Owner, shown, write
from contract.wire import from_json
from manager.adapters.directory_history.store import Damaged, FileEntry, HistoryStore, NoCheckpoint
from manager.adapters.directory_history.walk import ordinary_files
from manager.ports.home_history import WayBack
from manager.ports.home_volumes import check_home_id

log = logging.getLogger(__name__)

VERSIONS_MAX_S = 3.0
"""For reading the checkpoints of a home, some hundreds at most, each with all its files."""
_TAKE_MAX_S = 60.0
_GONE = "This moment is no longer kept. Choose another one"
_NEVER_THERE = "There is no such file in what is kept"
_LOST = "is there now and could not be kept first, so it stays. Give it another name, then put the old one back"
_DAMAGED = "This moment cannot be read: what was kept is damaged. Choose another one, and tell your school"


class DirectoryHomeHistory:
    offered = True

    def __init__(self, homes: Path, histories: Path, *, has_room: Callable[[Path], bool] = lambda _: True) -> None:
        """`has_room`: whether what lies in this folder may grow now."""
        self._homes, self._histories = homes, histories
        self._has_room = has_room

    def looked_at(self, home_id: str) -> float | None:
        return self._store(home_id).looked_at()

    def take(self, home_id: str, cause: Cause, *, wanted_now: bool = False) -> CheckpointView | None:
        if not self._has_room(self._histories):
            raise HistoryUnreadable("The school's disk is nearly full, so nothing can be kept now")
        home, store = self._home(home_id), self._store(home_id)
        command = [sys.executable, "-m", "manager.adapters.directory_history.take", str(home), str(store.folder), cause]
        lowest = [] if wanted_now else _lowest_priority()
        ends_with_us = [setpriv, "--pdeathsig", "KILL"] if (setpriv := shutil.which("setpriv")) else []
        try:
            ran = subprocess.run(
                [*ends_with_us, *lowest, *command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TAKE_MAX_S,
                check=True,
            )
            view = json.loads(ran.stdout)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            words = getattr(error, "stderr", None) or b""
            detail = f"{error}: {words[-500:].decode(errors='replace')}"
            raise HistoryUnreadable("Your files could not be kept as they are now", detail=detail) from error
        return None if view is None else from_json(CheckpointView, view)

    def list(self, home_id: str) -> tuple[CheckpointView, ...]:
        store = self._store(home_id)
        found: list[CheckpointView] = []
        for checkpoint_id in store.ids():
            try:
                found.append(store.view(checkpoint_id))
            except NoCheckpoint:
                continue  # thinned out a moment ago
            except Damaged as error:
                log.warning("%s: %s", home_id, error)
                found.append(CheckpointView(checkpoint_id, int(checkpoint_id[:13]) / 1000, Cause.WORK))
        return tuple(found)

    def folder(self, home_id: str, checkpoint_id: str, key: str) -> HistoryFolder:
        if checkpoint_id == NOW:
            return files_now.read_folder(self._home(home_id), key)
        path = path_in_home(key)
        return in_order(_then(self._files(home_id, checkpoint_id), path))

    def piece(self, home_id: str, checkpoint_id: str, key: str, offset: int) -> HistoryPiece:
        if checkpoint_id == NOW:
            return files_now.read_piece(self._home(home_id), key, offset)
        path = path_in_home(key)
        files = self._files(home_id, checkpoint_id)
        entry, content = self._content(home_id, next((it for it in files if it.path == path), None))
        return piece_of(content, offset, entry.digest)

    def versions(self, home_id: str, key: str) -> HistoryVersions:
        path, store, began = path_in_home(key), self._store(home_id), time.monotonic()
        seen: list[tuple[str, FileEntry | None]] = []
        cut = False
        for checkpoint_id in store.ids():
            if cut := time.monotonic() - began > VERSIONS_MAX_S:
                break
            with suppress(NoCheckpoint, Damaged):  # thinned out a moment ago, or lost: others tell enough
                seen.append((checkpoint_id, store.find(checkpoint_id, path)))
        found: list[FileVersion] = []
        before = None
        for checkpoint_id, entry in reversed(seen):
            digest = entry.digest if entry is not None else None
            if digest != before:
                size = entry.size if entry is not None else 0
                found.append(FileVersion(checkpoint_id, int(checkpoint_id[:13]) / 1000, size, entry is not None))
            before = digest
        if not found:
            raise HistoryGone(_NEVER_THERE, detail=key)
        return HistoryVersions(tuple(found), cut)

    def way_back(self, home_id: str, checkpoint_id: str, key: str) -> WayBack:
        path = path_in_home(key)
        wanted = [entry for entry in self._files(home_id, checkpoint_id) if _is_at(entry.path, path)]
        if not wanted:
            raise HistoryGone(NOT_THERE, detail=key)
        newest = self._store(home_id).ids()[:1]
        there = {entry.path: entry for entry in self._files(home_id, newest[0])} if newest else {}
        differing = [entry.path for entry in wanted if not _alike(entry, there.get(entry.path))]
        try:
            lost = ordinary_files(self._home(home_id), [path for path in differing if path not in there])
        except OSError as error:
            raise gone_or_unreadable(error) from error
        return WayBack(
            tuple(key_of(path) for path in differing if path not in lost),
            tuple(LeftOut(shown(key_of(path)), _LOST) for path in differing if path in lost),
        )

    def whole(self, home_id: str, checkpoint_id: str, keys: Iterable[str]) -> Iterator[FilePiece]:
        files = {entry.path: entry for entry in self._files(home_id, checkpoint_id)}
        for key in keys:
            entry, content = self._content(home_id, files.get(path_in_home(key)))
            for offset in range(0, max(1, len(content)), PIECE_BYTES_MAX):
                part = base64.b64encode(content[offset : offset + PIECE_BYTES_MAX]).decode()
                yield FilePiece(key, part, offset, len(content), entry.digest, entry.mode)

    def write(self, home_id: str, request: WriteRequest) -> WriteAnswer:
        if not self._has_room(self._homes):  # root, who writes here, has no quota
            return WriteAnswer(failure="The school's disk is nearly full, so nothing can be put back now.")
        home = self._home(home_id)
        owner = None
        if os.geteuid() == 0:
            seen = home.lstat()
            owner = Owner(seen.st_uid, seen.st_gid)
        return write(home, request, owner)

    def _content(self, home_id: str, entry: FileEntry | None) -> tuple[FileEntry, bytes]:
        if entry is None:
            raise HistoryGone(NOT_THERE)
        try:
            return entry, self._store(home_id).content(entry)
        except Damaged as error:
            raise HistoryUnreadable(_DAMAGED, detail=str(error)) from error

    def _files(self, home_id: str, checkpoint_id: str) -> list[FileEntry]:
        try:
            return self._store(home_id).files(checkpoint_id)
        except NoCheckpoint as error:
            raise HistoryGone(_GONE, detail=str(error)) from error
        except (Damaged, OSError) as error:
            raise HistoryUnreadable(_DAMAGED, detail=str(error)) from error

    def _home(self, home_id: str) -> Path:
        return self._homes / check_home_id(home_id)

    def _store(self, home_id: str) -> HistoryStore:
        return HistoryStore(history_folder(self._histories, home_id))


def history_folder(histories: Path, home_id: str) -> Path:
    return histories / f"{check_home_id(home_id)}.history"


def _lowest_priority() -> list[str]:
    nice, ionice = shutil.which("nice"), shutil.which("ionice")
    return [*([nice, "-n", "19"] if nice else []), *([ionice, "-c", "3"] if ionice else [])]


def _then(files: list[FileEntry], path: str) -> list[HistoryEntry]:
    """What lies in a folder, of which only files are kept."""
    start = f"{path}/" if path else ""
    entries: list[HistoryEntry] = []
    folders: dict[str, int] = {}
    for entry in files:
        if not entry.path.startswith(start):
            continue
        name, is_below, _ = entry.path.removeprefix(start).partition("/")
        if is_below:
            folders[name] = folders.get(name, 0) + 1
        else:
            changed_at = entry.changed_ns / 1e9
            entries.append(HistoryEntry(key_of(entry.path), printable(name), False, entry.size, changed_at))
    if path and not entries and not folders:
        raise HistoryGone(NOT_THERE, detail=path)
    entries += [
        HistoryEntry(key_of(start + name), printable(name), is_folder=True, size=count)
        for name, count in folders.items()
    ]
    return entries


def _is_at(path: str, wanted: str) -> bool:
    return not wanted or path == wanted or path.startswith(f"{wanted}/")


def _alike(entry: FileEntry, other: FileEntry | None) -> bool:
    return other is not None and (entry.digest, entry.mode) == (other.digest, other.mode)
