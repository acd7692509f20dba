"""Removing a folder that a student had in their hands: it may hold links, and folders that nobody may enter."""

from __future__ import annotations

import shutil
from pathlib import Path

from contract.errors import ApraNovaError, Reason


def remove_tree(folder: Path) -> None:
    """Remove it and everything in it; it need not be there. `rmtree` works on directory handles and never follows a link, also
    when someone swaps one in meanwhile. Raises OSError, and ApraNovaError where the system cannot do it safely."""
    if not shutil.rmtree.avoids_symlink_attacks:
        raise ApraNovaError(Reason.INTERNAL, "This system cannot remove a home safely")
    shutil.rmtree(folder, onerror=_make_removable)


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
