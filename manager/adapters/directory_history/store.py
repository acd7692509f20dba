"""One home's history on the disk.

    checkpoints/<id>.json    what the timeline shows of a checkpoint
    checkpoints/<id>.files   its files, packed JSON: written last, so both are there or none counts
    objects/ab/<sha256>      a content, packed, once for all checkpoints
    looked                   its time: when somebody last looked for changes

Everything is written under another name and renamed. Who takes or thins out holds the lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from contract.history import CheckpointView
from contract.wire import from_json, to_json

_ID = re.compile(r"[0-9]{13}-[0-9a-f]{8}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_BLOCK_BYTES = 4_096
_FIRST = json.JSONDecoder()
_ROW_BYTES_MAX = 10_000
"""Of a file's row: its path, in ASCII, and some numbers."""
_LEVEL = 1
"""Of packing: twice as fast as the usual one, and nearly as small for what people write."""


class FileEntry(NamedTuple):
    """A file of a checkpoint, and by what a change of it is seen."""

    path: str
    size: int
    changed_ns: int
    inode: int
    status_ns: int
    """0: it was changed as it was read; look again."""
    mode: int
    digest: str


class Damaged(Exception):
    """What was stored cannot be read."""


class NoCheckpoint(Exception):
    """It was thinned out, or never existed."""


class HistoryStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._checkpoints = folder / "checkpoints"
        self._objects = folder / "objects"

    @contextmanager
    def locked(self) -> Iterator[None]:
        self._checkpoints.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._objects.mkdir(mode=0o700, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # --- when ---

    def looked_at(self) -> float | None:
        try:
            return (self.folder / "looked").stat().st_mtime
        except FileNotFoundError:
            return None

    def note_look(self, at: float) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.folder / "looked"
        file.touch(mode=0o600)
        os.utime(file, (at, at))

    # --- checkpoints ---

    def ids(self) -> list[str]:
        """Newest first."""
        try:
            names = os.listdir(self._checkpoints)  # noqa: PTH208 (one look)
        except FileNotFoundError:
            return []
        found = (name.removesuffix(".files") for name in names if name.endswith(".files"))
        return sorted((it for it in found if _ID.fullmatch(it)), reverse=True)

    def view(self, checkpoint_id: str) -> CheckpointView:
        """Raises NoCheckpoint, Damaged."""
        try:
            return from_json(CheckpointView, json.loads(self._read(checkpoint_id, "json")))
        except ValueError as problem:
            raise Damaged(f"the head of {checkpoint_id} cannot be read: {problem}") from problem

    def files(self, checkpoint_id: str) -> list[FileEntry]:
        """By path. Raises NoCheckpoint, Damaged."""
        try:
            rows: Any = json.loads(zlib.decompress(self._read(checkpoint_id, "files")))
            return [FileEntry(*row) for row in rows]
        except (ValueError, TypeError, zlib.error) as problem:
            raise Damaged(f"the files of {checkpoint_id} cannot be read: {problem}") from problem

    def find(self, checkpoint_id: str, path: str) -> FileEntry | None:
        """One file of a checkpoint. Raises NoCheckpoint, Damaged.

        Only its row is read: nothing else begins with `["`, as JSON writes a quote in a name as
        `\\"`. So 5,000 files cost 1 ms and not 7.
        """
        try:
            rows = zlib.decompress(self._read(checkpoint_id, "files"))
            start = rows.find(f"[{json.dumps(path)},".encode())
            return (
                None if start < 0 else FileEntry(*_FIRST.raw_decode(rows[start : start + _ROW_BYTES_MAX].decode())[0])
            )
        except (ValueError, TypeError, zlib.error) as problem:
            raise Damaged(f"the files of {checkpoint_id} cannot be read: {problem}") from problem

    def _read(self, checkpoint_id: str, what: str) -> bytes:
        if not _ID.fullmatch(checkpoint_id):
            raise NoCheckpoint(checkpoint_id)
        try:
            return (self._checkpoints / f"{checkpoint_id}.{what}").read_bytes()
        except FileNotFoundError:
            raise NoCheckpoint(checkpoint_id) from None

    def add(self, view: CheckpointView, files: list[FileEntry]) -> int:
        """How many bytes of the disk that took."""
        name = view.checkpoint_id
        head = json.dumps(to_json(view)).encode()
        _write(self._checkpoints / f"{name}.json", head)
        packed = zlib.compress(json.dumps(files, separators=(",", ":")).encode(), _LEVEL)
        _write(self._checkpoints / f"{name}.files", packed)
        return _on_disk(len(head)) + _on_disk(len(packed))

    # --- contents ---

    def put(self, content: bytes) -> tuple[str, int]:
        """Keep a content; its digest, and what that took of the disk (0: it was there)."""
        digest = hashlib.sha256(content).hexdigest()
        file = self._object(digest)
        if file.exists():
            return digest, 0
        file.parent.mkdir(mode=0o700, exist_ok=True)
        packed = zlib.compress(content, _LEVEL)
        _write(file, packed)
        return digest, _on_disk(len(packed))

    def content(self, entry: FileEntry) -> bytes:
        """Raises Damaged: what is there is not what was kept."""
        try:
            content = zlib.decompress(self._object(entry.digest).read_bytes())
        except (OSError, zlib.error) as problem:
            raise Damaged(f"{entry.digest} cannot be read: {problem}") from problem
        if hashlib.sha256(content).hexdigest() != entry.digest:
            raise Damaged(f"{entry.digest} has another content")
        return content

    def _object(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise Damaged(f"not a digest: {digest!r}")
        return self._objects / digest[:2] / digest[2:]

    # --- thinning out ---

    def remove(self, checkpoint_ids: Iterable[str]) -> None:
        for checkpoint_id in checkpoint_ids:
            for what in ("files", "json"):
                (self._checkpoints / f"{checkpoint_id}.{what}").unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove contents that no checkpoint has; returns the bytes of all that is left. Leaves all
        contents if one checkpoint cannot be read."""
        used: set[str] = set()
        sweeps = True
        for checkpoint_id in self.ids():
            try:
                used.update(entry.digest for entry in self.files(checkpoint_id))
            except (Damaged, NoCheckpoint):
                sweeps = False
        left = sum(_on_disk(file.stat().st_size) for file in self._checkpoints.iterdir())
        for folder in self._objects.iterdir():
            for file in folder.iterdir():
                if sweeps and folder.name + file.name not in used:
                    file.unlink(missing_ok=True)
                else:
                    left += _on_disk(file.stat().st_size)
        _write(self.folder / "size", str(left).encode())
        return left

    def size(self) -> int:
        """Of contents and checkpoints, as it is kept along."""
        with suppress(OSError, ValueError):
            return int((self.folder / "size").read_bytes())
        return 0

    def grow(self, by: int) -> int:
        size = self.size() + by
        _write(self.folder / "size", str(size).encode())
        return size


def _on_disk(size: int) -> int:
    """A file has whole blocks: a million of one byte would fill a disk."""
    return -(-size // _BLOCK_BYTES) * _BLOCK_BYTES


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all, also when two write the same: only the name must be there in the end."""
    beside = file.with_name(f".{os.getpid()}-{os.urandom(4).hex()}.new")
    try:
        with beside.open("xb") as opened:
            beside.chmod(0o600)
            opened.write(content)
        beside.replace(file)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
