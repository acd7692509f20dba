"""Files of a home as they are now: the manager reads any home of its machine, and the backend on
AWS homes at rest.

Students make these homes. No link is followed, also none that takes a folder's place meanwhile:
each step opens one name in a folder that is already open.
"""

from __future__ import annotations

import base64
import errno
import itertools
import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from contract.hand_out_files import printable
from contract.history import (
    FILE_BYTES_MAX,
    PIECE_BYTES_MAX,
    BadPath,
    HistoryEntry,
    HistoryFolder,
    HistoryGone,
    HistoryPiece,
    HistoryUnreadable,
    key_of,
    path_of,
)
from contract.history_files import BESIDE
from contract.open_folders import FILE, FOLDER, below

FOLDER_ENTRIES_MAX = 5_000
ENTRIES_SHOWN_MAX = 1_000
NOT_THERE = "There is nothing at this place at that moment"


def read_folder(home: Path, key: str) -> HistoryFolder:
    """Raises HistoryGone, HistoryUnreadable."""
    path = path_in_home(key)
    try:
        found = _list(home, path)
    except OSError as error:
        raise gone_or_unreadable(error) from error
    return in_order(
        [
            HistoryEntry(
                key_of(f"{path}/{name}" if path else name),
                printable(name),
                is_folder=stat.S_ISDIR(seen.st_mode),
                size=seen.st_size if stat.S_ISREG(seen.st_mode) else 0,
                changed_at=seen.st_mtime,
            )
            for name, seen in found
            if stat.S_ISREG(seen.st_mode) or stat.S_ISDIR(seen.st_mode)
            if not name.startswith(BESIDE)
        ]
    )


def read_piece(home: Path, key: str, offset: int) -> HistoryPiece:
    """Raises HistoryGone, HistoryUnreadable."""
    try:
        content = _read_file(home, path_in_home(key))
    except OSError as error:
        raise gone_or_unreadable(error) from error
    if content is None:
        raise HistoryGone("This file is too large, or it is being changed right now")
    return piece_of(content, offset)


def in_order(entries: list[HistoryEntry]) -> HistoryFolder:
    entries.sort(key=lambda it: (not it.is_folder, it.name.casefold()))
    return HistoryFolder(tuple(entries[:ENTRIES_SHOWN_MAX]), cut=len(entries) > ENTRIES_SHOWN_MAX)


def piece_of(content: bytes, offset: int, digest: str = "") -> HistoryPiece:
    part = content[max(0, offset) : max(0, offset) + PIECE_BYTES_MAX]
    return HistoryPiece(base64.b64encode(part).decode(), len(content), digest)


def path_in_home(key: str) -> str:
    """Raises HistoryGone for what leads out of the home."""
    try:
        return path_of(key)
    except BadPath as error:
        raise HistoryGone(NOT_THERE, detail=str(error)) from error


def gone_or_unreadable(error: OSError) -> HistoryGone | HistoryUnreadable:
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
        return HistoryGone(NOT_THERE, detail=str(error))
    return HistoryUnreadable("This cannot be read now", detail=str(error))


def content_of(parent: int, name: str) -> tuple[bytes, os.stat_result, int] | None:
    """The content, what the kernel said of it, and when. None: it changed while it was read."""
    for _ in range(2):
        with os.fdopen(os.open(name, FILE, dir_fd=parent), "rb") as opened:
            before = os.fstat(opened.fileno())
            if not stat.S_ISREG(before.st_mode) or before.st_size > FILE_BYTES_MAX:
                return None
            read_ns = time.time_ns()
            content = opened.read(FILE_BYTES_MAX + 1)
            after = os.fstat(opened.fileno())
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) and len(content) == after.st_size:
            return content, after, read_ns
    return None


def _read_file(home: Path, path: str) -> bytes | None:
    """None: it changes all the time, or is too large. Raises OSError (ELOOP, ENOTDIR: a link on the
    way)."""
    folder, _, name = path.rpartition("/")
    top = os.open(home, FOLDER)
    try:
        with below(top, folder) as handle:
            read = content_of(handle, name)
            return None if read is None else read[0]
    finally:
        os.close(top)


def _list(home: Path, path: str) -> list[tuple[str, os.stat_result]]:
    """Raises OSError."""
    top = os.open(home, FOLDER)
    try:
        with below(top, path) as handle, os.scandir(handle) as found:
            listed: list[tuple[str, os.stat_result]] = []
            for entry in itertools.islice(found, FOLDER_ENTRIES_MAX):
                with suppress(FileNotFoundError):  # a program removed it in this moment
                    listed.append((entry.name, entry.stat(follow_symlinks=False)))
            return listed
    finally:
        os.close(top)
