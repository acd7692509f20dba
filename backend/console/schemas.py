"""What the console's API says and accepts."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

from backend.accounts.roles import Role, Track
from backend.console.pages import ROWS_PER_PAGE, PageIn, SearchText
from backend.workspaces.schemas import ActivityOut
from contract.names import StopReason, WorkspaceKind, WorkspaceSize, WorkspaceState

HOURS_MAX = 168


class WorkspacesIn(PageIn):
    cohort: UUID | None = None
    kind: WorkspaceKind | None = None
    up: bool = True
    """Only those that are up, or were so in the last two minutes."""


class NamedOut(Schema):
    id: UUID
    name: str


class RowOwnerOut(Schema):
    id: UUID
    name: str
    email: str
    active: bool
    """False: the account is deactivated."""


class WorkspaceRowOut(Schema):
    id: str
    name: str
    kind: WorkspaceKind
    owner: RowOwnerOut
    cohort: NamedOut | None
    """Its student's; null: in none, or not a student."""
    state: WorkspaceState
    running_since: datetime | None
    last_activity: ActivityOut | None
    stops_at: datetime | None
    stops_because: str | None
    keep_running_until: datetime | None
    stop_reason: StopReason | None
    stopped_at: datetime | None
    failure: str | None
    snapshot_failure: str | None
    """Why its newest files have no snapshot."""
    size: WorkspaceSize
    """How much memory it gets."""
    disk_bytes: int | None
    """Null: not measured yet."""
    disk_limit_bytes: int | None


class WorkspacePageOut(Schema):
    items: list[WorkspaceRowOut]
    total: int
    per_page: int


class StopAllIn(Schema):
    ids: Annotated[list[Annotated[str, Field(max_length=13)]], Field(min_length=1, max_length=ROWS_PER_PAGE)]


class KeepIn(Schema):
    hours: Annotated[float, Field(ge=0, le=HOURS_MAX, allow_inf_nan=False)]
    """From now, which the platform caps; 0 cancels an earlier request."""


class Seen(enum.StrEnum):
    """When somebody last signed in or had a workspace up."""

    WITHIN_WEEK = "within_week"
    NOT_FOR_MONTH = "not_for_month"
    NEVER = "never"


class PeopleIn(PageIn):
    role: Role | None = None
    track: Track | None = None
    cohort: UUID | None = None
    active: bool | None = None
    seen: Seen | None = None


class ErasureOut(Schema):
    due_at: datetime
    """Until then it can be taken back."""
    begun_at: datetime | None
    problem: str
    """Why it did not finish yet; empty: it goes on."""


class EraseIn(Schema):
    name: Annotated[str, Field(max_length=200)]
    """The person's, typed to confirm."""


class PersonOut(Schema):
    id: UUID
    name: str = Field(validation_alias="display_name")
    email: str
    role: Role
    track: Track | None
    active: bool = Field(validation_alias="is_active")
    """False: the account is deactivated."""
    cohort: NamedOut | None
    """A student's."""
    second_factor: bool
    seen_at: datetime | None
    """When they last signed in or had a workspace up; null: never."""
    workspaces: int
    erasure: ErasureOut | None
    """The person is to be erased."""


class PeopleOut(Schema):
    items: list[PersonOut]
    total: int
    per_page: int
    erase_grace_days: int
    """How long an erasure can be taken back."""


class AuditFilter(Schema):
    person: SearchText = ""
    """Who did it, or to whom or to whose workspace: words of a name or an address."""
    action: SearchText = ""
    """How its name begins: `workspace.`, `user.signed_in`."""
    since: datetime | None = None
    until: datetime | None = None
    """Times without a zone are UTC."""


class AuditIn(AuditFilter):
    before: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    """Only records older than this one's id."""


class AuditRecordOut(Schema):
    id: int
    at: datetime
    who: str
    """The actor's address at that time; empty: nobody was signed in, or the platform did it."""
    sentence: str
    action: str
    target: str
    """Its type and id."""
    ip: str | None
    details: dict[str, Any]


class AuditOut(Schema):
    items: list[AuditRecordOut]
    more_before: int | None
    """For the next page; null: there is none."""
