"""Writes files of a checkpoint into a home, whatever is in it: the agent in one that runs, the
manager in one at rest.

Each step opens one name in a folder that is already open, and follows no link, also none that
appears meanwhile. A file is written beside its place, compared with its digest, and renamed: at its
place is the old file or the new one, never a half. A rename over a link replaces the link.
"""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from contract.hand_out_files import printable
from contract.history import BadPath, FilePiece, LeftOut, WriteAnswer, WriteRequest, path_of
from contract.open_folders import FOLDER

BESIDE = ".apranova-put-back-"
"""How the name of a file begins that is being written. No checkpoint has it."""
_STEP_BYTES = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Owner:
    """Whose new files are, where root writes them."""

    uid: int
    gid: int


class _LeftOut(Exception):
    """The text follows the file's name."""


def write(home: Path, request: WriteRequest, owner: Owner | None = None) -> WriteAnswer:
    """Never raises for what is in the home."""
    left_out: list[LeftOut] = []
    try:
        top = os.open(home, FOLDER)
    except OSError as problem:
        return WriteAnswer(failure=f"The home cannot be opened: {problem.strerror}.")
    try:
        for piece in request.pieces:
            try:
                _write(top, request.put_back_id, piece, owner)
            except (_LeftOut, BadPath) as problem:
                left_out.append(LeftOut(shown(piece.key), str(problem)))
            except OSError as problem:
                if problem.errno in _FULL:
                    why = "The home is full. Delete what you do not need, then put the rest back."
                    return WriteAnswer(tuple(left_out), why)
                left_out.append(LeftOut(shown(piece.key), f"could not be written: {problem.strerror}"))
    finally:
        os.close(top)
    return WriteAnswer(tuple(left_out))


def shown(key: str) -> str:
    try:
        return printable(path_of(key))[:240]
    except BadPath:
        return "A file"


def _write(top: int, put_back_id: str, piece: FilePiece, owner: Owner | None) -> None:
    if not put_back_id.isalnum():
        raise _LeftOut("has no request")
    try:
        content = base64.b64decode(piece.content, validate=True)
    except binascii.Error:
        raise _LeftOut("arrived damaged") from None
    folder, _, name = path_of(piece.key).rpartition("/")
    beside = f"{BESIDE}{put_back_id}"
    with _made(top, folder, owner) as handle:
        with suppress(FileNotFoundError):
            if stat.S_ISDIR(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode):
                raise _LeftOut("is a folder now. Give that folder another name first")
        try:
            if _append(handle, beside, content, piece, owner):
                os.rename(beside, name, src_dir_fd=handle, dst_dir_fd=handle)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside, dir_fd=handle)
            raise


def _append(handle: int, beside: str, content: bytes, piece: FilePiece, owner: Owner | None) -> bool:
    """Whether the file is whole now, and on the disk."""
    if piece.offset == 0:
        with suppress(FileNotFoundError):
            os.unlink(beside, dir_fd=handle)
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_CREAT | os.O_EXCL if piece.offset == 0 else 0)
    with os.fdopen(os.open(beside, flags, 0o600, dir_fd=handle), "r+b") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size != piece.offset:
            raise _LeftOut("changed while it was written")
        file.seek(piece.offset)
        file.write(content)
        file.flush()
        if piece.offset + len(content) < piece.size:
            return False
        file.seek(0)
        digest = hashlib.sha256()
        while part := file.read(_STEP_BYTES):
            digest.update(part)
        if digest.hexdigest() != piece.digest:
            raise _LeftOut("arrived damaged")
        if owner is not None:
            os.fchown(file.fileno(), owner.uid, owner.gid)
        os.fchmod(file.fileno(), piece.mode & 0o777 | 0o600)
        os.fsync(file.fileno())
    return True


@contextmanager
def _made(top: int, folder: str, owner: Owner | None) -> Iterator[int]:
    """The folder, open; what is missing of it is made."""
    handle = os.dup(top)
    try:
        for name in folder.split("/") if folder else ():
            try:
                below = os.open(name, FOLDER, dir_fd=handle)
            except FileNotFoundError:
                with suppress(FileExistsError):
                    os.mkdir(name, 0o755, dir_fd=handle)
                below = os.open(name, FOLDER, dir_fd=handle)
                if owner is not None:
                    os.fchown(below, owner.uid, owner.gid)
            except OSError as problem:
                if problem.errno in (errno.ELOOP, errno.ENOTDIR):
                    what = printable(name)[:80]
                    raise _LeftOut(f"lies in {what}, which is a link or a file now. Give it another name") from None
                raise
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)
