"""Roles and tracks, and which kinds of workspaces they lead to."""

from __future__ import annotations

import enum

from contract.names import WorkspaceKind


class Role(enum.StrEnum):
    STUDENT = "student"
    INSTRUCTOR = "instructor"
    ADMIN = "admin"


class Track(enum.StrEnum):
    FSD = "FSD"
    """Full-stack development."""
    DP = "DP"
    """Data professional."""


KIND_OF_TRACK = {Track.FSD: WorkspaceKind.VSCODE, Track.DP: WorkspaceKind.SUPERSET}
