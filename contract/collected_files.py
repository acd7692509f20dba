"""Copies a student's folder, whatever is in it: the agent in a home that runs, the manager in one
at rest.

Only ordinary files below the folder are read. No link is followed, also none that appears while the
folder is read: each step opens one name in a folder that is already open. The copy is a zip that
contract/hand_out_files.py accepts; what does not fit is left out, and named.
"""

from __future__ import annotations

import base64
import errno
import io
import itertools
import os
import stat
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contract.collect import LEFT_OUT_MAX, CollectAnswer, CollectState, LeftOut
from contract.hand_out_files import (
    FILE_BYTES_MAX,
    FILES_MAX,
    PACKED_BYTES_MAX,
    UNPACKED_BYTES_MAX,
    fault_of,
    folded,
    is_safe_folder,
    printable,
)
from contract.open_folders import FILE, FOLDER, below

ENTRIES_MAX = 20_000
"""Names that are looked at."""
FOLDER_ENTRIES_MAX = 2_000
"""A folder with more of them is data or a cache, and would leave no room for what lies next to it.
"""
DEPTH_MAX = 40
IN_VAIN_BYTES_MAX = 64_000_000
"""Of files that were packed to find out that they have no room. After them, none is tried that may
have none: a student can make a thousand names of one large file, and a manager packs it.
"""
MADE_AGAIN = frozenset(
    {
        *("node_modules", ".git", ".venv", "venv", "__pycache__", ".next", ".cache", ".turbo"),
        *(".pytest_cache", ".mypy_cache", ".ruff_cache", ".ipynb_checkpoints"),
    }
)
"""Folders that programs fill: installed packages, caches, Git's own data."""
_MARKS = ("pyvenv.cfg", "CACHEDIR.TAG")
"""A folder with one of these files is a virtual environment or a cache."""
_ENTRY_BYTES = 256
"""What a zip needs for a file besides its content and twice its path, at most."""
_MOMENT = (1980, 1, 1, 0, 0, 0)
_STEP_BYTES = 1 << 18
_NO_ROOM = f"has no room: a copy has at most {PACKED_BYTES_MAX / 1e6:.0f} MB as a zip"


class _NoFolder(Exception):
    """The text says why there is nothing to copy."""


def collect(home: Path, folder: str) -> CollectAnswer:
    """Copy `<home>/project/<folder>`. Never raises for what is in the home."""
    if not is_safe_folder(folder):
        return _failed("The name of the assignment's folder cannot be used.")
    try:
        with _opened_folder(home, folder) as top:
            copy = _Copy()
            copy.fill(top)
            return copy.answer(folder)
    except _NoFolder as problem:
        return _failed(str(problem))
    except OSError as problem:
        return _failed(f"~/project/{folder} could not be read: {problem.strerror}.")


def _failed(why: str) -> CollectAnswer:
    return CollectAnswer(CollectState.FAILED, failure=why)


@contextmanager
def _opened_folder(home: Path, folder: str) -> Iterator[int]:
    handle = os.open(home, FOLDER)
    try:
        for depth, name in enumerate(("project", folder)):
            shown = ("~/project", f"~/project/{folder}")[depth]
            try:
                step = os.open(name, FOLDER, dir_fd=handle)
            except FileNotFoundError:
                raise _NoFolder(f"There is no folder {shown}.") from None
            except OSError as problem:
                if problem.errno in (errno.ELOOP, errno.ENOTDIR):
                    raise _NoFolder(f"{shown} is a link or a file, not a folder. Links are not followed.") from None
                raise
            os.close(handle)
            handle = step
        yield handle
    finally:
        os.close(handle)


