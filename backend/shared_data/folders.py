"""The files of shared data on the disk.

    <root>/<cohort>/current   a link to the version that students see, replaced in one step
    <root>/<cohort>/v3/       one version; a file that two versions have is one file with two names
    <root>/.uploads/          what arrives, and versions that are being made

Each workspace of the cohort has <root>/<cohort> mounted read-only, and ~/shared leads to `current`.
"""

from __future__ import annotations

import ctypes
import io
import math
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from contract import dashboard_export
from contract.hand_out_files import WAYS, BadFiles, fault_of, folded, name_of, shown
from contract.shared_databases import databases_in

FILES_MAX = 50_000
"""Folders count too: they take room that no size tells."""
KEPT_PART = 0.1
"""Of the disk, or twice the platform's reserve if that is less: where it begins, the manager stops
workspaces, and no upload should bring the school there."""
DIRECTORY_BYTES_MAX = 16_000_000
"""Of a zip's list of its files, which is read into memory as a whole."""
_CHUNK = 1 << 20
_UNWANTED = ".unwanted"
_JUNK_FOLDERS = frozenset({"__macosx"})
_JUNK_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Content:
    files: int
    bytes: int


class Folders:
    def __init__(self, root: Path, reserve_bytes: int) -> None:
        self.root = root
        self._reserve_bytes = reserve_bytes

    def of(self, cohort: str) -> Path:
        return self.root / cohort

    def version(self, cohort: str, number: int) -> Path:
        return self.of(cohort) / f"v{number}"

    def upload(self, upload_id: str) -> Path:
        return self.root / ".uploads" / f"{upload_id}.part"

    def draft(self, upload_id: str) -> Path:
        return self.root / ".uploads" / f"{upload_id}.d"

    def ensure(self, cohort: str) -> None:
        """An empty folder, so that workspaces that run see the first version too. Idempotent."""
        current = self.of(cohort) / "current"
        if current.is_symlink():
            return
        empty = self.version(cohort, 0)
        self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        for folder in (self.of(cohort), empty):
            folder.mkdir(mode=0o755, exist_ok=True)
            folder.chmod(0o755)
        try:
            current.symlink_to(empty.name)
        except FileExistsError:
            return

    def switch(self, cohort: str, number: int) -> None:
        """Every workspace of the cohort sees that version from now on."""
        self.ensure(cohort)
        link = self.of(cohort) / ".next"
        link.unlink(missing_ok=True)
        link.symlink_to(f"v{number}")
        link.replace(self.of(cohort) / "current")
        sync_folder(self.of(cohort))

    def receive(self, upload_id: str, offset: int, piece: bytes) -> None:
        """Write one piece to its place. A repeat writes the same again."""
        file = self.upload(upload_id)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.seek(offset)
            opened.write(piece)
            opened.flush()
            os.fsync(descriptor)  # before the record says that it is there

    def has_room(self, size: int) -> bool:
        self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        disk = os.statvfs(self.root)
        free, total = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
        few_files = disk.f_files > 0 and disk.f_favail < KEPT_PART * disk.f_files
        return free - size > min(2 * self._reserve_bytes, KEPT_PART * total) and not few_files

    def shown(self, cohort: str) -> str:
        """What `current` leads to: 'v3'; empty: nothing."""
        current = self.of(cohort) / "current"
        return str(current.readlink()) if current.is_symlink() else ""

    def needs(self, upload_id: str, name: str) -> int:
        """Bytes that an upload will take as files. Raises BadFiles."""
        file = self.upload(upload_id)
        if not _is_unpacked(file, name):
            return file.stat().st_size
        with _opened(file) as archive:
            return sum(entry.file_size for entry in _checked(archive, math.inf).values())

    def used(self, cohort: str) -> int:
        """Bytes of all versions together; a file that several have counts once."""
        inodes = {(it.st_dev, it.st_ino): it.st_size for _, it in _files_below(self.of(cohort))}
        return sum(inodes.values())

    def names(self, cohort: str, number: int, limit: int) -> list[tuple[str, int]]:
        """Path and size of some files, by path: of each folder its own files come first."""
        top = self.version(cohort, number)
        return [(str(path.relative_to(top)), it.st_size) for path, it in islice(_files_below(top), limit)]

    def build(self, cohort: str, *, upload_id: str, name: str, keep: int | None, bytes_max: int) -> Content:
        """Make a version of an upload that has arrived, on top of version `keep`. Nobody sees it
        before `publish`. Again after a crash it begins from the start. Raises BadFiles."""
        draft = self.draft(upload_id)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o755)
        try:
            if keep:
                _link_all(self.version(cohort, keep), draft)
            file = self.upload(upload_id)
            if _is_unpacked(file, name):
                _unpack(file, draft, bytes_max)
            elif _is_dashboards(file, name):
                _place(file, draft / dashboard_export.FOLDER / name, draft)
            else:
                _place(file, draft / name, draft)
            draft.chmod(0o755)
            _check_dashboards(draft)
            content = _content(draft)
            sync_files(draft)
            return content
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def publish(self, cohort: str, number: int, *, upload_id: str) -> None:
        """Students see what `build` made as that version from now on."""
        self.ensure(cohort)
        self.drop_version(cohort, number)  # of a try that ended before its record
        self.draft(upload_id).rename(self.version(cohort, number))
        sync_folder(self.of(cohort))  # what the link leads to is on the disk before the link
        self.switch(cohort, number)

    def drop_upload(self, upload_id: str) -> None:
        self.upload(upload_id).unlink(missing_ok=True)
        shutil.rmtree(self.draft(upload_id), ignore_errors=True)

    def drop_version(self, cohort: str, number: int) -> None:
        shutil.rmtree(self.version(cohort, number), ignore_errors=True)

    def drop_cohort(self, cohort: str) -> None:
        shutil.rmtree(self.of(cohort), ignore_errors=True)

    def unwanted_since(self) -> float:
        """When it was first seen that the school has no shared data any more: seconds since the
        epoch. Noted in a file, so that a restart does not begin anew."""
        mark = self.root / _UNWANTED
        if not mark.exists():  # `touch` would begin the week anew
            mark.touch(mode=0o600)
        return mark.stat().st_mtime

    def want_again(self) -> None:
        (self.root / _UNWANTED).unlink(missing_ok=True)

    def cohorts(self) -> list[str]:
        return [it.name for it in self.root.iterdir() if len(it.name) == 32] if self.root.is_dir() else []

    def uploads(self) -> set[str]:
        """Uploads of which something is on the disk."""
        folder = self.root / ".uploads"
        return {it.stem for it in folder.iterdir()} if folder.is_dir() else set()

    def numbers(self, cohort: str) -> set[int]:
        """Versions that are on the disk, without the empty one."""
        found = {it.name[1:] for it in self.of(cohort).glob("v*")}
        return {int(it) for it in found if it.isdecimal()} - {0}


