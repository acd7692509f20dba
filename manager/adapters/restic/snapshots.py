"""`HomeSnapshots` over restic.

Each home has a repository of its own. A student's snapshots are removed with one folder, a damaged
repository affects one student, and nobody waits for another one's lock. The price: what students
have in common is stored once for each of them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from contract.locked_files import make_readable, move_folder, remove_tree
from manager.adapters.restic.program import UNREADABLE, Restic
from manager.adapters.restic.repositories import Repositories
from manager.ports.home_backup import HomeSnapshot, SnapshotFailed, SnapshotsDamaged
from manager.ports.home_volumes import check_home_id

log = logging.getLogger(__name__)

KEPT = ("--keep-last", "10", "--keep-daily", "30", "--keep-weekly", "26")
"""Empty days and weeks do not count: a student who returns still finds their last thirty days."""
EXCLUDED = (".cache", ".npm/_cacache")
"""In the home: what programs download or build again. CACHEDIR.TAG excludes folders, too."""
_HOST = "apranova"
_VERIFIED_PARTS = 8
"""Each week verifies one eighth of the stored data, so eight weeks verify all of it."""
_UNREADABLE = '"message_type":"error"'
"""restic's message for each file that it could not read."""
_FATAL = 1
"""restic's exit status for damage, among other things; a signal brings another one."""
_SHORT_S = 120.0
"""For work that does not grow with the home."""


