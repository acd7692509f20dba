"""Where restic's repositories are. A snapshot is one file in a repository's `snapshots/`, which is
written last and named by its full id. So listing snapshots needs neither restic nor the password.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from contract.locked_files import remove_tree, set_aside
from manager.ports.home_backup import HomeSnapshot
from manager.ports.home_volumes import check_home_id

_SNAPSHOT_ID = re.compile(r"^[0-9a-f]{64}$")


class Repositories(Protocol):
    def url(self, home_id: str) -> str:
        """In restic's notation."""
        ...

    def url_of(self, home_id: str, snapshot_id: str) -> str:
        """Of the repository that holds this snapshot: it may have been set aside."""
        ...

    def environment(self) -> Mapping[str, str]:
        """What restic needs besides its password. Read for each call: credentials change."""
        ...

    def exists(self, home_id: str) -> bool: ...

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        """Newest first."""
        ...

    def set_aside(self, home_id: str) -> None:
        """Keep what is left of a damaged repository, under a dated name. Raises OSError."""
        ...

    def erase(self, home_id: str) -> None: ...


class DirectoryRepositories:
    """A folder for each home. Copies must keep the files' times, which date the snapshots."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def __str__(self) -> str:
        aside = sorted(path.name for path in self._folder.glob("home-*.set-aside-*"))
        return f"{self._folder}" + (f"; damaged and set aside: {', '.join(aside)}" if aside else "")

    def url(self, home_id: str) -> str:
        return str(self._path(home_id))

    def url_of(self, home_id: str, snapshot_id: str) -> str:
        holding = (path for path in self._all(home_id) if (path / "snapshots" / snapshot_id).is_file())
        return str(next(holding, self._path(home_id)))

    def environment(self) -> Mapping[str, str]:
        return {}

    def exists(self, home_id: str) -> bool:
        return (self._path(home_id) / "config").is_file()

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        found: list[HomeSnapshot] = []
        for repository in self._all(home_id):
            with contextlib.suppress(FileNotFoundError):
                for file in (repository / "snapshots").iterdir():
                    with contextlib.suppress(FileNotFoundError):  # forgotten a moment ago
                        found.append(HomeSnapshot(file.name, file.stat().st_mtime))
        return newest_first(found)

    def _all(self, home_id: str) -> list[Path]:
        """The one in use, then those that were set aside: a damaged one may still be readable."""
        return [self._path(home_id), *sorted(self._folder.glob(f"{check_home_id(home_id)}.set-aside-*"))]

    def set_aside(self, home_id: str) -> None:
        path = self._path(home_id)
        if path.is_dir() and any(path.iterdir()):
            set_aside(path)

    def erase(self, home_id: str) -> None:
        erase_snapshots(self._folder, check_home_id(home_id))

    def _path(self, home_id: str) -> Path:
        return self._folder / check_home_id(home_id)


def erase_snapshots(folder: Path, home_id: str) -> None:
    """Remove a home's repository, what was set aside of it, and its history: all hold its owner's
    files."""
    for path in (folder / home_id, folder / f"{home_id}.history", *folder.glob(f"{home_id}.set-aside-*")):
        remove_tree(path)


def newest_first(found: list[HomeSnapshot]) -> tuple[HomeSnapshot, ...]:
    """Leaves out files that restic is still writing; they have other names."""
    whole = (snapshot for snapshot in found if _SNAPSHOT_ID.fullmatch(snapshot.snapshot_id))
    return tuple(sorted(whole, key=lambda snapshot: (-snapshot.taken_at, snapshot.snapshot_id)))
