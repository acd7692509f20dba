"""What the API says about cohorts and what it accepts."""

from __future__ import annotations

import base64
import functools
import zoneinfo
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from ninja import Schema
from pydantic import AfterValidator, Field

from backend.accounts.roles import ROLE_NAMES, Role, Track
from backend.cohorts.models import Cohort, Feed, Membership, Timetable, VisitMode, VisitReason
from backend.cohorts.readings import coming_classes, find_feed, find_timetable
from backend.platform.names import clean_name
from backend.platform.public_fetch import ADDRESS_LENGTH_MAX
from calendars.classes import ClassMeeting
from contract.names import WorkspaceKind, WorkspaceSize, WorkspaceState

FILE_CHARACTERS_MAX = 512 * 1024
"""Of a request; the file's own limit is smaller and has a better message."""
FILE_BASE64_MAX = 720 * 1024
"""As UTF-16 a file has twice its bytes, and in Base64 a third more."""
INSTRUCTORS_MAX = 50


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("this is no time zone; use a name such as Europe/Berlin")
    return value


CohortName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(clean_name)]
FileName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(clean_name)]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]


def bytes_of_base64(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise ValueError("the file's bytes are expected in Base64") from None


CalendarBytes = Annotated[str, Field(max_length=FILE_BASE64_MAX), AfterValidator(bytes_of_base64)]
CalendarText = Annotated[str, Field(max_length=FILE_CHARACTERS_MAX)]


class InstructorOut(Schema):
    id: UUID
    name: str = Field(validation_alias="display_name")


class TeacherOut(InstructorOut):
    role: Role
    """Instructor, or teaching assistant."""


class InstructorListOut(Schema):
    items: list[TeacherOut]


class ClassOut(Schema):
    starts_at: datetime
    ends_at: datetime
    title: str


class CohortOut(Schema):
    id: UUID
    name: str
    track: Track
    time_zone: str
    active: bool
    """False: the term is over; nothing is started ahead for it."""
    size: WorkspaceSize | None
    """Of its students' workspaces, from their next launch on; null: the school's default."""
    choice_up_to: WorkspaceSize | None
    """The largest size that its students may choose for themselves; null: they choose none."""
    students: int = Field(validation_alias="student_count")
    instructors: list[TeacherOut]
    has_timetable: bool
    next_class: ClassOut | None
    """The current class, or the next one within 14 days."""

    @staticmethod
    def resolve_has_timetable(cohort: Cohort) -> bool:
        return find_timetable(cohort) is not None

    @staticmethod
    def resolve_next_class(cohort: Cohort) -> ClassMeeting | None:
        return next(iter(coming_classes(cohort)), None)


class OwnClassOut(Schema):
    """What a student is told of the class."""

    name: str
    time_zone: str
    instructors: list[str]
    """Their names; a teaching assistant's says so."""
    next_class: ClassOut | None
    """The current class, or the next one within 14 days; null when the term is over."""

    @staticmethod
    def resolve_instructors(cohort: Cohort) -> list[str]:
        people = cohort.instructors.filter(is_active=True).order_by("name", "email")
        return [
            f"{it.display_name} ({ROLE_NAMES[Role.ASSISTANT]})" if it.role == Role.ASSISTANT else it.display_name
            for it in people
        ]

    @staticmethod
    def resolve_next_class(cohort: Cohort) -> ClassMeeting | None:
        return next(iter(coming_classes(cohort)), None) if cohort.active else None


class OwnClassAnswer(Schema):
    cohort: OwnClassOut | None


class CohortListOut(Schema):
    items: list[CohortOut]


class MemberOut(Schema):
    id: UUID = Field(validation_alias="student.pk")
    name: str = Field(validation_alias="student.display_name")
    email: str = Field(validation_alias="student.email")
    active: bool = Field(validation_alias="student.is_active")
    """False: the account is deactivated."""
    joined_at: datetime


class ChangeOut(Schema):
    """A class that is new (`before` is null), gone (`after` is null), or at another time."""

    before: ClassOut | None
    after: ClassOut | None


class FeedOut(Schema):
    """The calendar's address that a timetable follows. It may be secret: only its host is here."""

    host: str
    read_at: datetime
    """When it was last read without a problem, whether or not it had changed."""
    changed_at: datetime | None
    changes: list[ChangeOut]
    """What was different then; at most 20."""
    changes_count: int
    broken_since: datetime | None
    """Since then it cannot be read, and the timetable is the last good one."""
    problem: str


class TimetableOut(Schema):
    file_name: str
    uploaded_at: datetime
    uploaded_by: str | None
    classes: list[ClassOut]
    """Of the next 14 days, the next one first."""
    notes: list[str]
    """Sentences on what was left out of the file."""

    feed: FeedOut | None
    """None: the timetable was uploaded."""

    @staticmethod
    def resolve_feed(timetable: Timetable) -> Feed | None:
        return find_feed(timetable.cohort)

    @staticmethod
    def resolve_uploaded_by(timetable: Timetable) -> str | None:
        return timetable.uploaded_by.display_name if timetable.uploaded_by else None

    @staticmethod
    def resolve_classes(timetable: Timetable) -> list[ClassMeeting]:
        return coming_classes(timetable.cohort)


class CohortDetailOut(CohortOut):
    members: list[MemberOut]
    timetable: TimetableOut | None
    shows_history: bool
    """The school lets instructors see the history of their students' files."""

    @staticmethod
    def resolve_shows_history(cohort: Cohort) -> bool:
        return settings.ENVIRONMENT.help_history and cohort.kind is WorkspaceKind.VSCODE

    @staticmethod
    def resolve_members(cohort: Any) -> Iterable[Membership]:
        return cohort.memberships.select_related("student").order_by("student__name", "student__email")

    @staticmethod
    def resolve_timetable(cohort: Cohort) -> Timetable | None:
        return find_timetable(cohort)


class CandidateOut(InstructorOut):
    email: str


class CandidateListOut(Schema):
    items: list[CandidateOut]


class PreviewOut(Schema):
    """What a calendar file would mean for a cohort."""

    classes: list[ClassOut]
    notes: list[str]


class CreateCohortIn(Schema):
    name: CohortName
    track: Track
    """For life."""
    time_zone: TimeZone
    size: WorkspaceSize | None = None
    choice_up_to: WorkspaceSize | None = None


class ChangeCohortIn(Schema):
    """What is left out stays."""

    name: CohortName | None = None
    time_zone: TimeZone | None = None
    active: bool | None = None
    size: WorkspaceSize | None = None
    """Null stands for the school's default; left out, it stays."""
    choice_up_to: WorkspaceSize | None = None
    """Null: students choose none; left out, it stays."""


class DeleteCohortIn(Schema):
    name: Annotated[str, Field(max_length=200)]
    """The cohort's name, typed by the person: a delete by mistake must not happen."""


class InstructorsIn(Schema):
    instructor_ids: Annotated[list[UUID], Field(max_length=INSTRUCTORS_MAX)]


class PreviewIn(Schema):
    content: CalendarText = ""
    """iCalendar (RFC 5545), at most 256 kB."""
    file: CalendarBytes | None = None
    """The same as bytes in Base64, whose encoding is found out. It goes before `content`."""

    @property
    def sent(self) -> str | bytes:
        return self.content if self.file is None else self.file


class TimetableIn(PreviewIn):
    file_name: FileName


class FeedIn(Schema):
    address: Annotated[str, Field(min_length=1, max_length=ADDRESS_LENGTH_MAX)]
    """Of a calendar, with https:// or webcal://."""


class TileActivityOut(Schema):
    at: datetime
    reason: str
    """Plain words that follow a name: 'typed in the editor'."""
    is_start: bool
    """Nobody has done anything since the workspace started."""


class TileStudentOut(Schema):
    id: UUID
    name: str


class HelperOut(Schema):
    id: UUID
    name: str
    mode: VisitMode


class TileOut(Schema):
    """A student on the class's wall."""

    student: TileStudentOut
    state: WorkspaceState | None
    """Null: there is no workspace yet."""
    activity: TileActivityOut | None
    running_since: datetime | None
    failure: str | None
    asked_at: datetime | None
    """Since when the student asks for help."""
    helpers: list[HelperOut]
    """Instructors who are in the workspace to help, or look at its files."""
    may_open: bool
    """Whether an instructor of the cohort may open the workspace now."""
    may_look: bool
    """Whether they may look at its files now."""


class WallOut(Schema):
    items: list[TileOut]
    """By name."""


class ClassWorkspacesOut(Schema):
    """What became of starting or stopping the workspaces of a class."""

    changed: int
    """So many are being started or stopped now; the others were up, or down, already."""
    failed: int
    failure: str
    """Why, of the first one; empty: none failed."""


class VisitOut(Schema):
    """You may be in a student's workspace."""

    url: str
    """Opens it in a tab of its own."""
    ends_at: datetime


class VisitorOut(Schema):
    """An instructor who is, or may be, in your workspace."""

    name: str = Field(validation_alias="visitor.display_name")
    began_at: datetime
    ends_at: datetime
    because: VisitReason
    mode: VisitMode


class HelpOut(Schema):
    can_ask: bool
    """Whether the person is in a class, whose instructors would see it."""
    asked_at: datetime | None
    visits: list[VisitorOut]
    """Who is in your workspace to help. A visit by your call ends when you take that back."""
