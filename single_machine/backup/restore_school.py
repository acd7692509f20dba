"""`./apranova restore-school`: a whole school on a bare machine, from its backup.

It needs the target and the password. It never touches a school that is there: it refuses.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from contract.locked_files import move_folder, remove_tree
from single_machine import postgres, school_data
from single_machine.backup import contents, database
from single_machine.backup.contents import Manifest
from single_machine.backup.repository import BackupFailed, Repository, Snapshot, find_restic
from single_machine.preflight import CannotGoOn, make_folders
from single_machine.progress import say, step, warn
from single_machine.running import find_running, only_one
from single_machine.school_file import read_school_file
from single_machine.secrets_file import load, write_private
from single_machine.settings import Settings, read_settings

SCRATCH = ".restoring"
NO_TARGET = "say where the backups are: ./apranova restore-school --from TARGET --password-file FILE"


def run(variables: Mapping[str, str], *, source: Path, snapshot: str | None) -> int:
    began = time.monotonic()
    given = read_settings(variables, source=source)
    if given.backup is None:
        raise CannotGoOn(NO_TARGET)
    if not given.backup.password_file.is_file():
        raise CannotGoOn(f"there is no password file {given.backup.password_file}. {NO_TARGET}")
    repository = Repository(find_restic(given), given.backup)
    try:
        chosen = _chosen(repository, snapshot)
        with tempfile.TemporaryDirectory(prefix="apn-restore-") as folder:
            manifest, stage = _peek(repository, chosen, Path(folder))
            settings = _settings(variables, manifest, stage, source=source)
            _refuse_a_school(settings)
            make_folders(settings)
            with only_one(settings):
                _restore(settings, repository, chosen, manifest)
            _give_password(settings, given)
    except (BackupFailed, psycopg.Error, postgres.ClusterFailed) as problem:
        raise CannotGoOn(f"{problem}") from None
    homes = sum(1 for _ in (settings.data / "homes").glob(contents.HOMES))
    say(
        f"The school of {chosen.time[:16].replace('T', ' ')} is back in {settings.home}: {manifest.workspaces} workspaces, "
        f"{homes} homes, {sum(manifest.rows.values()):,} rows ({time.monotonic() - began:.0f} s)."
    )
    file = f" --settings {settings.settings_file}" if settings.settings_file else ""
    say(f"Start it with: ./apranova up{file}")
    return 0


def _chosen(repository: Repository, beginning: str | None) -> Snapshot:
    found = [one for one in repository.snapshots() if one.snapshot_id.startswith(beginning or "")]
    if not found:
        raise BackupFailed(f"{repository.settings.target} holds no backup" + (f" {beginning}" if beginning else ""))
    if beginning and len(found) > 1:
        raise BackupFailed(f"{len(found)} backups begin with {beginning}; type more characters")
    return found[0]


def _peek(repository: Repository, snapshot: Snapshot, folder: Path) -> tuple[Manifest, Path]:
    """Restore only the list of contents, with the settings file, to learn what belongs where."""
    stages = [contents.staging_folder(Path(path)) for path in snapshot.paths]
    wanted = [str(stage / name) for stage in stages for name in (contents.MANIFEST, contents.SCHOOL_FILE)]
    repository.restore(snapshot.snapshot_id, folder, only=wanted)
    for stage in stages:
        restored = folder / str(stage).lstrip("/")
        if (restored / contents.MANIFEST).is_file():
            return contents.read_manifest(restored / contents.MANIFEST), restored
    raise BackupFailed(f"the backup {snapshot.snapshot_id[:8]} is not of a school")


def _settings(variables: Mapping[str, str], manifest: Manifest, stage: Path, *, source: Path) -> Settings:
    """The school's own, unless this machine has a file already. What the environment sets wins."""
    saved = stage / contents.SCHOOL_FILE
    if variables.get("APRANOVA_SETTINGS") or not saved.is_file():
        return read_settings(variables, source=source)
    file = Path(manifest.settings_file)
    if not file.exists():
        file = _written(file, saved, read_settings(variables, source=source))
    say(f"Settings: {file}")
    return read_settings({**read_school_file(file), **variables, "APRANOVA_SETTINGS": str(file)}, source=source)


def _written(wanted: Path, saved: Path, settings: Settings) -> Path:
    """Where it was on the lost machine or, if that is not ours to write, in the school's folder."""
    for file in (wanted, settings.home / contents.SCHOOL_FILE):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_private(file, saved.read_text())
        except OSError:
            continue
        return file
    raise BackupFailed(f"the settings file can be written neither to {wanted} nor to {settings.home}")


