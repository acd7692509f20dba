"""Which files an assignment may have, for who uploads it and for the home that gets it.

They travel as a zip: plain files with relative paths, below limits that keep a hand-out one message
to the manager (AWS Lambda takes 6 MB, and Base64 adds a third).
"""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

PACKED_BYTES_MAX = 4_000_000
UNPACKED_BYTES_MAX = 32_000_000
FILE_BYTES_MAX = 16_000_000
FILES_MAX = 2_000
PATH_BYTES_MAX = 240
NAME_BYTES_MAX = 180
"""Leaves room for what is added to a name that is taken."""
FOLDER_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
"""Of the folder below ~/project."""

_FORBIDDEN = {".git": "a Git repository of its own cannot be handed out"}
WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class BadFiles(ValueError):
    """The text says what is wrong with the files, in sentences."""


@dataclass(frozen=True)
class HandOutFile:
    path: str
    """Relative, with `/`."""
    content: bytes
    is_program: bool = False


def is_safe_folder(name: str) -> bool:
    return FOLDER_PATTERN.fullmatch(name) is not None


def fault_of(path: str) -> str:
    """Why a file cannot have this path, in words that follow it; empty: it can."""
    parts = path.split("/")
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "has letters that are not UTF-8"
    if not path or path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        return "leads out of the folder"
    if "\\" in path:
        return "has a backslash in its name"
    if not path.isprintable():
        return "has a line break or another invisible character in its name"
    if len(encoded) > PATH_BYTES_MAX or any(len(part.encode()) > NAME_BYTES_MAX for part in parts):
        return "has a name that is too long"
    forbidden = next((_FORBIDDEN[part.casefold()] for part in parts if part.casefold() in _FORBIDDEN), "")
    return f"is not possible: {forbidden}" if forbidden else ""


def read_files(packed: IO[bytes], *, leave_out: Callable[[str], bool] = lambda _: False) -> tuple[HandOutFile, ...]:
    """The files of a zip, by path, without those that `leave_out` names. Folders without files are
    left out. Raises BadFiles."""
    try:
        with zipfile.ZipFile(packed) as archive:
            named = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
            entries = [entry for entry in named if not leave_out(entry.filename)]
            _check(entries)
            return tuple(sorted((_read(archive, entry) for entry in entries), key=lambda file: file.path))
    except BadFiles:
        raise
    except UnicodeDecodeError:
        raise BadFiles("A file's name is not UTF-8. Rename it and zip the folder again.") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OverflowError) as problem:
        raise BadFiles(f"The zip file is damaged: {problem}") from None


def name_of(entry: zipfile.ZipInfo) -> str:
    """Many programs write UTF-8 without saying so; zipfile then takes it for the letters of DOS."""
    if entry.flag_bits & 0x800 or entry.filename.isascii():
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        raise BadFiles(
            f"The name “{shown(entry.filename)}” is not UTF-8. Rename the file and zip the folder again."
        ) from None


def shown(path: str) -> str:
    """For a message: whatever the name holds, it stays on one line."""
    return printable(path)[:80]


def printable(text: str) -> str:
    """Without what no database keeps and no page shows: NUL, halves of letters, line breaks."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if not entries:
        raise BadFiles("The zip file has no files in it.")
    if len(entries) > FILES_MAX:
        raise BadFiles(f"There are {len(entries):,} files. The limit is {FILES_MAX:,}.")
    for entry in entries:
        _check_kind(entry)
    total = sum(entry.file_size for entry in entries)
    if total > UNPACKED_BYTES_MAX:
        raise BadFiles(
            f"Unpacked, the files have {total / 1e6:,.0f} MB. The limit is {UNPACKED_BYTES_MAX / 1e6:.0f} MB."
        )
    _check_names([name_of(entry) for entry in entries])


def _check_kind(entry: zipfile.ZipInfo) -> None:
    name = shown(entry.filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise BadFiles(f"“{name}” is a link. Put the file itself into the zip.")
    if kind not in (0, stat.S_IFREG):
        raise BadFiles(f"“{name}” is not an ordinary file.")
    if entry.flag_bits & 0x1:
        raise BadFiles("The zip file has a password. Make one without.")
    if entry.compress_type not in WAYS:
        raise BadFiles(f"“{name}” is packed in an unusual way. Use your computer's own zip program.")
    if entry.file_size > FILE_BYTES_MAX:
        raise BadFiles(f"“{name}” has {entry.file_size / 1e6:,.0f} MB. The limit is {FILE_BYTES_MAX / 1e6:.0f} MB.")


def _check_names(paths: list[str]) -> None:
    seen: dict[str, str] = {}
    for path in paths:
        if fault := fault_of(path):
            raise BadFiles(f"“{shown(path)}” {fault}.")
        if (other := seen.setdefault(folded(path), path)) != path:
            raise BadFiles(f"“{shown(other)}” and “{shown(path)}” are the same name on many computers. Rename one.")
    if len(seen) < len(paths):
        raise BadFiles("A file is in the zip file twice.")
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            above = "/".join(parts[:depth])
            if folded(above) in seen:
                raise BadFiles(f"“{shown(above)}” is a file and a folder at the same time.")


def folded(path: str) -> str:
    """Two names that many computers take for one have the same."""
    return unicodedata.normalize("NFC", path).casefold()


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> HandOutFile:
    with archive.open(entry) as opened:
        content = opened.read(FILE_BYTES_MAX + 1)
    if len(content) != entry.file_size:
        raise BadFiles("The zip file is damaged: a file is not as long as it says.")
    return HandOutFile(name_of(entry), content, bool((entry.external_attr >> 16) & 0o100))
