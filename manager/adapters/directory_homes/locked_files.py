"""Folders that a student had in their hands: they may hold links, and files and folders that not even their owner may read."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path

from contract.errors import ApraNovaError, Reason


def remove_tree(folder: Path) -> None:
    """Remove it and everything in it; it need not be there. `rmtree` works on directory handles and never follows a link, also
    when someone swaps one in meanwhile. Raises OSError, and ApraNovaError where the system cannot do it safely."""
    if not shutil.rmtree.avoids_symlink_attacks:
        raise ApraNovaError(Reason.INTERNAL, "This system cannot remove a home safely")
    shutil.rmtree(folder, onerror=_make_removable)


def make_readable(folder: Path) -> bool:
    """Give the owner back the right to read what they own in it; whether anything was changed. For a home at rest: nobody
    swaps links in meanwhile."""
    changed = False
    for here, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path, wanted = Path(here, name), stat.S_IRUSR | (stat.S_IXUSR if name in folders else 0)
            with contextlib.suppress(FileNotFoundError, PermissionError):
                mode = path.lstat().st_mode
                if not stat.S_ISLNK(mode) and mode & wanted != wanted:
                    path.chmod(stat.S_IMODE(mode) | wanted)
                    changed = True
    return changed


def _make_removable(_function: object, path: str, error: tuple[type[BaseException], BaseException, object]) -> None:
    """A student may have taken the write permission of folders; the owner may give it back. Gone already is fine."""
    if isinstance(error[1], FileNotFoundError):
        return
    folder = Path(path) if Path(path).is_dir() and not Path(path).is_symlink() else Path(path).parent
    mode = folder.stat().st_mode
    if isinstance(error[1], PermissionError) and mode & 0o700 != 0o700:
        folder.chmod(0o700)
        if Path(path).is_dir() and not Path(path).is_symlink():
            shutil.rmtree(path, onerror=_make_removable)
        else:
            Path(path).unlink()
        return
    raise error[1]