class ResticSnapshots:
    def __init__(
        self,
        homes_folder: Path,
        repositories: Repositories,
        restic: Restic,
        *,
        belongs_here: Callable[[str], bool],
        timeout_s: float = 3_600.0,
        save_timeout_s: float | None = None,
    ) -> None:
        """`belongs_here`: whether a home that is missing in `homes_folder` should be there. It
        raises SnapshotFailed if it cannot tell."""
        self._homes = homes_folder
        self._repositories = repositories
        self._restic = restic
        self._belongs_here = belongs_here
        self._timeout_s = timeout_s
        self._save_timeout_s = save_timeout_s or timeout_s
        self.kept = KEPT

    def holds(self, home_id: str) -> bool:
        return self._home(home_id).is_dir() or self._before(home_id).is_dir()

    def misses(self, home_id: str) -> bool:
        return not self.holds(home_id) and self._belongs_here(home_id)

    def save(self, home_id: str, *, largest_bytes: int | None = None) -> HomeSnapshot:
        """restic finds changes itself, by names, sizes, times and inodes."""
        self._finish_swap(home_id)
        try:
            begun = self._repositories.exists(home_id)
        except OSError as error:
            raise SnapshotFailed(str(error)) from error
        if not begun:
            self._begin(home_id)
        if not os.access(self._home(home_id), os.R_OK | os.X_OK):
            make_readable(self._home(home_id))  # if the home itself is locked, restic finds nothing to save
        try:
            output = self._back_up(home_id, largest_bytes)
        except SnapshotFailed as failure:
            if self._is_sound(home_id):
                raise
            log.warning("%s: its snapshots are damaged, a new repository begins: %s", home_id, failure)
            self._begin(home_id)
            output = self._back_up(home_id, largest_bytes)
        if _UNREADABLE in output and make_readable(self._home(home_id)):
            self.forget(home_id, _snapshot_id(output))
            output = self._back_up(home_id, largest_bytes)
        if _UNREADABLE in output:
            log.warning("%s: some files could not be read, the snapshot has all others", home_id)
        whole = _UNREADABLE not in output and largest_bytes is None
        snapshot_id = _snapshot_id(output)
        for snapshot in self.list(home_id):
            if snapshot.snapshot_id.startswith(snapshot_id):
                read = _summary(output)
                read_bytes, read_files = read.get("total_bytes_processed", 0), read.get("total_files_processed", 0)
                return replace(snapshot, whole=whole, read_bytes=read_bytes, read_files=read_files)
        raise SnapshotFailed(f"restic reported snapshot {snapshot_id}, but the repository does not have it")

    def _begin(self, home_id: str) -> None:
        """Make the repository. What is left of one in its place is kept, but not used."""
        self.set_aside(home_id)
        self._run(home_id, "init", timeout_s=_SHORT_S)

    def set_aside(self, home_id: str) -> None:
        try:
            self._repositories.set_aside(home_id)
        except OSError as error:
            raise SnapshotFailed(f"the damaged snapshots of {home_id} cannot be set aside: {error}") from error

    def _is_sound(self, home_id: str) -> bool:
        try:
            self._run(home_id, "check", "--no-lock", timeout_s=_SHORT_S)
        except SnapshotFailed as failure:
            return not _is_damage(failure)
        return True

    def _back_up(self, home_id: str, largest_bytes: int | None) -> str:
        larger = [] if largest_bytes is None else [f"--exclude-larger-than={largest_bytes}"]
        excluded = [f"--exclude={self._home(home_id) / folder}" for folder in EXCLUDED]
        return self._run(
            home_id,
            *("backup", "--json", "--host", _HOST, "--exclude-caches", *excluded, *larger, home_id),
            timeout_s=self._save_timeout_s,
            folder=self._homes,
            fine=(0, UNREADABLE),
        )

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        try:
            return self._repositories.list(home_id)
        except OSError as error:
            raise SnapshotFailed(f"the snapshots of {home_id} cannot be read: {error}") from error

    def forget(self, home_id: str, snapshot_id: str) -> None:
        self._run(home_id, "forget", snapshot_id, timeout_s=_SHORT_S)

    def thin_out(self, home_id: str) -> None:
        """First removes the locks of killed workers, which restic recognizes by their age."""
        self._run(home_id, "unlock", timeout_s=_SHORT_S)
        self._run(home_id, "forget", "--host", _HOST, "--group-by", "host", *self.kept, "--prune")

    def verify(self, home_id: str) -> None:
        part = dt.datetime.now(dt.UTC).isocalendar().week % _VERIFIED_PARTS + 1
        try:
            if not self._repositories.exists(home_id):
                raise SnapshotsDamaged(f"the snapshots of {home_id} are damaged: the repository has no config")
            self._run(home_id, "check", "--no-lock", f"--read-data-subset={part}/{_VERIFIED_PARTS}")
        except SnapshotFailed as failure:
            if _is_damage(failure):
                raise SnapshotsDamaged(f"the snapshots of {home_id} are damaged: {failure}") from failure
            raise
        except OSError as error:
            raise SnapshotFailed(str(error)) from error

    def fetch(self, home_id: str, snapshot_id: str) -> None:
        fetched = self._fetched(home_id)
        try:
            remove_tree(fetched)
            fetched.mkdir(mode=0o700)
        except OSError as error:
            raise SnapshotFailed(f"{fetched} cannot be made: {error}") from error
        try:
            url = self._repositories.url_of(home_id, snapshot_id)
            self._run(home_id, "restore", snapshot_id, "--verify", "--no-lock", "--target", str(fetched), url=url)
        except SnapshotFailed as failure:
            self._tidy(fetched)
            if _is_damage(failure):
                raise SnapshotsDamaged(f"the snapshot {snapshot_id} is damaged: {failure}") from failure
            raise

    def swap(self, home_id: str) -> None:
        """Two renames. If a worker dies between them, the next one finds the home."""
        home, before, fetched = self._home(home_id), self._before(home_id), self._fetched(home_id)
        if not (fetched / home_id).is_dir():
            raise SnapshotFailed(f"what was fetched does not hold {home_id}")
        try:
            with contextlib.suppress(FileNotFoundError):  # it was lost
                home.rename(before)
            move_folder(fetched / home_id, home)
        except OSError as error:
            self._finish_swap(home_id)
            raise SnapshotFailed(f"{home} could not be replaced: {error}") from error
        self._tidy(before)
        self._tidy(fetched)

    def erase(self, home_id: str) -> None:
        try:
            self._repositories.erase(home_id)
        except OSError as error:
            raise SnapshotFailed(f"the snapshots of {home_id} cannot be removed: {error}") from error

    def _finish_swap(self, home_id: str) -> None:
        home, before = self._home(home_id), self._before(home_id)
        if not before.is_dir():
            return
        if home.is_dir():
            self._tidy(before)
        else:
            with contextlib.suppress(FileNotFoundError):
                before.rename(home)

    def _tidy(self, folder: Path) -> None:
        """What is left over is removed with the next snapshot, or with the home."""
        try:
            remove_tree(folder)
        except OSError as error:
            log.warning("%s could not be removed: %s", folder, error)

    def _run(
        self,
        home_id: str,
        *arguments: str,
        timeout_s: float | None = None,
        folder: Path | None = None,
        fine: tuple[int, ...] = (0,),
        url: str = "",
    ) -> str:
        return self._restic.run(
            url or self._repositories.url(home_id),
            *arguments,
            timeout_s=timeout_s or self._timeout_s,
            folder=folder,
            environment=self._repositories.environment(),
            fine=fine,
        )

    def _home(self, home_id: str) -> Path:
        return self._homes / check_home_id(home_id)

    def _before(self, home_id: str) -> Path:
        return self._homes / f".{check_home_id(home_id)}.before"

    def _fetched(self, home_id: str) -> Path:
        return self._homes / f".{check_home_id(home_id)}.fetched"


def _is_damage(failure: SnapshotFailed) -> bool:
    """Only what is certain: not a full disk, a wrong password, a slow machine, a lock, a store that
    cannot be reached, nor a restic that somebody ended."""
    passing = (
        "wrong password",
        "did not end",
        "cannot be run",
        "not installed",
        "no space left",
        "quota exceeded",
        "unable to create lock",
        "cannot allocate memory",
        "out of memory",
        "too many open files",
        "permission denied",
        "access denied",
        "accessdenied",
        "connection refused",
        "connection reset",
        "no such host",
        "timeout",
        "deadline exceeded",
        "context canceled",
        "slow down",
        "slowdown",
        "service unavailable",
        "token has expired",
    )
    words = str(failure).lower()
    certain = "ciphertext verification failed" in words  # names of files may hold any of the above
    return f"ended with {_FATAL}:" in words and (certain or not any(it in words for it in passing))


def _snapshot_id(output: str) -> str:
    return str(_summary(output)["snapshot_id"])


def _summary(output: str) -> dict[str, Any]:
    """The last JSON line is the summary; restic may print other lines."""
    for line in reversed(output.splitlines()):
        with contextlib.suppress(ValueError):
            message = json.loads(line)
            if isinstance(message, dict) and message.get("message_type") == "summary":
                return message
    raise SnapshotFailed("restic took no snapshot")
