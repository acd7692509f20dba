"""When a home gets a checkpoint, and which checkpoints are kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from contract.history import Cause
from contract.names import WorkspaceKind, WorkspaceState

if TYPE_CHECKING:  # a checkpoint's process needs neither, and starts in half the time without them
    from manager.domain.lifecycle.workspace import Workspace
    from manager.domain.policy import Policy

KINDS = frozenset({WorkspaceKind.VSCODE})
"""Whose homes hold files that a student writes. Superset keeps everything in a database."""
HISTORY_BYTES_MAX = 1_000_000_000
"""Of one home, packed, on the disk. Then the oldest checkpoints go."""
_HOUR_S, _DAY_S = 3_600.0, 86_400.0
_ALL_S = 2 * _DAY_S
_HOURLY_S = 7 * _DAY_S
_DAILY_S = 30 * _DAY_S
_WEEKLY_S = 182 * _DAY_S
_NEWEST_KEPT = 10


def due(workspace: Workspace, looked_at: float | None, now: float, policy: Policy) -> Cause | None:
    """Why this home should be looked at now; None: not yet.

    While it runs, every `history_every_s` in which somebody did something; once more after a stop.
    """
    if workspace.kind not in KINDS or workspace.home_created_at is None or workspace.restoring is not None:
        return None
    if workspace.state is WorkspaceState.STOPPED and workspace.stopped_at is not None:
        return Cause.STOP if looked_at is None or looked_at < workspace.stopped_at else None
    if workspace.state is WorkspaceState.RUNNING and workspace.running_since is not None:
        since = max(looked_at or 0.0, workspace.running_since)
        active_at = workspace.activity.at if workspace.activity is not None else 0.0
        return Cause.WORK if now - since >= policy.history_every_s and active_at > since else None
    return None


def kept(taken: Iterable[float], now: float) -> set[float]:
    """Which checkpoints stay, by their times: all of two days, one an hour for a week, one a day
    for 30 days, one a week for half a year; the newest ten whatever their age."""
    times = sorted(taken, reverse=True)
    stay = set(times[:_NEWEST_KEPT])
    stay.update(at for at in times if now - at <= _ALL_S)
    for within_s, each_s in ((_HOURLY_S, _HOUR_S), (_DAILY_S, _DAY_S), (_WEEKLY_S, 7 * _DAY_S)):
        newest: dict[int, float] = {}
        for at in times:
            if now - at <= within_s:
                newest.setdefault(int(at // each_s), at)
        stay.update(newest.values())
    return stay
