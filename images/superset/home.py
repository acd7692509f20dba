"""A student's home for Superset: made from the template on the first day, then left alone."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from agent.home_repair import HomeRepair
from images.superset import places

SNAPSHOTS_MAX = 2
_SECRET_CHARACTERS = 64
_NETWORK_FILE_SYSTEMS = {
    0x6969,  # NFS, and with it EFS
    0x517B,  # SMB
    0xFE534D42,  # SMB 2
    0xFF534D42,  # CIFS
    0x01021997,  # 9P
    0x65735546,  # FUSE: may be anything
    0x00C36400,  # Ceph
    0x5346414F,  # AFS
    0x0BD00BD0,  # Lustre
    0x47504653,  # GPFS
}


_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)
_UNWRITABLE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
_BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps next to a database, by the end of its name."""
NOTE_TEMPORARY = "Charts and dashboards that you change now are lost when this workspace stops"


class HomeNotReady(Exception):
    """The home cannot be prepared; the text is in plain words."""


@dataclass(frozen=True)
class Home:
    path: Path
    metadata: Path
    """In the home, or in a temporary folder if the home has no room for it."""
    secret: str
    schema: str
    """Version of the metadata database's schema."""


def prepare(home: Path, template: Path, repair: HomeRepair) -> Home:
    """Make the home ready, without a change of the student's own. Raises HomeNotReady.

    A home in any condition opens: `repair` notes what could not be kept.
    """
    for folder in (places.SUPERSET, places.RESULTS, places.SNAPSHOTS, places.DATA):
        repair.folder(home / folder)
    for file in (places.SECRET, places.BROUGHT_IN, *_with_files_beside(places.METADATA_IN_HOME, places.OWN_DATABASE)):
        repair.file(home / file)
    try:
        secret = _secret(home / places.SECRET, repair)
        with repair.best_effort():
            _link(home / places.SAMPLE_LINK, template / places.SAMPLE)
        network = on_network_file_system(home)
        with repair.best_effort(), suppress(sqlite3.Error):  # Superset says what is wrong with it
            _copy_once(template / places.OWN_DATABASE.name, home / places.OWN_DATABASE)
            set_journal(home / places.OWN_DATABASE, network=network)
        metadata, schema = _metadata(home, template, repair, network=network)
        return Home(home, metadata, secret, schema)
    except OSError as problem:
        raise HomeNotReady(f"the home cannot be read: {problem.strerror}") from problem
    except sqlite3.Error as problem:
        raise HomeNotReady(f"a database in the home cannot be opened: {problem}") from problem


def _with_files_beside(*databases: Path) -> list[Path]:
    return [database.with_name(database.name + end) for database in databases for end in _BESIDE]


def _metadata(home: Path, template: Path, repair: HomeRepair, *, network: bool) -> tuple[Path, str]:
    """The metadata database and its schema. A damaged one is set aside for the newest copy."""
    mine = home / places.METADATA_IN_HOME
    if repair.has_room(mine.parent):
        kept = sorted((home / places.SNAPSHOTS).glob("superset-*.db"), key=lambda file: file.name[-19:])
        for source in (None, *reversed(kept), template / places.METADATA):
            try:
                if source is not None:
                    _copy_once(source, mine)
                if mine.exists():
                    set_journal(mine, network=network)
                    return mine, schema_of(mine)
            except sqlite3.Error as problem:
                if _code(problem) in _UNWRITABLE:
                    break
                if _code(problem) not in _DAMAGED:
                    raise
                for file in _with_files_beside(mine):
                    if file.exists():
                        repair.set_aside(file, "was damaged")
    repair.notes.append(NOTE_TEMPORARY)
    temporary = repair.temporary(mine)
    for file in _with_files_beside(mine):
        target = temporary.with_name(file.name)
        target.unlink(missing_ok=True)
        if file.exists() and not file.name.endswith("-shm"):
            shutil.copyfile(file, target)
    try:
        set_journal(temporary, network=False)
        return temporary, schema_of(temporary)
    except sqlite3.Error:
        for file in _with_files_beside(temporary):
            file.unlink(missing_ok=True)
        shutil.copyfile(template / places.METADATA, temporary)
        return temporary, schema_of(temporary)


def _code(problem: sqlite3.Error) -> int:
    """SQLite's primary error code; the extended ones add to it above the lowest byte."""
    return getattr(problem, "sqlite_errorcode", 0) & 0xFF


