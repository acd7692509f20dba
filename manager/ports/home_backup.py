"""The ports to snapshots of homes: what the manager asks of a backup worker, and what the worker
asks of its tool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class SnapshotFailed(Exception):
    """A snapshot could not be taken, restored or thinned out. Home and older snapshots are
    unchanged. For the log."""


class SnapshotsDamaged(SnapshotFailed):
    """What was stored cannot be read. The snapshots are kept, but no further one may join them."""


@dataclass(frozen=True)
class HomeSnapshot:
    """All files of a home as they were at one moment."""

    snapshot_id: str
    taken_at: float
    whole: bool = True
    """False if some files could not be read or were left out; only `save` reports this."""
    read_bytes: int = 0
    read_files: int = 0
    """What the home holds, by the files' lengths; only `save` reports this."""


class BackupWorker(Protocol):
    """Takes snapshots of homes and restores them, in the background, at low priority, one home at a
    time.

    The workspace's record says what to do, so a notification only says where to look. It may be
    repeated, come late or get lost: the worker's own round over all records finds the workspace
    later.
    """

    def notify(self, workspace_id: str, home_id: str) -> None:
        """Ask the worker to check this workspace's home soon. Returns at once and never raises: no
        stop and no launch depends on it."""

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        """Newest first; empty when there are none. Raises ApraNovaError(MANAGER_UNAVAILABLE) when
        they cannot be listed now."""
        ...

    def status(self) -> str:
        """Whether snapshots are taken, in words for the operator: 'on: …' or 'off: why, and what to
        do'."""
        ...


class HomeSnapshots(Protocol):
    """Takes and restores snapshots, where homes can be reached. The caller makes sure that the home
    is at rest, and that nothing else works on the same home's snapshots."""

    def holds(self, home_id: str) -> bool:
        """Whether the home is on the disk or file system that this adapter reaches."""
        ...

    def misses(self, home_id: str) -> bool:
        """For a home that it does not hold: True when it should, so the files are lost; False when
        they are elsewhere. Raises SnapshotFailed when it cannot tell, as with a disk that may not
        be mounted; then nothing is restored."""
        ...

    def save(self, home_id: str, *, largest_bytes: int | None = None) -> HomeSnapshot:
        """Take a snapshot, reading only what changed since the last, in limited time. Larger files
        than `largest_bytes` are left out. Raises SnapshotFailed."""
        ...

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        """Newest first, with those of damaged stores that were set aside. Raises SnapshotFailed."""
        ...

    def forget(self, home_id: str, snapshot_id: str) -> None:
        """Remove one snapshot. Raises SnapshotFailed."""

    def thin_out(self, home_id: str) -> None:
        """Keep what the retention rules say, and free the rest. Raises SnapshotFailed."""

    def verify(self, home_id: str) -> None:
        """Check the store's structure, and read an eighth of its data, another one each week.
        Raises SnapshotsDamaged for certain damage, otherwise SnapshotFailed."""

    def set_aside(self, home_id: str) -> None:
        """Keep a damaged store under another name; the next save begins a new one. Raises
        SnapshotFailed."""

    def fetch(self, home_id: str, snapshot_id: str) -> None:
        """Read the snapshot into a folder next to the home, and compare every file with its digest.
        The home itself is not touched. Raises SnapshotsDamaged if this snapshot cannot be read,
        otherwise SnapshotFailed."""

    def swap(self, home_id: str) -> None:
        """Replace the home, if there is one, by what was fetched. After a crash in between, fetch
        and swap again."""

    def erase(self, home_id: str) -> None:
        """Remove all snapshots of the home permanently. Idempotent. Raises SnapshotFailed."""
