"""A person's data as one zip, written once from begin to end: it is never whole in memory."""

from __future__ import annotations

import csv
import io
import itertools
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from backend.accounts.models import User
from backend.personal_data.home_files import HomeFile, Lacking, files_of, pieces_of
from backend.personal_data.member_names import MemberNames
from backend.personal_data.tables import Table, copies_of, returned_of, tables_of
from backend.platform.spreadsheet import cell_of_others
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError, Reason

HOMES_BYTES_MAX = 2_000_000_000
"""Of the files of all homes of one person. What comes after it is named and left out."""
TOO_LARGE = "the copy would be too large, or this school keeps too many copies at the moment: ask again in some days"
_FIRST_YEAR, _LAST_YEAR = 1980, 2107
"""What a zip can say of a file's time."""

README = """\
What {school} keeps about {name} ({email}), as of {at}.

account.csv, cohorts.csv, …   what the school's database has. Each table is there twice:
                              .csv for a spreadsheet, in which no cell is a formula (so texts
                              are in one line, without semicolons), .json as it is. Times are UTC.
audit log.csv                 what this person did, and what was done to or for them. Other
                              people are not named.
submissions/                  what was collected of their work and what came back, by assignment.
homes/                        the files of their workspaces, as of the newest checkpoint.
left out.csv                  what is not in homes/, and why.

Marks and comments that were not returned yet are not in here. Passwords and the secrets of
two-step sign-in are kept in a form that cannot be read back, and are not in here either.

Of a home, this has the files that its history keeps: not programs' own hidden folders,
downloaded packages, caches, and what "left out.csv" names. A workspace without a history (Superset,
and all on AWS) can be opened and its work saved from there: in VS Code by a right click on a
folder, "Download …"; in Superset by "Export" of a dashboard. Whoever runs the school can also
restore the whole home from its snapshots (operator guide, "A person's data").
"""


@dataclass
class Counted:
    """What came into the zip."""

    homes_bytes_max: int = HOMES_BYTES_MAX
    files: int = 0
    bytes: int = 0
    lacking: list[tuple[str, Lacking]] = field(default_factory=list)
    """With the workspace's id."""


def write_zip(
    target: IO[bytes], person: User, *, school: str, now: datetime, homes_bytes_max: int = HOMES_BYTES_MAX
) -> Counted:
    """Write all of it to `target`, which need not seek.

    Raises ApraNovaError when the manager does not answer: then nothing of it is worth keeping.
    """
    names, counted = MemberNames(), Counted(homes_bytes_max)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        told = README.format(
            school=school, name=person.display_name, email=person.email, at=f"{now:%Y-%m-%d %H:%M} UTC"
        )
        with _member(archive, names.name_for("README.txt"), now) as member:
            member.write(told.encode())
        for table in tables_of(person):
            _write_table(archive, names, table, now)
        for copy in copies_of(person):
            folder = f"{copy.submission.assignment.folder}-{copy.submission.assignment.pk.hex[:6]}"
            with _member(archive, names.name_for("submissions", folder, f"copy {copy.number}.zip"), now) as member:
                member.write(bytes(copy.bundle.content))
        for returned in returned_of(person):
            folder = f"{returned.assignment.folder}-{returned.assignment.pk.hex[:6]}"
            with _member(archive, names.name_for("submissions", folder, "returned.zip"), now) as member:
                member.write(bytes(returned.returned_files.content))
        kept = Workspace.objects.filter(owner=person).exclude(purge_at__lte=now)
        for workspace in kept.order_by("created_at"):
            _write_home(archive, names, workspace, counted)
        lacking = [(workspace, it.path, it.reason) for workspace, it in counted.lacking]
        _write_table(archive, names, Table("left out", ("workspace", "path", "reason"), lambda: lacking), now)
    return counted


def _member(archive: zipfile.ZipFile, name: str, moment: datetime) -> IO[bytes]:
    year = min(max(moment.year, _FIRST_YEAR), _LAST_YEAR)
    entry = zipfile.ZipInfo(name, (year, moment.month, moment.day, moment.hour, moment.minute, moment.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o100644 << 16
    return archive.open(entry, "w", force_zip64=True)


def _write_table(archive: zipfile.ZipFile, names: MemberNames, table: Table, now: datetime) -> None:
    for ending, lines in (("csv", _csv_lines), ("json", _json_lines)):
        with _member(archive, names.name_for(f"{table.name}.{ending}"), now) as member:
            for line in lines(table):
                member.write(line.encode())


def _csv_lines(table: Table) -> Iterator[str]:
    yield "\ufeff"  # Excel takes it for UTF-8 then
    written = io.StringIO()
    rows = csv.writer(written)
    for row in itertools.chain([table.columns], table.rows()):
        rows.writerow([_cell(it) for it in row])
        yield written.getvalue()
        written.seek(0)
        written.truncate()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        case int() | float():
            return str(value)
        case dict() | list():
            return cell_of_others(json.dumps(value, ensure_ascii=False))
        case _:
            return cell_of_others(str(value))


def _json_lines(table: Table) -> Iterator[str]:
    between = "[\n"
    for row in table.rows():
        yield between + json.dumps(dict(zip(table.columns, row, strict=True)), ensure_ascii=False, default=_json_value)
        between = ",\n"
    yield "\n]\n" if between == ",\n" else "[]\n"


def _json_value(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _write_home(archive: zipfile.ZipFile, names: MemberNames, workspace: Workspace, counted: Counted) -> None:
    checkpoint_id, found = files_of(workspace)
    for it in found:
        if isinstance(it, Lacking):
            counted.lacking.append((workspace.pk, it))
        elif counted.bytes + it.size > counted.homes_bytes_max:
            counted.lacking.append((workspace.pk, Lacking(it.path, TOO_LARGE)))
        else:
            _write_file(archive, names, workspace, checkpoint_id, it, counted)


def _write_file(
    archive: zipfile.ZipFile,
    names: MemberNames,
    workspace: Workspace,
    checkpoint_id: str,
    file: HomeFile,
    counted: Counted,
) -> None:
    """At most 16 MB: it is read whole before the member begins, so that a file which cannot be read
    is left out and not half in the zip."""
    try:
        content = b"".join(pieces_of(workspace, checkpoint_id, file))
    except ApraNovaError as error:
        if error.reason is Reason.MANAGER_UNAVAILABLE:
            raise
        counted.lacking.append((workspace.pk, Lacking(file.path, error.message)))
        return
    with _member(archive, names.name_for("homes", workspace.pk, file.path), _moment(file.changed_at)) as member:
        member.write(content)
    counted.files += 1
    counted.bytes += len(content)


def _moment(seconds: float) -> datetime:
    """Students may set a file's time to any number."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
