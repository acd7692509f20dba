"""When a home gets a checkpoint."""

from __future__ import annotations

from contract.history import Cause
from contract.names import WorkspaceKind, WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy

KINDS = frozenset({WorkspaceKind.VSCODE})
"""Whose homes hold files that a student writes. Superset keeps everything in a database."""


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
