"""What the API says about assignments, and what it accepts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ninja import Schema
from pydantic import AfterValidator, Field

from backend.assignments.check_schemas import OwnCheckOut
from backend.assignments.models import Assignment
from backend.assignments.zip_field import Zip
from backend.platform.names import clean_name

_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")


def _local_time(value: str) -> str:
    if not _LOCAL.fullmatch(value):
        raise ValueError("a time is expected, such as 2026-11-30T09:00")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day or time") from None
    if not 2000 <= moment.year <= 2999:
        raise ValueError("the year cannot be used")
    return value


LocalTime = Annotated[str, AfterValidator(_local_time)]
"""A time on the cohort's clocks, without a zone."""
Title = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(clean_name)]


def moment_of(local: str | None, time_zone: str) -> datetime | None:
    return None if local is None else datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(time_zone))


class CreateAssignmentIn(Schema):
    title: Title
    file: Zip
    """A zip, in Base64, at most 4 MB."""
    releases_at: LocalTime | None = None
    """None: now."""
    due_at: LocalTime | None = None


class ChangeAssignmentIn(Schema):
    """A field that is left out stays as it is."""

    title: Title | None = None
    releases_at: LocalTime | None = None
    due_at: LocalTime | None = None
    """Null takes the due time away."""


class FilesIn(Schema):
    file: Zip
    """A zip, in Base64, at most 4 MB."""


class AssignmentOut(Schema):
    id: UUID
    title: str
    folder: str
    """Below ~/project."""
    version: int
    releases_at: datetime
    released: bool
    due_at: datetime | None
    releases_at_local: str
    """On the cohort's clocks: 2026-11-30T09:00."""
    due_at_local: str | None
    files: int
    bytes: int
    """Unpacked."""
    app_start: str
    """How the app starts that its files declare, in each student's workspace; empty: none."""
    app_port: int
    """Where it is shown beside the editor; 0: nowhere."""
    handed_out: int
    """Students of the cohort whose home has the newest version."""
    failed: int
    students: int


class AssignmentListOut(Schema):
    items: list[AssignmentOut]
    """Newest release first."""


class BesideOut(Schema):
    """A file that found its place taken and lies beside it. Paths below ~/project."""

    path: str
    new_path: str
    changed_by_student: bool
    """The student's file is no version that was handed out."""


class StudentStateOut(Schema):
    id: UUID
    name: str
    state: str
    """handed_out | waiting | failed"""
    text: str
    """What that means, a sentence."""
    at: datetime | None
    """When the newest version was handed out."""
    beside: list[BesideOut]
    """Of the version that the home has; at most 50."""
    beside_count: int


class AssignmentDetailOut(Schema):
    assignment: AssignmentOut
    students: list[StudentStateOut]


class OwnAssignmentOut(Schema):
    """An assignment as its student sees it."""

    id: UUID
    title: str
    path: str
    """Where it is: ~/project/lesson-1"""
    due_at: datetime | None
    """With the student's own extension."""
    handed_in_at: datetime | None
    """When the newest copy was handed in; null: none was taken yet."""
    late: bool
    returned_at: datetime | None
    mark: str
    comment: str
    """Mark and comment as they were returned; empty before."""
    returned_files: int
    """That came back with them."""
    returned_path: str
    """Where they are in the workspace: ~/project/lesson-1-returned"""
    returned_state: str
    """none | there | waiting | failed: whether the workspace has them"""
    returned_text: str
    """What that means, a sentence."""
    state: str
    """handed_out | waiting | failed"""
    text: str
    beside: list[BesideOut]
    beside_count: int
    check: OwnCheckOut | None
    """Null: there is none that the student may run."""


class OwnAssignmentListOut(Schema):
    items: list[OwnAssignmentOut]
    """Newest first, at most 50."""


def local(moment: datetime | None, assignment: Assignment) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(ZoneInfo(assignment.cohort.time_zone)).strftime("%Y-%m-%dT%H:%M")


def beside_out(rows: list[list[Any]]) -> list[BesideOut]:
    return [BesideOut(path=path, new_path=new, changed_by_student=changed) for path, new, changed in rows]
