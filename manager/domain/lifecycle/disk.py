"""What a home uses of the disk, and what follows for its workspace.

Over its limits a running workspace gets a grace, in which its student can clean up; then it is
saved and stopped, with all files. The next launch begins another grace. A home that grows on during
the grace ends it at once, so each launch can add only a part of the limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from contract.names import DiskLevel
from manager.domain.policy import Policy

_WORTH_WRITING_PART = 0.01
"""A record is written when the use has changed by this part of a limit."""


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


def level_of(use: HomeUse, policy: Policy) -> DiskLevel:
    part = max(use.used_bytes / policy.home_bytes_max, use.used_files / policy.home_files_max)
    if part > 1.0:
        return DiskLevel.OVER
    return DiskLevel.NEAR if part >= policy.home_near_part else DiskLevel.WITHIN


def measured(disk: HomeDisk | None, use: HomeUse, *, running: bool, now: float, policy: Policy) -> HomeDisk:
    """Judge a new measurement. A partial one proves only that the home uses at least so much."""
    before = disk or HomeDisk(use)
    if not use.whole and disk is not None:
        known = disk.use
        use = replace(
            use,
            used_bytes=max(use.used_bytes, known.used_bytes),
            used_files=max(use.used_files, known.used_files),
        )
    level = level_of(use, policy)
    updated = replace(before, use=use, level=level)
    if level is not DiskLevel.OVER or not running:
        return replace(updated, grace_from=None, stops_at=None)
    if before.grace_from is None or before.stops_at is None:
        return replace(updated, grace_from=use, stops_at=now + policy.home_grace_s)
    grown = (
        use.used_bytes - before.grace_from.used_bytes > policy.home_grace_growth_part * policy.home_bytes_max
        or use.used_files - before.grace_from.used_files > policy.home_grace_growth_part * policy.home_files_max
    )
    return replace(updated, stops_at=min(before.stops_at, now)) if grown else updated


def worth_writing(before: HomeDisk | None, after: HomeDisk, policy: Policy) -> bool:
    """A record is not written for each of a program's temporary files."""
    if before is None or replace(before, use=after.use) != after:
        return True
    return (
        abs(after.use.used_bytes - before.use.used_bytes) > _WORTH_WRITING_PART * policy.home_bytes_max
        or abs(after.use.used_files - before.use.used_files) > _WORTH_WRITING_PART * policy.home_files_max
    )
