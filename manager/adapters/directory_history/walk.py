"""Reads a home for a checkpoint, while its student may change it.

No link is followed, also none that takes a folder's place meanwhile: each step opens one name in a
folder that is already open. What the kernel says of an unchanged file is enough; only changed ones
are read.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from contract.collected_files import MADE_AGAIN
from contract.files_now import FOLDER_ENTRIES_MAX, content_of
from contract.hand_out_files import printable
from contract.history import DEPTH_MAX, FILE_BYTES_MAX, FILES_MAX, LEFT_OUT_MAX, PATH_BYTES_MAX, LeftOut
from contract.history_files import BESIDE
from contract.open_folders import FOLDER, below
from manager.adapters.directory_history.store import FileEntry

ENTRIES_MAX = 100_000
NEW_BYTES_MAX = 100_000_000
"""What one checkpoint reads; the rest is for the next one."""
SECONDS_MAX = 30.0
_SKIPPED = MADE_AGAIN - {".git"}
_MARKS = frozenset({"pyvenv.cfg", "CACHEDIR.TAG"})
_JUST_NOW_NS = 50_000_000
"""The kernel's clock of files has steps: a change within one of them looks like none."""

Put = Callable[[bytes], tuple[str, int]]


class Walk:
    def __init__(self, home: Path, known: Mapping[str, FileEntry], put: Put) -> None:
        """`known`: the files of the checkpoint before. `put` keeps a content."""
        self._home, self._known, self._put = home, known, put
        self.files: list[FileEntry] = []
        self.left_out: list[LeftOut] = []
        self.left_out_count = 0
        self.new_bytes = 0
        """That were packed and kept."""
        self._read_bytes = 0
        self._entries = 0
        self._ends_at = time.monotonic() + SECONDS_MAX

    def run(self) -> None:
        """Raises OSError if the home itself cannot be read."""
        top = os.open(self._home, FOLDER)
        try:
            waiting = deque([""])
            while waiting:
                path = waiting.popleft()
                try:
                    with below(top, path) as handle:
                        waiting += self._read_folder(handle, path)
                except FileNotFoundError:
                    continue  # it went in this moment
                except OSError:
                    if not path:
                        raise
                    self._leave_out(path, "could not be read")
        finally:
            os.close(top)
        self.files.sort()

    def _read_folder(self, handle: int, path: str) -> list[str]:
        """Take the files of one folder; returns the folders in it."""
        with os.scandir(handle) as found:
            entries = list(itertools.islice(found, FOLDER_ENTRIES_MAX + 1))
        self._entries += len(entries)
        if len(entries) > FOLDER_ENTRIES_MAX or self._entries > ENTRIES_MAX or time.monotonic() > self._ends_at:
            self._leave_out(path, "is left out: the home or this folder has too many files for its history")
            return []
        if path and _MARKS & {entry.name for entry in entries}:
            return []
        folders: list[str] = []
        for entry in sorted(entries, key=lambda it: it.name):
            full = f"{path}/{entry.name}" if path else entry.name
            if entry.is_dir(follow_symlinks=False):
                if not _is_skipped(entry.name, at_top=not path):
                    if full.count("/") >= DEPTH_MAX - 1:
                        self._leave_out(full, "lies too deep")
                    else:
                        folders.append(full)
            elif not entry.name.startswith(BESIDE):
                with suppress(FileNotFoundError):
                    self._take(handle, entry.name, full)
        return folders

    def _take(self, handle: int, name: str, path: str) -> None:
        found = os.stat(name, dir_fd=handle, follow_symlinks=False)
        if why := self._why_not(path, found):
            self._leave_out(path, why)
            return
        known = self._known.get(path)
        if known is not None and _same(known, found):
            self.files.append(known._replace(mode=stat.S_IMODE(found.st_mode)))
            return
        try:
            read = content_of(handle, name)
        except OSError as problem:
            if problem.errno == errno.ENOENT:
                return
            self._leave_out(path, "could not be read")
            return
        if read is None:
            self._leave_out(path, "changed while it was read")
            if known is not None:
                self.files.append(known._replace(status_ns=0))  # as it was before
            return
        content, seen, read_ns = read
        self._read_bytes += len(content)
        digest, kept = self._put(content)
        self.new_bytes += kept
        status_ns = 0 if read_ns - max(seen.st_ctime_ns, seen.st_mtime_ns) < _JUST_NOW_NS else seen.st_ctime_ns
        mode = stat.S_IMODE(seen.st_mode)
        self.files.append(FileEntry(path, len(content), seen.st_mtime_ns, seen.st_ino, status_ns, mode, digest))

    def _why_not(self, path: str, found: os.stat_result) -> str:
        if stat.S_ISLNK(found.st_mode):
            return "is a link"
        if not stat.S_ISREG(found.st_mode):
            return "is not an ordinary file"
        if found.st_size > FILE_BYTES_MAX:
            return f"has {found.st_size / 1e6:,.0f} MB; files of up to {FILE_BYTES_MAX / 1e6:.0f} MB have a history"
        if len(os.fsencode(path)) > PATH_BYTES_MAX:
            return "has a path that is too long"
        if len(self.files) >= FILES_MAX:
            return f"is one too many: a history has at most {FILES_MAX:,} files"
        if self._read_bytes + found.st_size > NEW_BYTES_MAX:
            return "is left out this time: too much changed at once"
        return ""

    def _leave_out(self, path: str, reason: str) -> None:
        self.left_out_count += 1
        if len(self.left_out) < LEFT_OUT_MAX:
            self.left_out.append(LeftOut(printable(path)[:240] or "The home", reason))


def _is_skipped(name: str, *, at_top: bool) -> bool:
    """At the top, hidden folders hold what programs keep for themselves, databases too, which are
    whole only when nothing runs."""
    return name in _SKIPPED or (at_top and name.startswith("."))


def _same(known: FileEntry, found: os.stat_result) -> bool:
    return (known.size, known.changed_ns, known.inode, known.status_ns) == (
        found.st_size,
        found.st_mtime_ns,
        found.st_ino,
        found.st_ctime_ns,
    )


def ordinary_files(home: Path, paths: Iterable[str]) -> set[str]:
    """Those of `paths` at which there is one now. Raises OSError if the home cannot be read."""
    found: set[str] = set()
    top = os.open(home, FOLDER)
    try:
        for path in paths:
            folder, _, name = path.rpartition("/")
            with suppress(OSError), below(top, folder) as handle:
                if stat.S_ISREG(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode):
                    found.add(path)
    finally:
        os.close(top)
    return found
