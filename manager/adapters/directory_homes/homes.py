"""`HomeVolumes` over directories: one folder a home, readable by the sandboxes' user alone."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from pathlib import Path

from contract.errors import ApraNovaError, Reason

_HOME_ID = re.compile(r"^home-[a-z2-7]{16}$")


class DirectoryHomeVolumes:
    def __init__(self, folder: Path, *, sandbox_uid: int | None = None) -> None:
        self._folder = folder
        self._sandbox_uid = sandbox_uid
        folder.mkdir(parents=True, exist_ok=True)

    def create(self, home_id: str) -> None:
        """Made under another name and renamed, so that a home is there with its owner and mode or not at all."""
        home = self._path(home_id)
        if home.is_dir():
            return
        unfinished = self._folder / f".{home_id}.new"
        try:
            with contextlib.suppress(FileExistsError):
                unfinished.mkdir(mode=0o700)
            unfinished.chmod(0o700)
            if self._sandbox_uid is not None:
                os.chown(unfinished, self._sandbox_uid, self._sandbox_uid)
            unfinished.rename(home)
        except FileNotFoundError:
            if not home.is_dir():  # or else another thread has just finished the same home
                raise
        except OSError as error:
            if home.is_dir():
                return
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                message = "There is no disk space left for your files; please tell your school"
                raise ApraNovaError(Reason.NO_CAPACITY, message, detail=str(error)) from error
            raise

    def exists(self, home_id: str) -> bool:
        return self._path(home_id).is_dir()

    def purge(self, home_id: str) -> None:
        """Renamed away first, so that a purge that is cut short leaves no half of a home that could be attached.

        `rmtree` works on directory handles and never follows a link, also when someone swaps one in meanwhile.
        """
        if not shutil.rmtree.avoids_symlink_attacks:
            raise ApraNovaError(Reason.INTERNAL, "This system cannot remove a home safely")
        doomed = self._folder / f".{home_id}.purged"
        with contextlib.suppress(FileNotFoundError):
            self._path(home_id).rename(doomed)
        shutil.rmtree(doomed, onerror=_make_removable)

    def _path(self, home_id: str) -> Path:
        if not _HOME_ID.fullmatch(home_id):
            raise ValueError(f"not the id of a home: {home_id!r}")
        return self._folder / home_id


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