def _refuse_a_school(settings: Settings) -> None:
    if product := find_running(settings):
        raise CannotGoOn(f"a school runs here already, at {product.url}. Nothing was changed.")
    mark = school_data.unfinished_restore(settings)
    if mark.exists():  # our own, which was interrupted: what it left is removed
        if mark.read_text() != str(settings.snapshots):
            raise CannotGoOn(
                f"the restore in {settings.home} that was interrupted put snapshots into {mark.read_text()}, not into "
                f"{settings.snapshots}. Nothing was changed. Set data.snapshots as it was, then run it again."
            )
        return
    there = [settings.home / "secrets.json", settings.data / "postgres", settings.data / contents.RECORDS]
    found = [path for path in there if path.exists()]
    found += [*(settings.data / "homes").glob(contents.HOMES), *settings.snapshots.glob(contents.HOMES)]
    if found:
        raise CannotGoOn(
            f"there is a school in {settings.home} already ({found[0]}). Nothing was changed. To restore next to it, "
            "set APRANOVA_HOME to another folder; to give it up, run ./apranova reset."
        )


def _restore(settings: Settings, repository: Repository, chosen: Snapshot, manifest: Manifest) -> None:
    mark = school_data.unfinished_restore(settings)
    if mark.exists():
        _clear(settings)
    write_private(mark, str(settings.snapshots))
    homes, snapshots = settings.data / "homes", settings.snapshots
    with step("Files of the platform"):
        elsewhere = [manifest.homes, manifest.snapshots]
        _fetch(repository, chosen, settings.home, origin=manifest.home, excluded=elsewhere)
    with step("Homes of the students"):
        _fetch(repository, chosen, homes, origin=manifest.homes)
    with step("Snapshots of homes"):
        _fetch(repository, chosen, snapshots, origin=manifest.snapshots)
    _adopt(settings, manifest)
    stage = contents.staging_folder(settings.home)
    with step("Database of accounts"):
        _load(settings, manifest, stage / contents.DUMP)
    (stage / contents.RECORDS).rename(settings.data / contents.RECORDS)
    (settings.data / "school.json").unlink(missing_ok=True)  # it names the lost machine's database
    school_data.record(settings, load(settings.home / "secrets.json"), now=manifest.began_at or time.time())
    shutil.rmtree(stage)
    mark.unlink()
    for text in school_data.check(settings):
        warn(text)


def _clear(settings: Settings) -> None:
    """Remove what an interrupted restore has left. It had begun where nothing was."""
    for folder in (settings.data, settings.home / SCRATCH, contents.staging_folder(settings.home)):
        remove_tree(folder)
    for folder in (settings.snapshots / SCRATCH, *settings.snapshots.glob(contents.HOMES)):
        remove_tree(folder)
    make_folders(settings)


def _fetch(
    repository: Repository, chosen: Snapshot, to: Path, *, origin: str, excluded: list[str] | None = None
) -> None:
    """Restore one folder, on its own disk, and rename what it holds into place."""
    to.mkdir(parents=True, exist_ok=True)
    scratch = to / SCRATCH
    remove_tree(scratch)
    scratch.mkdir(mode=0o700)
    if excluded is None:
        repository.restore(chosen.snapshot_id, scratch, only=[origin])
    else:
        repository.restore(chosen.snapshot_id, scratch, without=excluded)
    restored = scratch / origin.lstrip("/")
    if restored.is_dir():
        _move_all(restored, to)
        shutil.copystat(restored, to)
    remove_tree(scratch)


def _move_all(folder: Path, to: Path) -> None:
    for path in sorted(folder.iterdir()):
        target = to / path.name
        if target.is_dir() and not target.is_symlink() and path.is_dir():
            _move_all(path, target)  # folders that were made for this school a moment ago
        elif path.is_dir() and not path.is_symlink():
            move_folder(path, target)
        else:
            path.replace(target)


def _adopt(settings: Settings, manifest: Manifest) -> None:
    """Root restores owners by number. If this machine has other numbers, files change hands."""
    if os.geteuid() != 0:
        return
    sandbox = os.geteuid() if settings.sandbox_uid is None else settings.sandbox_uid
    before = manifest.uid if manifest.sandbox_uid == -1 else manifest.sandbox_uid
    owners = {before: sandbox} if before != sandbox else {}
    if manifest.uid not in (os.geteuid(), before):
        owners[manifest.uid] = os.geteuid()
    if owners:
        for root in (settings.home, settings.data / "homes", settings.snapshots):
            _change_owners(root, owners)


def _change_owners(root: Path, owners: Mapping[int, int]) -> None:
    for where, folders, files in os.walk(root):
        for name in (".", *folders, *files):
            path = Path(where) / name
            owner = path.lstat().st_uid
            if owner in owners:
                os.chown(path, owners[owner], owners[owner], follow_symlinks=False)


def _load(settings: Settings, manifest: Manifest, dump: Path) -> None:
    with database.reached(settings, running=False) as conninfo:
        rows = database.load(conninfo, dump)
    if rows != manifest.rows:
        raise BackupFailed("the database of accounts has other rows than when it was backed up")


def _give_password(settings: Settings, given: Settings) -> None:
    """The next backup of this school needs the password where its settings say."""
    if settings.backup is None or given.backup is None or settings.backup.password_file.exists():
        return
    try:
        settings.backup.password_file.parent.mkdir(parents=True, exist_ok=True)
        write_private(settings.backup.password_file, given.backup.password_file.read_text())
    except OSError as problem:
        warn(f"Put the password into {settings.backup.password_file}, or no backup is made ({problem.strerror}).")
