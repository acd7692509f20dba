"""What the API says about a home's history, and what it accepts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from contract.history import KEY_LENGTH_MAX, Cause, PutBackState

PathIn = Annotated[str, Field(max_length=KEY_LENGTH_MAX)]


class NotKeptOut(Schema):
    name: str
    reason: str
    """Words that follow the name: 'is a link'."""


class CheckpointOut(Schema):
    id: str
    taken_at: datetime
    cause: Cause
    files: int
    changed: list[str]
    """Names of the first files that differ from the checkpoint before."""
    changed_count: int
    left_out: list[NotKeptOut]
    left_out_count: int


class HistoryOut(Schema):
    items: list[CheckpointOut]
    """Newest first."""
    every_minutes: float
    """How often there is one while its student works."""
    instructors_see_it: bool
    """The school lets a student's instructors read it, too."""


class EntryOut(Schema):
    path: str
    """Percent-encoded, below the home: what `path` of the other operations takes."""
    name: str
    is_folder: bool
    size: int
    """Bytes; of a folder, the number of files in it, 0 where they were not counted."""
    changed_at: datetime | None


class FolderOut(Schema):
    items: list[EntryOut]
    cut: bool
    """There are more."""


class DifferenceLineOut(Schema):
    kind: str
    """One character: + added, - removed, a space for the same, … for lines that were left out."""
    text: str


class PastFileOut(Schema):
    text: str | None
    """Null: it is no text."""
    cut: bool
    """The text is longer than what is shown."""
    size: int
    compared: bool
    """There were two texts to compare."""
    missing_there: bool
    """It was to be compared, and there is no such file there."""
    lines: list[DifferenceLineOut]
    """What changed from the earlier to the later of both; empty: nothing."""


class FileVersionOut(Schema):
    checkpoint: str
    """The first that has the file like this."""
    taken_at: datetime
    size: int
    is_there: bool
    """No: the file was gone then."""


class FileVersionsOut(Schema):
    items: list[FileVersionOut]
    """Oldest first, each different from the one before."""
    cut: bool
    """There may be older ones."""


class LookOut(Schema):
    """You may look at a student's files."""

    student: str


class LookedFileOut(Schema):
    text: str | None
    """Null: it is no text."""
    cut: bool
    """The text is longer than what is shown."""
    size: int


class PutBackIn(Schema):
    path: PathIn
    """Percent-encoded; empty: everything."""
    continues: Annotated[str, Field(max_length=500)] = ""
    """`continues` of the answer before, while that was *working*."""


class PutBackOut(Schema):
    state: PutBackState
    files: int
    """Those that were written. The others were the same."""
    left_out: list[NotKeptOut]
    left_out_count: int
    failure: str
    continues: str
