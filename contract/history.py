"""A home's history: checkpoints of its files, looking into them, and putting files back.

A path is bytes to the kernel, and a student may give a file any name. So messages carry a *key*:
the path below the home, percent-encoded. `path_of` and `key_of` are the only way between both.
"""

from __future__ import annotations

import enum
import os
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes, unquote_to_bytes

from contract.errors import ApraNovaError, Reason

NOW = "now"
"""In the place of a checkpoint's id: the home as it is."""
CHECKPOINT_ID_PATTERN = r"^(now|[0-9]{13}-[0-9a-f]{8})$"
KEPT_ID_PATTERN = r"^[0-9]{13}-[0-9a-f]{8}$"
PUT_BACK_ID_PATTERN = r"^[0-9a-f]{32}$"
FILE_BYTES_MAX = 16_000_000
"""A larger file has no history."""
PIECE_BYTES_MAX = 2_500_000
"""Of a file's content in one message: AWS Lambda carries 6 MB, and Base64 adds a third."""
FILES_MAX = 20_000
KEY_LENGTH_MAX = 3_000
PATH_BYTES_MAX = 1_000
DEPTH_MAX = 40
LEFT_OUT_MAX = 20
CHANGED_MAX = 3


class BadPath(ValueError):
    """It is no path below a home."""


class HistoryGone(ApraNovaError):
    """No such checkpoint, or nothing at that path in it."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(Reason.SNAPSHOT_NOT_FOUND, message, detail=detail)


class HistoryUnreadable(ApraNovaError):
    """What was stored is damaged, or the disk does not answer."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(Reason.INTERNAL, message, detail=detail)


def key_of(path: str) -> str:
    """`path` is what Python makes of a file's name (`os.fsdecode`)."""
    return quote_from_bytes(os.fsencode(path), safe="/")


def path_of(key: str) -> str:
    """The path below the home; empty: the home itself. Raises BadPath for what leads elsewhere."""
    if not key:
        return ""
    if len(key) > KEY_LENGTH_MAX or not key.isascii():
        raise BadPath("the path is too long or has letters that are not encoded")
    path = unquote_to_bytes(key)
    parts = path.split(b"/")
    if b"\0" in path or any(part in (b"", b".", b"..") for part in parts) or len(parts) > DEPTH_MAX:
        raise BadPath("the path leads out of the home")
    return os.fsdecode(path)


class Cause(enum.StrEnum):
    """Why a checkpoint was taken."""

    WORK = "work"
    STOP = "stop"
    PUT_BACK = "put_back"
    """Of what was there before older files were put back."""


@dataclass(frozen=True)
class LeftOut:
    name: str
    """Of a file or folder, printable."""
    reason: str
    """Words that follow it: 'is a link'."""


@dataclass(frozen=True)
class CheckpointView:
    checkpoint_id: str
    taken_at: float
    cause: Cause
    files: int = 0
    changed: tuple[str, ...] = ()
    """Printable paths of the first CHANGED_MAX files that differ from the checkpoint before."""
    changed_count: int = 0
    left_out: tuple[LeftOut, ...] = ()
    left_out_count: int = 0


@dataclass(frozen=True)
class HistoryAnswer:
    """HISTORY: newest first."""

    checkpoints: tuple[CheckpointView, ...]
    every_s: float = 600.0


@dataclass(frozen=True)
class HistoryPathRequest:
    """HISTORY_FOLDER and HISTORY_FILE: what lies at `key` in a checkpoint, or now."""

    workspace_id: str
    checkpoint_id: str
    key: str = ""
    offset: int = 0
    """HISTORY_FILE: where the piece begins."""


@dataclass(frozen=True)
class HistoryEntry:
    key: str
    name: str
    """Printable."""
    is_folder: bool
    size: int = 0
    """Bytes; of a folder, the number of files in it."""
    changed_at: float = 0.0


@dataclass(frozen=True)
class HistoryFolder:
    """Folders first, each by name."""

    entries: tuple[HistoryEntry, ...]
    cut: bool = False
    """There are more."""


@dataclass(frozen=True)
class HistoryPiece:
    content: str = field(repr=False)
    """In Base64."""
    size: int = 0
    """Of the whole file."""
    digest: str = ""
    """SHA-256 of the whole file, hexadecimal; empty: the home as it is."""


@dataclass(frozen=True)
class LookRequest:
    """To an agent: what is in the home now, where nobody else can read a home that runs."""

    key: str = ""
    offset: int | None = None
    """Where the piece of a file begins; None: the list of a folder."""


@dataclass(frozen=True)
class LookAnswer:
    """A student's programs run beside the agent: nothing in it is to be believed unseen."""

    folder: HistoryFolder | None = None
    piece: HistoryPiece | None = None
    gone: str = ""
    """Why there is nothing at that place, a sentence without a full stop."""
    failure: str = ""


@dataclass(frozen=True)
class HistoryVersionsRequest:
    """HISTORY_VERSIONS: how one file changed from checkpoint to checkpoint."""

    workspace_id: str
    key: str


@dataclass(frozen=True)
class FileVersion:
    """The first checkpoint that has a file with this content, or has it no more."""

    checkpoint_id: str
    taken_at: float
    size: int = 0
    is_there: bool = True


@dataclass(frozen=True)
class HistoryVersions:
    """Oldest first."""

    versions: tuple[FileVersion, ...]
    cut: bool = False
    """There may be older ones."""


@dataclass(frozen=True)
class PutBackRequest:
    """PUT_BACK: bring a file, a folder, or (with no key) everything back as it was. Files that are
    only there now stay. What is replaced becomes a checkpoint first."""

    workspace_id: str
    checkpoint_id: str
    key: str
    put_back_id: str
    """The same while one request is asked for again and again."""


class PutBackState(enum.StrEnum):
    DONE = "done"
    WORKING = "working"
    """It takes long: ask again with the same request."""
    FAILED = "failed"


@dataclass(frozen=True)
class PutBackAnswer:
    state: PutBackState
    files: int = 0
    """Those that were written. The others were the same."""
    left_out: tuple[LeftOut, ...] = ()
    left_out_count: int = 0
    failure: str = ""
    """A sentence for the student."""


@dataclass(frozen=True)
class FilePiece:
    """A part of a file that goes back. The last part makes the file appear, whole."""

    key: str
    content: str = field(repr=False)
    """In Base64."""
    offset: int = 0
    size: int = 0
    """Of the whole file."""
    digest: str = ""
    mode: int = 0o644


@dataclass(frozen=True)
class WriteRequest:
    """To the agent of a home that runs, or to where a home at rest lies."""

    put_back_id: str
    pieces: tuple[FilePiece, ...]


@dataclass(frozen=True)
class WriteAnswer:
    left_out: tuple[LeftOut, ...] = ()
    failure: str = ""
    """A sentence; the rest would fail, too."""
