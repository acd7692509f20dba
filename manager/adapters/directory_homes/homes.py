"""`HomeVolumes` over directories: one folder for each home, which only sandboxes can read."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from contract import wire
from contract.collect import CollectAnswer, CollectRequest
from contract.collected_files import collect
from contract.errors import ApraNovaError, Reason
from contract.locked_files import remove_tree
from manager.adapters.restic.repositories import erase_snapshots
from manager.ports.home_volumes import HomeOwner, check_home_id

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
    def __init__(
        self,
        folder: Path,
        *,
        sandbox_uid: int | None = None,
        snapshots: Path | None = None,
        limit: Callable[[Path, str], None] = lambda _folder, _name: None,
    ) -> None:
        """`snapshots`: a folder that has a folder of each home's name, with its snapshots. `limit`
        gives a home to be its quota."""
        self._folder = folder
        self._snapshots = snapshots
        self._sandbox_uid = sandbox_uid
        self._limit = limit
        make_folder(folder)

    def create(self, home_id: str, owner: HomeOwner | None = None) -> None:
        """Creates it under another name and renames it: it never exists without owner and mode."""
        home = self._path(home_id)
        if owner is not None:
            self.note_owner(home_id, owner)
        if home.is_dir():
            return
        unfinished = self._folder / f".{home_id}.new"
        try:
            with contextlib.suppress(FileExistsError):
                unfinished.mkdir(mode=0o700)
            unfinished.chmod(0o700)
            self._limit(unfinished, home_id)
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

    def note_owner(self, home_id: str, owner: HomeOwner) -> None:
        """Keep next to the home whose it is. A full disk must not stop a launch."""
        card = self._card(home_id)
        if card.exists():
            return
        draft = card.with_suffix(".new")
        with contextlib.suppress(OSError):
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(wire.to_json(owner)))
            draft.replace(card)

    def lack_owners(self) -> bool:
        """Whether some home has no file that says whose it is."""
        names = set(os.listdir(self._folder))  # noqa: PTH208  one look at the folder
        return any(name.startswith("home-") and f".{name}.owner.json" not in names for name in names)

    def owners(self) -> Mapping[str, HomeOwner | None]:
        """Whose each home is, by home id; None where that was not kept or cannot be read."""
        found: dict[str, HomeOwner | None] = {}
        for home in sorted(self._folder.glob("home-*")):
            found[home.name] = None
            with contextlib.suppress(OSError, ValueError, wire.BadMessage):
                found[home.name] = wire.from_json(HomeOwner, json.loads(self._card(home.name).read_text()))
        return found

    def exists(self, home_id: str) -> bool:
        return self._path(home_id).is_dir()

    def copy_folder(self, home_id: str, request: CollectRequest) -> CollectAnswer | None:
        home = self._path(home_id)
        return collect(home, request.folder) if home.is_dir() else None

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
        self._card(home_id).unlink(missing_ok=True)
        if self._snapshots is not None:
            erase_snapshots(self._snapshots, home_id)

    def _card(self, home_id: str) -> Path:
        return self._folder / f".{check_home_id(home_id)}.owner.json"

    def _path(self, home_id: str) -> Path:
        return self._folder / check_home_id(home_id)