def sync_files(top: Path) -> None:
    """Bring everything that was written to that file system to the disk. Raises OSError.

    One call: fsync for each of 50,000 files takes minutes.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if libc.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Bring a folder's own entries to the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_unpacked(file: Path, name: str) -> bool:
    return name.casefold().endswith(".zip") and not _is_dashboards(file, name)


def _is_dashboards(file: Path, name: str) -> bool:
    if not name.casefold().endswith(".zip"):
        return False
    with _Guarded(file) as opened:
        return dashboard_export.is_export(opened)


def _check_dashboards(top: Path) -> None:
    """Each Superset of the cohort is to import them: what it would refuse is said to who uploads.
    Raises BadFiles."""
    exports = [it for it in sorted((top / dashboard_export.FOLDER).glob("*.zip")) if _is_dashboards(it, it.name)]
    paths = list(databases_in(top)) if exports else []  # once: there may be 50,000 files
    for file in exports:
        with file.open("rb") as opened:
            names = dashboard_export.databases_of(dashboard_export.read(opened))
        for name in names:
            if name not in dashboard_export.IN_EVERY_HOME and dashboard_export.find_file(name, paths) is None:
                raise BadFiles(
                    f"“{shown(file.name)}” uses the database “{shown(name)}”, which is not in the folder. Upload a "
                    "DuckDB or SQLite file of this name first."
                )


def _files_below(top: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            found = path.lstat()
            if stat.S_ISREG(found.st_mode):
                yield path, found


def _content(top: Path) -> Content:
    """Raises BadFiles: they are too many."""
    count = sum(len(folders) + len(names) for _, folders, names in os.walk(top))
    if count > FILES_MAX:
        raise BadFiles(f"There would be {count:,} files and folders. The limit is {FILES_MAX:,}.")
    sizes = [it.st_size for _, it in _files_below(top)]
    return Content(len(sizes), sum(sizes))


def _link_all(source: Path, target: Path) -> None:
    for path, _ in _files_below(source):
        place = target / path.relative_to(source)
        _make_parents(place, target)
        place.hardlink_to(path)


def _make_parents(place: Path, top: Path) -> None:
    for folder in reversed([it for it in place.parents if it.is_relative_to(top) and it != top]):
        if not folder.is_dir():
            if folder.exists():
                raise BadFiles(f"“{shown(str(folder.relative_to(top)))}” is a file and a folder at the same time.")
            folder.mkdir(mode=0o755)
            folder.chmod(0o755)


def _free(place: Path) -> None:
    if place.is_dir():
        raise BadFiles(f"“{shown(place.name)}” is the name of a folder that is there already.")
    place.unlink(missing_ok=True)  # the other version's name of the same file stays


def _place(upload: Path, place: Path, top: Path) -> None:
    """One file, without copying it: the upload keeps a name of it until it is dropped."""
    _make_parents(place, top)
    _free(place)
    place.hardlink_to(upload)
    place.chmod(0o444)


def _unpack(upload: Path, target: Path, bytes_max: int) -> None:
    """Plain files with relative paths; anything else is refused. Raises BadFiles."""
    with _opened(upload) as archive:
        for path, entry in _checked(archive, bytes_max).items():
            place = target / path
            _make_parents(place, target)
            _free(place)
            with archive.open(entry) as packed, place.open("xb") as opened:
                _copy(packed, opened, entry.file_size)
            place.chmod(0o555 if (entry.external_attr >> 16) & 0o100 else 0o444)


class _Guarded(io.FileIO):
    """A zip that says how long its list is cannot have all memory for it."""

    def read(self, size: int | None = -1, /) -> bytes:
        most = DIRECTORY_BYTES_MAX + 1
        content = super().read(most if size is None or size < 0 else min(size, most)) or b""
        if len(content) == most:
            raise BadFiles("The zip file has too many files, or is damaged.")
        return content


@contextmanager
def _opened(upload: Path) -> Iterator[zipfile.ZipFile]:
    """Raises BadFiles for whatever zipfile finds wrong, then or later."""
    try:
        with _Guarded(upload) as file, zipfile.ZipFile(file) as archive:
            yield archive
    except BadFiles:
        raise
    except UnicodeDecodeError:
        raise BadFiles("A file's name is not UTF-8. Rename it and zip the folder again.") from None
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError) as problem:
        raise BadFiles(f"The zip file is damaged: {problem}") from None


def _copy(packed: IO[bytes], opened: IO[bytes], size: int) -> None:
    """A zip that lies about a size ends here, before it fills the disk."""
    left = size
    while part := packed.read(min(_CHUNK, left + 1)):
        left -= len(part)
        if left < 0:
            break
        opened.write(part)
    if left:
        raise BadFiles("The zip file is damaged: a file is not as long as it says.")


def _checked(archive: zipfile.ZipFile, bytes_max: float) -> dict[str, zipfile.ZipInfo]:
    """Path → entry of its files. Raises BadFiles."""
    found = [it for it in archive.infolist() if not it.filename.endswith("/")]
    named = {name_of(entry): entry for entry in found}
    if len(named) < len(found):
        raise BadFiles("A file is in the zip file twice.")
    entries = {path: entry for path, entry in named.items() if not _is_junk(path)}
    if not entries:
        raise BadFiles("The zip file has no files in it.")
    if _are_too_many(entries):
        raise BadFiles(f"There are more than {FILES_MAX:,} files and folders.")
    if (total := sum(entry.file_size for entry in entries.values())) > bytes_max:
        raise BadFiles(f"Unpacked, the files have {total / 1e9:,.1f} GB. There is room for {bytes_max / 1e9:.1f} GB.")
    seen: dict[str, str] = {}
    for path, entry in entries.items():
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise BadFiles(f"“{shown(path)}” is a link, or another thing that is no ordinary file.")
        if entry.flag_bits & 0x1:
            raise BadFiles("The zip file has a password. Make one without.")
        if entry.compress_type not in WAYS:
            raise BadFiles(f"“{shown(path)}” is packed in an unusual way. Use your computer's own zip program.")
        if fault := fault_of(path):
            raise BadFiles(f"“{shown(path)}” {fault}.")
        if (other := seen.setdefault(folded(path), path)) != path:
            raise BadFiles(f"“{shown(other)}” and “{shown(path)}” are the same name on many computers. Rename one.")
    tops = {path.partition("/")[0] for path in entries}
    if len(tops) == 1 and all("/" in path for path in entries):
        return {path.partition("/")[2]: entry for path, entry in entries.items()}
    return entries


def _are_too_many(paths: Iterable[str]) -> bool:
    seen: set[str] = set()
    for path in paths:
        above = path
        while above and above not in seen:
            seen.add(above)
            above = above.rpartition("/")[0]
        if len(seen) > FILES_MAX:
            return True
    return False


def _is_junk(path: str) -> bool:
    *folders, name = path.casefold().split("/")
    return not _JUNK_FOLDERS.isdisjoint(folders) or name in _JUNK_FILES
