"""Reading what students handed in: as text, as bytes, and all of it as one zip. Nothing of it is
ever rendered or run."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async

from backend.accounts.models import User
from backend.assignments.models import Assignment, Bundle, Copy, Submission
from backend.assignments.submission_states import SubmissionState, is_late
from backend.platform.database_connection import release_connection
from backend.platform.difference import TEXT_BYTES_MAX, Line, difference, text_of
from backend.platform.problems import not_found
from backend.platform.spreadsheet import cell_of_others, plain_cell
from contract.hand_out_files import HandOutFile, read_files

NEW, CHANGED, SAME, MISSING = "new", "changed", "same", "missing"
_SLUG_MAX = 40
_MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class FileEntry:
    path: str
    size: int
    change: str
    """Compared with the starter: new | changed | same; missing: the student has it no more."""


@dataclass(frozen=True)
class FileView:
    path: str
    text: str | None
    """None: it is no text."""
    cut: bool
    """The text is longer than what is shown."""
    lines: list[Line]
    """The difference to the starter; empty: there is none, or there is nothing to compare."""
    compared: bool


def get_copy(assignment: Assignment, student: User, number: int) -> Copy:
    found = Copy.objects.filter(submission__assignment=assignment, submission__student=student, number=number)
    copy = found.select_related("bundle", "starter").first()
    if copy is None:
        raise not_found("There is no such copy (any more).", reason="copy_not_found")
    return copy


def list_files(copy: Copy) -> list[FileEntry]:
    """By path; those of the starter that are missing, too."""
    theirs, starter = _files(copy.bundle), _files(copy.starter)
    there = [FileEntry(path, len(file.content), _change(file, starter.get(path))) for path, file in theirs.items()]
    gone = [FileEntry(path, len(file.content), MISSING) for path, file in starter.items() if path not in theirs]
    return sorted([*there, *gone], key=lambda entry: entry.path)


def view_file(copy: Copy, path: str) -> FileView:
    theirs, starter = _files(copy.bundle), _files(copy.starter)
    file, before = theirs.get(path), starter.get(path)
    if file is None and before is None:
        raise not_found("There is no such file in this copy.", reason="file_not_found")
    text = text_of(file.content) if file is not None else ""
    old = text_of(before.content) if before is not None else None
    compared = text is not None and old is not None
    lines = difference(old, text) if text is not None and old is not None else []
    shown = None if file is None or text is None else text
    whole = file is None or len(file.content) <= TEXT_BYTES_MAX
    return FileView(path, shown, cut=not whole, lines=lines, compared=compared)


def content_of(copy: Copy, path: str) -> bytes:
    file = _files(copy.bundle).get(path)
    if file is None:
        raise not_found("There is no such file in this copy.", reason="file_not_found")
    return file.content


def files_to_return(assignment: Assignment, student: User) -> bytes:
    """The zip that the instructors have now."""
    row = Submission.objects.filter(assignment=assignment, student=student).select_related("files").first()
    return _content(row.files if row is not None else None)


def returned_files(student: User, assignment_id: UUID) -> tuple[Assignment, bytes]:
    """The zip that was returned to the student."""
    rows = Submission.objects.filter(assignment=assignment_id, student=student, returned_at__isnull=False)
    row = rows.select_related("assignment", "returned_files").first()
    if row is None:
        raise not_found("Nothing was returned to you for this assignment (any more).", reason="nothing_returned")
    return row.assignment, _content(row.returned_files)


def _content(bundle: Bundle | None) -> bytes:
    if bundle is None:
        raise not_found("There are no files (any more).", reason="no_files")
    return bytes(bundle.content)


def _files(bundle: Bundle) -> dict[str, HandOutFile]:
    return {file.path: file for file in read_files(io.BytesIO(bytes(bundle.content)))}


def _change(file: HandOutFile, starter: HandOutFile | None) -> str:
    if starter is None:
        return NEW
    return SAME if file.content == starter.content else CHANGED


def folder_name(student: User) -> str:
    """A name that every computer takes, whatever the student is called: ada-kiel-3f2a91."""
    plain = unicodedata.normalize("NFKD", student.display_name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_MAX].strip("-") or "student"
    return f"{slug}-{student.pk.hex[:6]}"


async def stream_zip(copies: list[tuple[str, str]]) -> AsyncIterator[bytes]:
    """One zip of all (folder, bundle), made while it is sent: one bundle is in memory at a time."""
    sent = _Sent()
    archive = zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    for folder, sha256 in copies:
        await sync_to_async(_add)(archive, folder, sha256)
        yield sent.take()
    archive.close()
    yield sent.take()


class _Sent(io.RawIOBase):
    """A file that can only be written: zipfile then puts sizes behind the contents."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _add(archive: zipfile.ZipFile, folder: str, sha256: str) -> None:
    bundle = Bundle.objects.filter(pk=sha256).first()
    release_connection()
    if bundle is None:
        return  # deleted while the zip was sent
    for path, file in _files(bundle).items():
        entry = zipfile.ZipInfo(f"{folder}/{path}", _MOMENT)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o100644 << 16
        archive.writestr(entry, file.content)


def marks_csv(assignment: Assignment, found: Iterable[SubmissionState]) -> str:
    """For a spreadsheet, which must take no cell for a formula."""
    zone = ZoneInfo(assignment.cohort.time_zone)

    def clock(moment: datetime | None) -> str:
        return "" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")

    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(["Student", "Email", "Due", "Handed in", "Late", "Mark", "Comment", "Returned"])
    for it in found:
        copy = it.newest
        table.writerow(
            [
                cell_of_others(it.student.display_name),
                cell_of_others(it.student.email),
                clock(it.due_at),
                clock(copy.handed_in_at) if copy is not None else "",
                "yes" if copy is not None and is_late(copy, it.due_at) else "",
                plain_cell(it.row.mark if it.row is not None else ""),
                plain_cell(it.row.comment if it.row is not None else ""),
                clock(it.row.returned_at if it.row is not None else None),
            ]
        )
    return "\ufeff" + written.getvalue()
