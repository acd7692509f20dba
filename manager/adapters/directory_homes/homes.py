"""`HomeVolumes` over directories: one folder for each home, which only sandboxes can read."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from contract.errors import ApraNovaError, Reason
from contract.locked_files import remove_tree
from manager.ports.home_volumes import check_home_id

LEFT_BY_RESTORES = ("before", "fetched")
"""`.<home id>.…`: while a restore lasts, the home that it replaces and the one that replaces it."""
MARK = ".these-are-the-homes"
"""A file in the folder of homes. Without it the disk may not be mounted: no home counts as lost."""


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """Make the folder of homes with its mark. An existing folder gets none: see MARK."""
    try:
        folder.mkdir(mode=mode, parents=True)
    except FileExistsError:
        return
    (folder / MARK).touch()


def is_there(folder: Path) -> bool:
    """Whether this is certainly the folder with the homes: a home that is not in it is lost."""
    return (folder / MARK).is_file()


class DirectoryHomeVolumes:
    def __init__(self, folder: Path, *, sandbox_uid: int | None = None, snapshots: Path | None = None) -> None:
        """`snapshots`: a folder that has a folder of each home's name, with its snapshots."""
        self._folder = folder
        self._snapshots = snapshots
        self._sandbox_uid = sandbox_uid
        make_folder(folder)

    def create(self, home_id: str) -> None:
        """Creates it under another name and renames it: it never exists without owner and mode."""
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
            if not home.is_dir():  # otherwise another thread has just finished the same home
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
        """Renames the home first, so that an interrupted purge leaves no half of a home that could
        be attached.

        Its snapshots go last: as long as they exist, the purge is not done.
        """
        doomed = self._folder / f".{home_id}.purged"
        with contextlib.suppress(FileNotFoundError):
            self._path(home_id).rename(doomed)
        for left in (doomed, *(self._folder / f".{home_id}.{name}" for name in LEFT_BY_RESTORES)):
            remove_tree(left)
        if self._snapshots is not None:
            remove_tree(self._snapshots / home_id)

    def _path(self, home_id: str) -> Path:
        return self._folder / check_home_id(home_id)
