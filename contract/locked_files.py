"""Folders that hold a student's files. Students lock files and folders, so that not even their owner may read, list or change
them, and they make links. The platform removes, moves and reads such folders only through these functions."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

_READ, _READ_AND_CHANGE = 0o500, 0o700
_PATH_ONLY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def remove_tree(folder: Path) -> None:
    """Remove the folder and everything in it, if it exists. Never follows a link, even one that replaces a folder meanwhile.

    Raises OSError.
    """
    try:
        shutil.rmtree(folder, onerror=_ignore_missing)
    except PermissionError:
        _unlock(folder, folders=_READ_AND_CHANGE)
        shutil.rmtree(folder, onerror=_ignore_missing)


def make_readable(folder: Path) -> bool:
    """Let the owner read every file and list every folder. Returns whether a permission was added."""
    return _unlock(folder, folders=_READ, files=0o400)


def move_folder(folder: Path, to: Path) -> None:
    """Rename a folder to a place where nothing is. Its permissions stay as they are.

    A folder that gets another parent changes itself (its `..`), so its owner must be allowed to write to it. Raises OSError.
    """
    mode = stat.S_IMODE(folder.lstat().st_mode)
    locked = mode & _READ_AND_CHANGE != _READ_AND_CHANGE
    if locked:
        folder.chmod(mode | _READ_AND_CHANGE)
    try:
        folder.rename(to)
        if locked:
            to.chmod(mode)
    except OSError:
        with suppress(FileNotFoundError):
            folder.chmod(mode)
        raise


def _ignore_missing(_function: object, _path: str, error: tuple[type[BaseException], BaseException, object]) -> None:
    if not isinstance(error[1], FileNotFoundError):
        raise error[1]


def _unlock(folder: Path, *, folders: int, files: int = 0) -> bool:
    """Add these permissions in the whole tree, as far as we own it. Returns whether one was added."""
    with suppress(FileNotFoundError):
        parent = os.open(folder.parent, _LIST)
        try:
            return _unlock_in(parent, folder.name, folders, files)
        finally:
            os.close(parent)
    return False


def _unlock_in(parent: int, name: str, folders: int, files: int) -> bool:
    """Works on handles, so that a link that replaces a folder meanwhile leads nowhere."""
    handle = os.open(name, _PATH_ONLY, dir_fd=parent)
    try:
        mode = os.fstat(handle).st_mode
        wanted = folders if stat.S_ISDIR(mode) else files if stat.S_ISREG(mode) else 0
        changed = False
        if mode & wanted != wanted:
            with suppress(PermissionError):  # another user's
                Path(f"/proc/self/fd/{handle}").chmod(stat.S_IMODE(mode) | wanted)
                changed = True
        if not stat.S_ISDIR(mode):
            return changed
        listed = os.open(".", _LIST, dir_fd=handle)
    finally:
        os.close(handle)
    try:
        with os.scandir(listed) as entries:
            inside = [entry.name for entry in entries if files or entry.is_dir(follow_symlinks=False)]
        for each in inside:
            with suppress(FileNotFoundError, PermissionError):
                changed |= _unlock_in(listed, each, folders, files)
    finally:
        os.close(listed)
    return changed
