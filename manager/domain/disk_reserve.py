"""The platform's reserve of disk space, and which workspaces are stopped to keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contract.names import DiskLevel
from manager.domain.lifecycle.disk import HomeUse, level_of
from manager.domain.policy import Policy

GROWTH_WINDOW_S = 120.0
"""Who wrote a lot longer ago does not fill the disk now."""
_GROWTH_BYTES_MIN = 32_000_000
"""Less is an editor that works; to stop it would help nobody."""
_HURRY_PART = 0.5
"""With less than this part of the reserve left, all growers are stopped at once."""


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
