"""What the API says about cohorts and what it accepts."""

from __future__ import annotations

import functools
import zoneinfo
from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, Field

from backend.accounts.roles import Track

FILE_CHARACTERS_MAX = 512 * 1024
"""Of a request; the file's own limit is smaller and has a better message."""
INSTRUCTORS_MAX = 50


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("this is no time zone; use a name such as Europe/Berlin")
    return value


def _text(value: str) -> str:
    words = value.strip()
    if not words or not words.isprintable():
        raise ValueError("letters, digits and usual signs are expected")
    return words


CohortName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_text)]
FileName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_text)]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
CalendarText = Annotated[str, Field(max_length=FILE_CHARACTERS_MAX)]


class InstructorOut(Schema):
    id: str
    name: str


class InstructorListOut(Schema):
    items: list[InstructorOut]


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
    students: int
    instructors: list[InstructorOut]
    has_timetable: bool
    next_class: ClassOut | None
    """The one that is on, or comes next within 14 days."""


class CohortListOut(Schema):
    items: list[CohortOut]


class MemberOut(Schema):
    id: str
    name: str
    email: str
    active: bool
    """False: the account is deactivated."""
    joined_at: datetime


class TimetableOut(Schema):
    file_name: str
    uploaded_at: datetime
    uploaded_by: str | None
    classes: list[ClassOut]
    """Of the next 14 days, the next one first."""
    notes: list[str]
    """Sentences on what was left out of the file."""


class CohortDetailOut(CohortOut):
    members: list[MemberOut]
    timetable: TimetableOut | None


class CandidateOut(Schema):
    id: str
    name: str
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


class ChangeCohortIn(Schema):
    """What is left out stays."""

    name: CohortName | None = None
    time_zone: TimeZone | None = None
    active: bool | None = None


class DeleteCohortIn(Schema):
    name: Annotated[str, Field(max_length=200)]
    """The cohort's name, typed by the person: a delete by mistake must not happen."""


class InstructorsIn(Schema):
    instructor_ids: Annotated[list[UUID], Field(max_length=INSTRUCTORS_MAX)]


class PreviewIn(Schema):
    content: CalendarText
    """iCalendar (RFC 5545), at most 256 kB."""


class TimetableIn(Schema):
    file_name: FileName
    content: CalendarText
