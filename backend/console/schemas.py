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
from backend.workspaces.schemas import ActivityOut, ProgramsOut
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
    restoring: bool
    """All its files are being put back as they were in a snapshot; it cannot be launched."""
    restored: str | None
    """How that ended, while nothing has happened since."""
    size: WorkspaceSize
    """How much memory it gets."""
    memory_bytes: int | None
    """What its programs hold, in steps of 25 MB; null: it does not run, or is not measured yet."""
    memory_limit_bytes: int | None
    disk_bytes: int | None
    """Null: not measured yet."""
    disk_limit_bytes: int | None


class WorkspacePageOut(Schema):
    items: list[WorkspaceRowOut]
    total: int
    per_page: int


WorkspaceId = Annotated[str, Field(pattern="^[a-z0-9-]{1,13}$")]


class StopAllIn(Schema):
    ids: Annotated[list[WorkspaceId], Field(min_length=1, max_length=ROWS_PER_PAGE)]


class ProgramsIn(Schema):
    ids: Annotated[list[WorkspaceId], Field(min_length=1, max_length=ROWS_PER_PAGE)]


class ProgramsListOut(Schema):
    items: list[ProgramsOut]


class SnapshotOut(Schema):
    id: str
    taken_at: datetime


class SnapshotsOut(Schema):
    items: list[SnapshotOut]
    """Newest first."""
    workspace: WorkspaceRowOut


class RestoreIn(Schema):
    snapshot: Annotated[str, Field(pattern="^[0-9a-z-]{1,64}$")]
    """Its id."""


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


class FindingState(enum.StrEnum):
    FINE = "fine"
    LOOK = "look"
    """It may be right; a person should look at it."""
    BROKEN = "broken"


class FindingOut(Schema):
    name: str
    state: FindingState
    text: str
    remedy: str
    """What to do; empty: nothing."""
    since: datetime | None
    """Since when it is so; null: not known."""
    guide: str | None
    """The document that says more, and its heading."""


class ConsoleHealthOut(Schema):
    findings: list[FindingOut]
    """Broken ones first."""
    doctor_asked_at: datetime | None
    """When the doctor last looked at the machine; null: not yet, or not here."""
    on_aws: bool
    """True: what is not in this list, CloudWatch shows."""


class SizeNeedOut(Schema):
    size: WorkspaceSize
    memory_mib: int
    workspaces: int


class NeedOut(Schema):
    """What the classes that are on at one moment need if everybody comes."""

    at: datetime
    """When one of them begins."""
    cohorts: list[NamedOut]
    sizes: list[SizeNeedOut]
    memory_mib: int
    fits: bool
    """False: more than this installation may run at once."""


class SessionsOut(Schema):
    running: int
    starting: int
    stopping: int


class DiskRoomOut(Schema):
    place: str
    free_bytes: int
    total_bytes: int
    reserve_bytes: int


class MachineOut(Schema):
    memory_bytes: int
    memory_free_bytes: int
    cpus: int
    load: float
    """Programs that want a CPU, over the last minute."""
    workspaces_bytes: int
    """Memory of all workspaces together; 0: nothing counts it."""
    disks: list[DiskRoomOut]


class PoolOut(Schema):
    policy: str
    ready: int
    target: int
    reasons: list[str]
    """Why the planner wants so many, then what was done, newest first."""
    spent_h: float
    """Hours of warm tasks that nobody had yet, today."""


class CapacityOut(Schema):
    sessions: SessionsOut
    memory_taken_mib: int
    """What the sizes of all workspaces that are up add up to."""
    memory_max_mib: int | None
    """What they may add up to; null: on AWS, the account's quota counts."""
    tasks_max: int | None
    """So many run at once; null: as above."""
    machine: MachineOut | None
    pool: PoolOut | None
    needs: list[NeedOut]
    """Of the next seven days, at each moment when a class begins."""
    more_needs: int
    """So many later moments are left out."""
    largest: NeedOut | None
    """The one that needs the most memory."""
