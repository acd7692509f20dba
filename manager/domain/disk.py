"""What a home uses of the disk, what follows for its workspace, and the platform's reserve.

Over its limits a running workspace gets a grace, in which its student can clean up; then it is
saved and stopped, with all files. The next launch begins another grace. A home that grows on during
the grace ends it at once, so each launch can add only a part of the limit. And to keep the
platform's reserve of disk space, workspaces that fill it are stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from contract.names import DiskLevel
from manager.domain.policy import Policy

_WORTH_WRITING_PART = 0.01
"""A record is written when the use has changed by this part of a limit."""

GROWTH_WINDOW_S = 120.0
"""Who wrote a lot longer ago does not fill the disk now."""
_GROWTH_BYTES_MIN = 32_000_000
"""Less is an editor that works; to stop it would help nobody."""
_HURRY_PART = 0.5
"""With less than this part of the reserve left, all growers are stopped at once."""


@dataclass(frozen=True)
class HomeUse:
    """What a home takes on the disk: blocks, not the length of sparse files."""

    used_bytes: int
    used_files: int
    measured_at: float
    whole: bool = True
    """False: the time ended or a folder was unreadable; it uses at least this much."""


@dataclass(frozen=True)
class HomeDisk:
    use: HomeUse
    level: DiskLevel = DiskLevel.WITHIN
    grace_from: HomeUse | None = None
    """What the home used when its grace began; None: there is no grace."""
    stops_at: float | None = None
    """When the grace ends."""
    told: DiskLevel = DiskLevel.WITHIN
    """The level that the person was told of since the launch."""
    because: str = ""
    """Why its last stop for the disk was, words that follow 'because'."""

    def launched(self) -> HomeDisk:
        return replace(self, grace_from=None, stops_at=None, told=DiskLevel.WITHIN, because="")


def _part(more: HomeUse, less: HomeUse | None, policy: Policy) -> float:
    """What lies between two uses (None: nothing), as a part of the limit that is nearer."""
    used_bytes, used_files = (less.used_bytes, less.used_files) if less else (0, 0)
    return max(
        (more.used_bytes - used_bytes) / policy.home_bytes_max, (more.used_files - used_files) / policy.home_files_max
    )


def level_of(use: HomeUse, policy: Policy) -> DiskLevel:
    part = _part(use, None, policy)
    if part > 1.0:
        return DiskLevel.OVER
    return DiskLevel.NEAR if part >= policy.home_near_part else DiskLevel.WITHIN


def measured(disk: HomeDisk | None, use: HomeUse, *, running: bool, now: float, policy: Policy) -> HomeDisk:
    """Judge a new measurement. A partial one proves only that the home uses at least so much."""
    before = disk or HomeDisk(use)
    if not use.whole and disk is not None:
        used_bytes, used_files = max(use.used_bytes, disk.use.used_bytes), max(use.used_files, disk.use.used_files)
        use = replace(use, used_bytes=used_bytes, used_files=used_files)
    level = level_of(use, policy)
    updated = replace(before, use=use, level=level)
    if level is not DiskLevel.OVER or not running:
        return replace(updated, grace_from=None, stops_at=None)
    if before.grace_from is None or before.stops_at is None:
        return replace(updated, grace_from=use, stops_at=now + policy.home_grace_s)
    grown = _part(use, before.grace_from, policy) > policy.home_grace_growth_part
    return replace(updated, stops_at=min(before.stops_at, now)) if grown else updated


def worth_writing(before: HomeDisk | None, after: HomeDisk, policy: Policy) -> bool:
    """A record is not written for each of a program's temporary files."""
    if before is None or replace(before, use=after.use) != after:
        return True
    changed = max(_part(after.use, before.use, policy), _part(before.use, after.use, policy))
    return changed > _WORTH_WRITING_PART


@dataclass(frozen=True)
class Space:
    """One of the platform's file systems."""

    name: str
    """What it holds, words that follow 'The disk with': 'the homes'."""
    free_bytes: int
    total_bytes: int
    files_free: int = -1
    """Inodes; -1 where the file system makes them as needed."""
    files_total: int = -1


def reserve_of(space: Space, policy: Policy) -> int:
    return int(min(policy.disk_reserve_bytes, policy.disk_reserve_part_max * space.total_bytes))


def is_nearly_full(space: Space, policy: Policy) -> bool:
    few_files = space.files_total > 0 and space.files_free < policy.disk_reserve_part_max * space.files_total
    return space.free_bytes < reserve_of(space, policy) or (few_files and policy.disk_reserve_bytes > 0)


def to_stop(
    space: Space, before: Mapping[str, HomeUse], after: Mapping[str, HomeUse], policy: Policy
) -> tuple[str, ...]:
    """Which running workspaces to stop now so that the reserve comes back.

    The biggest grower first; without growers, one of which nobody can tell whether it grows: one
    over its limits, and any other when little of the reserve is left, because a program can keep a
    count from ending (it moves folders). One at a time, unless the disk fills fast.
    """
    if not is_nearly_full(space, policy):
        return ()
    known = {name: use.used_bytes for name, use in before.items() if use.whole}  # else a longer look would be growth
    grown = {name: use.used_bytes - known[name] for name, use in after.items() if name in known}
    growers = sorted((name for name in grown if grown[name] >= _GROWTH_BYTES_MIN), key=lambda name: -grown[name])
    hurry = space.free_bytes < _HURRY_PART * reserve_of(space, policy)
    if hurry and growers:
        return tuple(growers)
    partial = sorted((name for name, use in after.items() if not use.whole), key=lambda name: -after[name].used_bytes)
    unclear = [name for name in partial if hurry or level_of(after[name], policy) is DiskLevel.OVER]
    return tuple([*growers, *unclear][:1])