class _Copy:
    """The zip as it grows. Folders are read one by one, those at the top first."""

    def __init__(self) -> None:
        self._packed = io.BytesIO()
        self._archive = zipfile.ZipFile(self._packed, "w", zipfile.ZIP_DEFLATED)
        self._left_out: list[LeftOut] = []
        self._left_out_count = 0
        self._files = 0
        self._bytes = 0
        self._directory_bytes = 0
        self._in_vain = 0
        self._entries = 0

    def fill(self, top: int) -> None:
        waiting = deque([""])
        while waiting:
            path = waiting.popleft()
            try:
                with below(top, path) as handle:
                    waiting += self._read_folder(handle, path)
            except OSError:
                self._leave_out(path, "could not be read")

    def answer(self, folder: str) -> CollectAnswer:
        self._archive.close()
        if not self._files:
            why = f"~/project/{folder} has no files that can be collected."
            if self._left_out:
                why += f" For example, {self._left_out[0].path} {self._left_out[0].reason}."
            return _failed(why)
        files = base64.b64encode(self._packed.getvalue()).decode()
        return CollectAnswer(CollectState.DONE, files, tuple(self._left_out), self._left_out_count)

    def _read_folder(self, handle: int, path: str) -> list[str]:
        """Take the files of one folder; returns the folders in it."""
        folders: list[str] = []
        names: dict[str, str] = {}
        for name in self._names(handle, path):
            full = f"{path}/{name}" if path else name
            if fault := self._fault_of(name, full, names):
                self._leave_out(full, fault)
                continue
            with suppress(FileNotFoundError):  # it went in this moment
                found = os.stat(name, dir_fd=handle, follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    if why := _why_not_into(handle, name, full):
                        self._leave_out(full, why)
                    else:
                        folders.append(full)
                else:
                    self._take(handle, name, full, found)
        return folders

    def _names(self, handle: int, path: str) -> list[str]:
        left = max(0, ENTRIES_MAX - self._entries)
        most = min(FOLDER_ENTRIES_MAX, left) if path else left
        with os.scandir(handle) as found:
            names = sorted(entry.name for entry in itertools.islice(found, most + 1))
        self._entries += len(names)
        if len(names) <= most:
            return names
        if not path:
            self._leave_out(path, f"has more than {most:,} files and folders; some are left out")
            return names[:most]
        if most < FOLDER_ENTRIES_MAX:
            self._leave_out(path, f"is left out: there are more than {ENTRIES_MAX:,} files and folders")
        else:
            self._leave_out(path, f"is left out: it has more than {most:,} files and folders in it")
        return []

    def _fault_of(self, name: str, path: str, names: dict[str, str]) -> str:
        if name in MADE_AGAIN:
            return "is left out: programs make it again"
        if fault := fault_of(path):
            return fault
        if names.setdefault(folded(name), name) != name:
            return "has the name of another one on many computers"
        return ""

    def _take(self, handle: int, name: str, path: str, found: os.stat_result) -> None:
        if why := self._why_not(path, found):
            self._leave_out(path, why)
            return
        try:
            content, mode = _content(handle, name)
        except OSError:
            self._leave_out(path, "could not be read")
            return
        if content is None:
            self._leave_out(path, "changed its kind or grew while it was read")
            return
        if not self._has_room(path, content):
            self._in_vain += len(content)
            self._leave_out(path, _NO_ROOM)
            return
        entry = zipfile.ZipInfo(path, _MOMENT)
        entry.external_attr = (0o100755 if mode & 0o100 else 0o100644) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        self._archive.writestr(entry, content)
        self._files += 1
        self._bytes += len(content)
        self._directory_bytes += len(path.encode()) + _ENTRY_BYTES // 2

    def _why_not(self, path: str, found: os.stat_result) -> str:
        if stat.S_ISLNK(found.st_mode):
            return "is a link"
        if not stat.S_ISREG(found.st_mode):
            return "is not an ordinary file"
        if found.st_size > FILE_BYTES_MAX:
            return f"has {found.st_size / 1e6:,.0f} MB; the limit is {FILE_BYTES_MAX / 1e6:.0f} MB"
        if self._files >= FILES_MAX:
            return f"is one too many: a copy has at most {FILES_MAX:,} files"
        if self._bytes + found.st_size > UNPACKED_BYTES_MAX:
            return f"has no room: a copy has at most {UNPACKED_BYTES_MAX / 1e6:.0f} MB"
        if self._in_vain > IN_VAIN_BYTES_MAX and not _fits_unpacked(found.st_size, self._room(path)):
            return _NO_ROOM
        return ""

    def _has_room(self, path: str, content: bytes) -> bool:
        if self._bytes + len(content) > UNPACKED_BYTES_MAX:
            return False
        room = self._room(path)
        return _fits_unpacked(len(content), room) or _fits_packed(content, room)

    def _room(self, path: str) -> int:
        used = self._packed.tell() + self._directory_bytes + _ENTRY_BYTES + 2 * len(path.encode())
        return PACKED_BYTES_MAX - used

    def _leave_out(self, path: str, reason: str) -> None:
        self._left_out_count += 1
        if len(self._left_out) < LEFT_OUT_MAX:
            self._left_out.append(LeftOut(printable(path)[:240] or "The folder", reason))


def _fits_unpacked(size: int, room: int) -> bool:
    return size + size // 1000 <= room


def _fits_packed(content: bytes, room: int) -> bool:
    packer = zlib.compressobj()
    size = 0
    for start in range(0, len(content), _STEP_BYTES):
        size += len(packer.compress(content[start : start + _STEP_BYTES]))
        if size > room:
            return False
    return size + len(packer.flush()) <= room


def _why_not_into(parent: int, name: str, path: str) -> str:
    if path.count("/") >= DEPTH_MAX:
        return "lies too deep"
    try:
        handle = os.open(name, FOLDER, dir_fd=parent)
    except OSError:
        return "could not be read"
    try:
        for mark in _MARKS:
            with suppress(OSError):
                os.stat(mark, dir_fd=handle, follow_symlinks=False)
                return "is left out: programs make it again"
    finally:
        os.close(handle)
    return ""


def _content(parent: int, name: str) -> tuple[bytes | None, int]:
    """The file's content and mode. None: what was opened is not what was looked at."""
    with os.fdopen(os.open(name, FILE, dir_fd=parent), "rb") as opened:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > FILE_BYTES_MAX:
            return None, 0
        content = opened.read(FILE_BYTES_MAX + 1)
        return (content if len(content) <= FILE_BYTES_MAX else None), found.st_mode
