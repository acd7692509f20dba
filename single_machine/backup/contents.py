"""What a backup holds: all of the school's folder but what is built again or cannot be copied as it
is. The two databases go in as copies of one moment, with a list of what belongs where."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from single_machine.backup import database
from single_machine.backup.repository import BackupFailed
from single_machine.secrets_file import write_private
from single_machine.settings import Settings

HOMES = "home-" + "?" * 16
MANIFEST = "manifest.json"
DUMP = "accounts.dump"
RECORDS = "manager.sqlite3"
SCHOOL_FILE = "school.toml"


@dataclass(frozen=True)
class Manifest:
    """What a backup holds and where it was, so that another machine can put it back."""

    made_at: float
    home: str
    homes: str
    snapshots: str
    settings_file: str
    """Where school.toml was; empty when the settings came from the environment alone."""
    uid: int
    sandbox_uid: int
    """-1: as `uid`."""
    began_at: float
    """When the school began."""
    rows: dict[str, int]
    """Of each table of the database of accounts."""
    workspaces: int
    """Records of the manager."""

    @property
    def staged(self) -> Path:
        return staging_folder(Path(self.home))


def staging_folder(home: Path) -> Path:
    """Always the same, so that restic compares with the backup before."""
    return home / "backup-stage"


def paths(settings: Settings) -> list[Path]:
    """The folders to back up. Homes and snapshots may be on other disks, also by a link."""
    found: list[Path] = []
    for folder in (settings.home, settings.data / "homes", settings.snapshots):
        real = folder.resolve()
        if real.is_dir() and not any(real.is_relative_to(known) for known in found):
            found.append(real)
    return found


def excluded(settings: Settings) -> list[str]:
    """What is built again, what runs, and what goes in as a copy."""
    home, data = settings.home.resolve(), settings.data.resolve()
    built = [settings.images.resolve(), settings.run.resolve()]
    built += [home / name for name in ("logs", "static", "tools", ".restoring", ".backup-trial")]
    built += [home / name for name in ("up.lock", "backup.lock", "supervisor.json", "backup.json", "doctor.json")]
    copied = [data / "redis", data / "postgres*", data / f"{RECORDS}*"]
    homes = settings.data.joinpath("homes").resolve()
    built.append(data / "shared/.uploads")
    passing = [homes / ".home-*.before", homes / ".home-*.fetched"]
    locks = [settings.snapshots.resolve() / HOMES / "locks"]
    return [str(path) for path in (*built, *copied, *passing, *locks)]


@contextlib.contextmanager
def staged(settings: Settings, *, running: bool, now: float) -> Iterator[Manifest]:
    """The copies, as long as the backup needs them."""
    stage = staging_folder(settings.home)
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(mode=0o700)
    try:
        with database.reached(settings, running=running) as conninfo:
            rows = database.dump(conninfo, stage / DUMP)
        workspaces = copy_records(settings.data / RECORDS, stage / RECORDS)
        if settings.settings_file is not None:
            shutil.copyfile(settings.settings_file, stage / SCHOOL_FILE)
        manifest = Manifest(
            made_at=now,
            home=str(settings.home.resolve()),
            homes=str((settings.data / "homes").resolve()),
            snapshots=str(settings.snapshots.resolve()),
            settings_file=str(settings.settings_file or ""),
            uid=os.geteuid(),
            sandbox_uid=-1 if settings.sandbox_uid is None else settings.sandbox_uid,
            began_at=_began_at(settings),
            rows=rows,
            workspaces=workspaces,
        )
        write_private(stage / MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")
        yield manifest
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def read_manifest(file: Path) -> Manifest:
    """Raises BackupFailed."""
    try:
        known = json.loads(file.read_text())
        return Manifest(**{name.name: known[name.name] for name in fields(Manifest)})
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise BackupFailed(f"the backup has no list of its contents that can be read ({problem})") from None


def copy_records(source: Path, to: Path) -> int:
    """Copy the manager's database while it is in use. Returns how many workspaces it knows."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=30)) as live,
            contextlib.closing(sqlite3.connect(to)) as copy,
        ):
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself
            return count_workspaces(copy)
    except sqlite3.Error as problem:
        raise BackupFailed(f"the records of workspaces, {source}, cannot be copied: {problem}") from None


def count_workspaces(records: sqlite3.Connection) -> int:
    (sound,) = records.execute("PRAGMA quick_check(1)").fetchone()
    if sound != "ok":
        raise sqlite3.DatabaseError(sound)
    (count,) = records.execute("SELECT count(*) FROM workspaces").fetchone()
    return int(count)


def snapshot_files(settings: Settings) -> frozenset[str]:
    """What changes when a home's snapshots do."""
    folder = settings.snapshots
    return frozenset(str(file) for part in ("index", "snapshots") for file in folder.glob(f"{HOMES}/{part}/*"))


def _began_at(settings: Settings) -> float:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return float(json.loads((settings.data / "school.json").read_text())["began_at"])
    return 0.0
