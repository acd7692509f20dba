"""A backup restored into a scratch folder and compared: one that was never restored is a hope."""

from __future__ import annotations

import contextlib
import filecmp
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from contract.locked_files import remove_tree
from single_machine.backup import contents, database
from single_machine.backup.contents import Manifest
from single_machine.backup.record import read_record
from single_machine.backup.repository import BackupFailed, Repository
from single_machine.settings import Settings

ROOM_FACTOR = 1.1


def prove(settings: Settings, repository: Repository, snapshot: str) -> int:
    """Restore it next to the school, load both databases, and compare every file that has not
    changed since. Returns how many were compared. Raises BackupFailed."""
    scratch = settings.home / ".backup-trial"
    needed = read_record(settings).bytes * ROOM_FACTOR
    if shutil.disk_usage(settings.home).free < needed:
        raise BackupFailed(f"a trial needs {needed / 1e9:.1f} GB on the disk of {settings.home}, which has less free")
    remove_tree(scratch)
    scratch.mkdir(mode=0o711)
    try:
        repository.check()
        repository.restore(snapshot, scratch)
        stage = scratch / str(contents.staging_folder(settings.home.resolve())).lstrip("/")
        manifest = contents.read_manifest(stage / contents.MANIFEST)
        check_databases(settings, manifest, stage, scratch / "cluster")
        return _compare(scratch, [Path(manifest.homes), Path(manifest.home)])
    finally:
        with contextlib.suppress(OSError):
            remove_tree(scratch)


def check_databases(settings: Settings, manifest: Manifest, stage: Path, cluster: Path) -> None:
    """Both are whole: as many workspaces, and as many rows in each table, as when it was made."""
    try:
        with contextlib.closing(sqlite3.connect(stage / contents.RECORDS)) as records:
            known = contents.count_workspaces(records)
    except sqlite3.Error as problem:
        raise BackupFailed(f"the records of workspaces in the backup are damaged: {problem}") from None
    if known != manifest.workspaces:
        raise BackupFailed(f"the backup has {known} records of workspaces, {manifest.workspaces} are expected")
    with database.serving(cluster, settings.database_uid) as conninfo:
        rows = database.load(conninfo, stage / contents.DUMP)
    if rows != manifest.rows:
        wrong = sorted(name for name in rows.keys() | manifest.rows.keys() if rows.get(name) != manifest.rows.get(name))
        raise BackupFailed(f"tables of the backup do not have the rows that they had: {', '.join(wrong)}")


def _compare(scratch: Path, roots: list[Path]) -> int:
    """Every restored file whose size and time are those of the live one must have its content."""
    compared = 0
    for root in roots:
        restored_root = scratch / str(root).lstrip("/")
        for restored in _files(restored_root):
            live = root / restored.relative_to(restored_root)
            with contextlib.suppress(FileNotFoundError, PermissionError):
                if _unchanged(live, restored):
                    if not filecmp.cmp(live, restored, shallow=False):
                        raise BackupFailed(f"{live} is not what the backup holds")
                    compared += 1
    if not compared:
        raise BackupFailed("no file of the backup could be compared with the school's")
    return compared


def _files(folder: Path) -> Iterator[Path]:
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _unchanged(live: Path, restored: Path) -> bool:
    one, other = live.lstat(), restored.lstat()
    return (one.st_size, one.st_mtime_ns, one.st_mode) == (other.st_size, other.st_mtime_ns, other.st_mode)
