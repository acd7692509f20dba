"""`HomeSnapshots` over homes in memory, and a backup worker that acts at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from manager.adapters.memory.homes import MemoryHomeVolumes
from manager.ports.clock import Clock
from manager.ports.home_backup import HomeSnapshot, SnapshotFailed, SnapshotsDamaged
from manager.use_cases import backups
from manager.use_cases.backups import BackupContext


@dataclass
class MemorySnapshots:
    homes: MemoryHomeVolumes
    clock: Clock
    taken: dict[str, list[tuple[HomeSnapshot, frozenset[str]]]] = field(default_factory=dict)
    fetched: dict[str, frozenset[str]] = field(default_factory=dict)
    thinned: list[str] = field(default_factory=list)
    huge: set[str] = field(default_factory=set)
    """Homes that take too long unless large files are left out."""
    unreadable: set[str] = field(default_factory=set)
    """Snapshots that are damaged."""
    verified: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    failing: str = ""
    """Why everything fails; empty: it works."""
    place: str = "here"
    """For homes whose files are gone: 'here', 'elsewhere', or the reason why nobody can tell."""

    def holds(self, home_id: str) -> bool:
        return home_id in self.homes.files

    def misses(self, home_id: str) -> bool:
        if self.place not in ("here", "elsewhere"):
            raise SnapshotFailed(self.place)
        return not self.holds(home_id) and self.place == "here"

    def save(self, home_id: str, *, largest_bytes: int | None = None) -> HomeSnapshot:
        self._work()
        if home_id in self.huge and largest_bytes is None:
            raise SnapshotFailed("restic backup did not end within 600 s")
        of_home = self.taken.setdefault(home_id, [])
        snapshot = HomeSnapshot(f"{len(of_home):064x}", self.clock.now())
        of_home.append((snapshot, frozenset(self.homes.files[home_id])))
        return replace(snapshot, whole=largest_bytes is None)

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        return tuple(snapshot for snapshot, _ in reversed(self.taken.get(home_id, [])))

    def forget(self, home_id: str, snapshot_id: str) -> None:
        self._work()
        self.taken[home_id] = [entry for entry in self.taken[home_id] if entry[0].snapshot_id != snapshot_id]

    def thin_out(self, home_id: str) -> None:
        self._work()
        self.thinned.append(home_id)

    def verify(self, home_id: str) -> None:
        self._work()
        self.verified.append(home_id)
        if any(snapshot.snapshot_id in self.unreadable for snapshot, _ in self.taken.get(home_id, [])):
            raise SnapshotsDamaged("the snapshots are damaged")

    def set_aside(self, home_id: str) -> None:
        self.aside.append(home_id)

    def fetch(self, home_id: str, snapshot_id: str) -> None:
        self._work()
        if snapshot_id in self.unreadable:
            raise SnapshotsDamaged("a pack is damaged")
        for snapshot, files in self.taken.get(home_id, []):
            if snapshot.snapshot_id == snapshot_id:
                self.fetched[home_id] = files
                return
        raise SnapshotFailed(f"there is no snapshot {snapshot_id}")

    def swap(self, home_id: str) -> None:
        self._work()
        self.homes.files[home_id] = set(self.fetched.pop(home_id))

    def erase(self, home_id: str) -> None:
        self.taken.pop(home_id, None)

    def _work(self) -> None:
        if self.failing:
            raise SnapshotFailed(self.failing)


class ImmediateBackupWorker:
    """Acts within `notify`: nothing in memory is slow."""

    def __init__(self, context: BackupContext) -> None:
        self._context = context

    def notify(self, workspace_id: str, home_id: str) -> None:  # noqa: ARG002 (the port's)
        backups.check_home(self._context, workspace_id)

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        return self._context.snapshots.list(home_id)

    def status(self) -> str:
        return "on: in memory"
