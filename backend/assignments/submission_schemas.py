"""What the API says about submissions, and what it accepts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, Field

from backend.assignments.check_schemas import CheckStateOut, state_out
from backend.assignments.models import Assignment, CheckRun, Copy
from backend.assignments.schemas import LocalTime, local
from backend.assignments.submission_states import SubmissionState, is_late
from backend.assignments.submissions import COMMENT_LENGTH_MAX
from backend.assignments.zip_field import Zip

MARK_LENGTH_MAX = 20


def _one_line(value: str) -> str:
    words = " ".join(value.split())
    if not words.isprintable():
        raise ValueError("it has a character that cannot be seen: type it by hand")
    return words


def _storable(value: str) -> str:
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("it has a character that cannot be kept")
    return value.replace("\r\n", "\n").strip()


Mark = Annotated[str, Field(max_length=MARK_LENGTH_MAX), AfterValidator(_one_line)]
Comment = Annotated[str, Field(max_length=COMMENT_LENGTH_MAX), AfterValidator(_storable)]


class CollectIn(Schema):
    student_id: UUID | None = None
    """None: every student."""


class ExtensionIn(Schema):
    due_at: LocalTime | None
    """On the cohort's clocks. None: no extension."""


class FeedbackIn(Schema):
    """A field that is left out stays as it is."""

    mark: Mark | None = None
    comment: Comment | None = None


class UploadIn(Schema):
    name: Annotated[str, Field(min_length=1, max_length=240), AfterValidator(_storable)]
    content: Zip
    """In Base64."""


class ReturnFilesIn(Schema):
    files: Annotated[list[UploadIn], Field(max_length=100)]
    """At most 4 MB as a zip. A single zip stands for what is in it. None: no files."""


class LeftOutOut(Schema):
    path: str
    reason: str
    """Words that follow the path."""


class CopyOut(Schema):
    number: int
    collected_at: datetime
    handed_in_at: datetime
    """Nothing changed after it."""
    late: bool
    files: int
    bytes: int
    left_out: list[LeftOutOut]
    left_out_count: int
    check: CheckStateOut | None
    """Of the newest copy, where the assignment has a check."""


class SubmissionOut(Schema):
    student_id: UUID
    student: str
    state: str
    """collected | collecting | failed | not_yet"""
    text: str
    """What that means, a sentence."""
    due_at: datetime | None
    due_at_local: str | None
    extended: bool
    copies: list[CopyOut]
    """The newest first."""
    mark: str
    comment: str
    returned_at: datetime | None
    files: int
    """That come back with mark and comment."""
    files_bytes: int
    changed_since: bool
    """Mark, comment or files were changed after they were returned."""


class SubmissionListOut(Schema):
    title: str
    folder: str
    time_zone: str
    due_at_local: str | None
    has_check: bool
    shows_history: bool
    """You may see how a student's files grew."""
    items: list[SubmissionOut]
    """By name."""


class ReturnedOut(Schema):
    returned: int


class FileEntryOut(Schema):
    path: str
    size: int
    change: str
    """new | changed | same | missing, compared with the starter"""


class FileListOut(Schema):
    items: list[FileEntryOut]


class LineOut(Schema):
    kind: str
    """A space: the same; + added, - removed, … lines that are not shown."""
    text: str


class FileOut(Schema):
    path: str
    text: str | None
    """None: it is no text, or the student does not have it."""
    cut: bool
    """Only the start is shown."""
    compared: bool
    lines: list[LineOut]
    """The difference to the starter."""


def copy_out(copy: Copy, due_at: datetime | None, run: CheckRun | None) -> CopyOut:
    return CopyOut(
        number=copy.number,
        collected_at=copy.collected_at,
        handed_in_at=copy.handed_in_at,
        late=is_late(copy, due_at),
        files=copy.bundle.files_count,
        bytes=copy.bundle.bytes_unpacked,
        left_out=[LeftOutOut(path=path, reason=reason) for path, reason in copy.left_out],
        left_out_count=copy.left_out_count,
        check=state_out(run),
    )


def submission_out(it: SubmissionState, assignment: Assignment, runs: Mapping[int, CheckRun]) -> SubmissionOut:
    row = it.row
    return SubmissionOut(
        student_id=it.student.pk,
        student=it.student.display_name,
        state=it.state,
        text=it.text,
        due_at=it.due_at,
        due_at_local=local(it.due_at, assignment),
        extended=it.due_at != assignment.due_at,
        copies=[copy_out(copy, it.due_at, runs.get(copy.pk)) for copy in reversed(it.copies)],
        mark=row.mark if row is not None else "",
        comment=row.comment if row is not None else "",
        returned_at=row.returned_at if row is not None else None,
        files=row.files.files_count if row is not None and row.files is not None else 0,
        files_bytes=row.files.bytes_unpacked if row is not None and row.files is not None else 0,
        changed_since=row is not None
        and row.returned_at is not None
        and (row.mark, row.comment, row.files) != (row.returned_mark, row.returned_comment, row.returned_files),
    )