def set_owner(metadata: Path, *, name: str, email: str) -> None:
    """The one user of this Superset has its student's name. Raises HomeNotReady."""
    if not name and not email:
        return
    first, _, last = name.strip().partition(" ")
    try:
        with closing(sqlite3.connect(metadata, timeout=15)) as database, database:
            database.execute(
                "UPDATE ab_user SET first_name = ?, last_name = ?, email = COALESCE(NULLIF(?, ''), email)"
                " WHERE username = 'student' AND (first_name, last_name, email) IS NOT (?, ?, ?)",
                (first[:64], last[:64], email[:320], first[:64], last[:64], email[:320]),
            )
    except sqlite3.Error as problem:
        raise HomeNotReady(f"the student's name cannot be written: {problem}") from problem


def head_of(template: Path) -> str:
    """The schema version that this image needs."""
    return str(json.loads((template / places.FACTS).read_text())["head"])


def schema_of(metadata: Path) -> str:
    """Raises sqlite3.Error."""
    with closing(sqlite3.connect(metadata, timeout=15)) as database:
        row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def snapshot(home: Home) -> Path:
    """Copy the metadata database and keep only the newest few. Raises OSError, sqlite3.Error."""
    folder = home.path / places.SNAPSHOTS
    target = folder / f"superset-{home.schema}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}.db"
    temporary = target.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    with closing(sqlite3.connect(home.metadata)) as source, closing(sqlite3.connect(temporary)) as copy:
        source.backup(copy)
    _to_disk(temporary)
    temporary.replace(target)
    for old in sorted(folder.glob("superset-*.db"), key=lambda file: file.stat().st_mtime)[:-SNAPSHOTS_MAX]:
        old.unlink()
    return target


def replace_metadata(home: Home, newer: Path) -> None:
    """Put `newer`, which nobody has open, in the metadata's place, wholly or not at all."""
    set_journal(newer, network=True)  # one file, without a log
    set_journal(home.metadata, network=True)
    _to_disk(newer)
    newer.replace(home.metadata)
    set_journal(home.metadata, network=on_network_file_system(home.path))


def checkpoint(home: Home) -> None:
    """Bring what the write-ahead logs hold into the databases. Raises sqlite3.Error.

    On a full disk they stay as they are, which loses nothing.
    """
    for file in (home.metadata, home.path / places.OWN_DATABASE):
        try:
            with closing(sqlite3.connect(file, timeout=5)) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as problem:
            if _code(problem) not in (*_UNWRITABLE, *_DAMAGED):
                raise


def on_network_file_system(path: Path) -> bool:
    """Whether SQLite's write-ahead log would fail there: it needs memory shared by processes."""
    buffer = ctypes.create_string_buffer(256)  # struct statfs has 120 bytes and begins with the type, a long
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.statfs(os.fsencode(path), buffer) != 0:
        return True
    return ctypes.c_ulong.from_buffer(buffer).value & 0xFFFFFFFF in _NETWORK_FILE_SYSTEMS


def set_journal(database: Path, *, network: bool) -> None:
    """WAL on a local disk, DELETE on a network file system, wherever the home was before."""
    with closing(sqlite3.connect(database, timeout=15)) as connection:
        if network:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # reads a log without shared memory
        (mode,) = connection.execute(f"PRAGMA journal_mode = {'DELETE' if network else 'WAL'}").fetchone()
        if mode != "wal" and not network:
            connection.execute("PRAGMA journal_mode = DELETE")


def _secret(file: Path, repair: HomeRepair) -> str:
    """Signs sessions and encrypts passwords; made once, because nothing else decrypts them."""
    secret = file.read_text(errors="ignore").strip() if file.exists() else ""
    if len(secret) < _SECRET_CHARACTERS:
        secret = secrets.token_urlsafe(_SECRET_CHARACTERS)[:_SECRET_CHARACTERS]
        with repair.best_effort():
            write(file, secret.encode())
    return secret


def _copy_once(source: Path, target: Path) -> None:
    if not target.exists():
        write(target, source.read_bytes())


def write(target: Path, content: bytes) -> None:
    """Wholly or not at all, for the owner alone."""
    temporary = target.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600)
    temporary.write_bytes(content)
    _to_disk(temporary)
    temporary.replace(target)


def _link(link: Path, target: Path) -> None:
    """The image's path may change; what a student put there instead stays."""
    if link.is_symlink():
        if link.readlink() == target:
            return
        link.unlink()
    if not link.exists():
        link.symlink_to(target)


def _to_disk(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
