"""Roles and tracks, and which kinds of workspaces they lead to."""

from __future__ import annotations

import enum

from contract.names import WorkspaceKind


class Role(enum.StrEnum):
    STUDENT = "student"
    INSTRUCTOR = "instructor"
    ASSISTANT = "assistant"
    """A teaching assistant: sees the cohorts of theirs and helps, and changes nothing."""
    ADMIN = "admin"


TEACHING = (Role.INSTRUCTOR, Role.ASSISTANT)
"""Who may be among the people who teach a cohort."""
ROLE_NAMES = {role: "teaching assistant" if role is Role.ASSISTANT else role.value for role in Role}


class Track(enum.StrEnum):
    FSD = "FSD"
    """Full-stack development."""
    DP = "DP"
    """Data professional."""


KIND_OF_TRACK = {Track.FSD: WorkspaceKind.VSCODE, Track.DP: WorkspaceKind.SUPERSET}
