"""Folders that hold a student's files. Students lock files and folders, so that not even their
owner may read, list or change them, and they make links and deep trees. The platform removes, moves
and reads such folders only through these functions."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_READ_FILE, _READ_FOLDER, _CHANGE_FOLDER = 0o400, 0o500, 0o700
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PATH_ONLY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


def set_aside(path: Path) -> Path:
    """Give a file or folder a dated name, so that someone can look at it and put it back."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.set-aside-{stamp}")
    path.rename(aside)
    return aside


def remove_tree(folder: Path) -> None:
    """Remove the folder and everything in it, if it exists. Never follows a link. Raises OSError.

    Nested folders move to the top one by one, so that no depth exhausts the stack, the handles or
    the length of a path.
    """
    unused_names = (f".{secrets.token_hex(4)}-{number}" for number in itertools.count())
    with suppress(FileNotFoundError), _opened(folder.parent) as parent:
        _allow(folder.name, parent, folders=_CHANGE_FOLDER)
        with _opened(folder.name, parent) as top:
            folders = _clear(top, top, unused_names)
            while folders:
                name = folders.pop()
                with suppress(FileNotFoundError):
                    with _opened(name, top) as inside:
                        folders += _clear(inside, top, unused_names)
                    os.rmdir(name, dir_fd=top)
        os.rmdir(folder.name, dir_fd=parent)


def _clear(folder: int, top: int, unused_names: Iterator[str]) -> list[str]:
    """Remove the files of one folder and move its folders to the top. Returns their new names."""
    moved = []
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        with suppress(FileNotFoundError):
            if is_folder:
                _allow(name, folder, folders=_CHANGE_FOLDER)
                new_name = next(unused_names)
                os.rename(name, new_name, src_dir_fd=folder, dst_dir_fd=top)
                moved.append(new_name)
            else:
                os.unlink(name, dir_fd=folder)
    return moved


def make_readable(folder: Path) -> bool:
    """Let the owner read every file and list every folder. Returns whether a permission was added.

    Keeps one handle, however deep the tree is. Leaves what belongs to other users. Raises OSError.
    """
    changed = False
    parent = os.open(folder.parent, _LIST)
    ways_up: list[tuple[int, int]] = []  # which folder each `..` must lead to
    names = [[folder.name]]  # those still to visit in each folder on the way down
    try:
        while names[0] or ways_up:
            if not names[-1]:
                names.pop()
                parent = _replace(parent, os.open("..", _LIST, dir_fd=parent))
                if _identity(parent) != ways_up.pop():
                    raise OSError(f"{folder} was moved while it was made readable")
                continue
            name = names[-1].pop()
            with suppress(FileNotFoundError, PermissionError):
                is_folder, added = _allow(name, parent, folders=_READ_FOLDER, files=_READ_FILE)
                changed |= added
                if is_folder:
                    inside = os.open(name, _LIST, dir_fd=parent)
                    ways_up.append(_identity(parent))
                    parent = _replace(parent, inside)
                    names.append([])
                    names[-1] = os.listdir(parent)  # noqa: PTH208 (a handle is no path)
    finally:
        os.close(parent)
    return changed


def move_folder(folder: Path, to: Path) -> None:
    """Rename a folder to a place where nothing is. Its permissions stay as they are.

    A folder that gets another parent changes itself (its `..`), so its owner must be allowed to
    write to it. Raises OSError.
    """
    mode = stat.S_IMODE(folder.lstat().st_mode)
    locked = mode & _CHANGE_FOLDER != _CHANGE_FOLDER
    if locked:
        folder.chmod(mode | _CHANGE_FOLDER)
    try:
        folder.rename(to)
        if locked:
            to.chmod(mode)
    except OSError:
        with suppress(FileNotFoundError):
            folder.chmod(mode)
        raise


def _allow(name: str, parent: int, *, folders: int, files: int = 0) -> tuple[bool, bool]:
    """Add these permissions if we own it. Returns whether it is a folder, and whether it changed.

    Works on a handle, so that a link that replaces it meanwhile leads nowhere.
    """
    with _opened(name, parent, _PATH_ONLY) as handle:
        mode = os.fstat(handle).st_mode
        wanted = folders if stat.S_ISDIR(mode) else files if stat.S_ISREG(mode) else 0
        if mode & wanted != wanted:
            with suppress(PermissionError):  # another user's
                Path(f"/proc/self/fd/{handle}").chmod(stat.S_IMODE(mode) | wanted)
                return stat.S_ISDIR(mode), True
        return stat.S_ISDIR(mode), False


@contextmanager
def _opened(path: str | Path, parent: int | None = None, flags: int = _LIST) -> Iterator[int]:
    handle = os.open(path, flags, dir_fd=parent)
    try:
        yield handle
    finally:
        os.close(handle)


def _replace(handle: int, by: int) -> int:
    os.close(handle)
    return by


def _identity(handle: int) -> tuple[int, int]:
    found = os.fstat(handle)
    return found.st_dev, found.st_ino
