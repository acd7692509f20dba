"""The ports to snapshots of homes: what the manager asks of a home keeper, and what a keeper asks of the tool it uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class SnapshotFailed(Exception):
    """A snapshot could not be taken, put back or thinned out; home and older snapshots are as they were. For the log."""


@dataclass(frozen=True)
class HomeSnapshot:
    """All files of a home as they were at one moment."""

    snapshot_id: str
    taken_at: float
    whole: bool = True
    """False, from `save` alone: some files could not be read."""


class HomeKeeper(Protocol):
    """Looks after homes: takes their snapshots, and puts one back. In the background, at low priority, one home after another.

    It reads in the workspace's record what is to be done, so a call says nothing but where to look: it may be
    repeated, come late or be lost (then the keeper's own round finds the workspace).
    """

    def look(self, workspace_id: str, home_id: str) -> None:
        """Look at this workspace and its home soon. Returns at once and never raises: no stop and no launch depends on it."""

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        """Newest first; empty when there are none. Raises ApraNovaError(INTERNAL) when they cannot be looked up now."""
        ...

    def status(self) -> str:
        """Whether snapshots are taken, in words for the operator: 'on: …' or 'off: why, and what to do'."""
        ...


class HomeSnapshots(Protocol):
    """Takes and puts back snapshots, where homes can be reached. Whoever calls it makes sure that the home is at rest, and
    that nobody else works on the same home's snapshots."""

    def holds(self, home_id: str) -> bool:
        """Whether the home is on the disk or file system that this one reaches."""
        ...

    def misses(self, home_id: str) -> bool:
        """For a home that it does not hold: True when it should, so that the files are lost; False when they are somewhere else.
        Raises SnapshotFailed when nobody can tell, as with a disk that may not be mounted: then nothing is put back."""
        ...

    def save(self, home_id: str) -> HomeSnapshot:
        """Take a snapshot; reads only what has changed since the last one. Raises SnapshotFailed."""
        ...

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        """Newest first. Raises SnapshotFailed."""
        ...

    def forget(self, home_id: str, snapshot_id: str) -> None:
        """Remove one snapshot. Raises SnapshotFailed."""

    def thin_out(self, home_id: str) -> None:
        """Keep what the rules say, free the room of the rest, and verify a part of what is kept. Raises SnapshotFailed."""

    def fetch(self, home_id: str, snapshot_id: str) -> None:
        """Read the snapshot back into a folder beside the home, and compare every file with its digest. The home is not touched.
        Raises SnapshotFailed."""

    def swap(self, home_id: str) -> None:
        """Let what was fetched be the home, also where there is none any more. One that was cut short is finished by fetching and
        swapping again."""

    def erase(self, home_id: str) -> None:
        """Remove all snapshots of the home for good. Idempotent. Raises SnapshotFailed."""
