"""What the API says about workspaces, and what it accepts. The portal's client is generated."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from contract.names import DiskLevel, LaunchPath, StepName, StopReason, WorkspaceKind, WorkspaceSize, WorkspaceState

KEEP_RUNNING_HOURS_MAX = 168
"""A sanity limit of the input only; the manager caps the request at its own, smaller limit."""


class LaunchStepOut(Schema):
    name: StepName
    at: datetime
    text: str


class ActivityOut(Schema):
    at: datetime
    reason: str
    """Plain words that follow 'You': 'typed in the editor'."""
    is_start: bool
    """Nobody has done anything since the workspace started."""


class OwnerOut(Schema):
    id: UUID
    name: str


class HomeUseOut(Schema):
    used_bytes: int
    used_files: int
    limit_bytes: int
    limit_files: int
    level: DiskLevel
    text: str
    """For the student, sentences; empty while the home is within its limits."""


class PortOut(Schema):
    port: int
    url: str
    """Leads the owner to what the program serves there."""


class WorkspaceOut(Schema):
    id: str
    kind: WorkspaceKind
    name: str
    state: WorkspaceState
    url: str
    """The door: launches or resumes the workspace, then leads into it."""
    steps: list[LaunchStepOut]
    launch_path: LaunchPath | None
    running_since: datetime | None
    last_activity: ActivityOut | None
    idle_timeout_s: float
    stops_at: datetime | None
    stops_because: str | None
    stops_reason: StopReason | None
    """Whether the idle timeout, the session limit or a full home ends it at `stops_at`."""
    warned: bool
    keep_running_until: datetime | None
    keep_running_max_s: float
    stop_reason: StopReason | None
    stopped_at: datetime | None
    deleted_at: datetime | None
    purge_at: datetime | None
    failure: str | None
    has_home: bool
    size: WorkspaceSize
    """Of the newest launch; a change of the cohort's takes effect at the next one."""
    has_history: bool
    """This school keeps a history of its files."""
    files_at_rest: bool
    """Its files can be read while it is stopped (`history/now/`). One machine has `has_history`."""
    home_use: HomeUseOut | None
    """None: not measured yet."""
    owner: OwnerOut


class SizeOut(Schema):
    """What a size of workspace means in this school."""

    size: WorkspaceSize
    memory_mib: int
    is_default: bool


class SizeListOut(Schema):
    items: list[SizeOut]
    """The smallest first."""
    choices: list[WorkspaceSize]
    """Which of them you may choose for your own workspaces; empty: your school decides."""
    chosen: WorkspaceSize | None
    """Your choice; null: what your school decides."""


class ChooseSizeIn(Schema):
    size: WorkspaceSize | None
    """Null: what your school decides."""


class KindOut(Schema):
    kind: WorkspaceKind
    ready: bool
    text: str
    """Progress in plain words while it is not ready."""


class WorkspaceListOut(Schema):
    items: list[WorkspaceOut]
    kinds: list[KindOut]
    notices: list[str]
    """What concerns everybody's workspaces now, sentences: the platform's disk is nearly full."""


class CreateWorkspaceIn(Schema):
    kind: WorkspaceKind | None = None
    """Left out: the kind that follows from the student's track (VS Code for staff)."""


class ProgramsOut(Schema):
    workspace_id: str
    programs: list[str]
    """Of the student, which a stop would end: 'npm run dev', 'python train.py (2)'."""
    known: bool
    """False: the workspace could not be asked, so there may be some."""


class KeepRunningIn(Schema):
    hours: Annotated[float, Field(ge=0, le=KEEP_RUNNING_HOURS_MAX, allow_inf_nan=False)]
    """From now; 0 cancels an earlier request."""


class DeleteWorkspaceIn(Schema):
    name: Annotated[str, Field(max_length=200)]
    """The workspace's name, typed by the person: a delete by mistake must not happen."""


class WorkspaceEvent(Schema):
    """`event: workspace` of the stream."""

    event: Literal["workspace"]
    data: WorkspaceOut


class NoticesEvent(Schema):
    """`event: notices` of the stream."""

    event: Literal["notices"]
    data: list[str]


class PortsEvent(Schema):
    """`event: ports` of the stream: on which ports the student's programs listen now."""

    event: Literal["ports"]
    data: list[PortOut]


class KindsEvent(Schema):
    """`event: kinds` of the stream."""

    event: Literal["kinds"]
    data: list[KindOut]
