"""`./apranova backup`: one backup of the whole school, and once a month a trial of the newest."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Iterator

import psycopg

from single_machine import postgres
from single_machine.backup import contents, trial
from single_machine.backup.record import proof_is_due, read_record, write_record
from single_machine.backup.repository import BackupFailed, Repository, Snapshot, find_restic
from single_machine.backup.settings import BackupSettings
from single_machine.preflight import CannotGoOn
from single_machine.progress import say, step, warn
from single_machine.running import find_ready, find_running, only_one
from single_machine.secrets_file import write_private
from single_machine.settings import Settings

ATTEMPTS_MAX = 3
UNREAD_NAMED_MAX = 3


def run(settings: Settings, *, list_them: bool = False, prove: bool = False, nightly: bool = False) -> int:
    """0 when the backup is whole and, if one was due, its trial succeeded."""
    wanted = settings.backup
    if wanted is None:
        raise CannotGoOn(
            "no target for backups is set. Set backup.target in school.toml (or APRANOVA_BACKUP_TARGET): another "
            "disk's folder, sftp:user@host:/folder, or s3:https://host/bucket"
        )
    if not settings.data.is_dir():
        raise CannotGoOn(f"there is no school in {settings.home} yet")
    if list_them:
        return _list(Repository(find_restic(settings), wanted))
    os.nice(10)
    with _one_after_the_other(settings):
        repository = _back_up(settings, wanted)
        if repository is None:
            return 1
        due = proof_is_due(read_record(settings), wanted, now=time.time())
        return 0 if not (prove or (nightly and due)) or _try_newest(settings, repository) else 1


def _back_up(settings: Settings, wanted: BackupSettings) -> Repository | None:
    """None when it failed."""
    began, record = time.time(), read_record(settings)
    try:
        repository = Repository(find_restic(settings), wanted)
        with step("Backing up the school", done="Backed up"):
            _ready_repository(settings, repository, known=record.target == wanted.target)
            snapshot, size, lacking = _made(settings, repository, now=began)
            repository.thin_out()
    except (BackupFailed, OSError, psycopg.Error, postgres.ClusterFailed, CannotGoOn) as problem:
        why = " ".join(str(problem).split())
        write_record(settings, record.failed(why, began=began, now=time.time()))
        warn(f"There is no new backup: {why}")
        return None
    target = wanted.target
    now = time.time()
    write_record(
        settings,
        record.succeeded(target=target, snapshot=snapshot, size=size, began=began, now=now, lacking=lacking),
    )
    say(f"Backup {snapshot[:8]}: {size / 1e9:.2f} GB in {now - began:.0f} s, in {target}")
    if lacking:
        warn(lacking)
    return repository


def _ready_repository(settings: Settings, repository: Repository, *, known: bool) -> None:
    """Make the repository and its password the first time, and never in place of a lost one."""
    wanted = repository.settings
    if known and (wanted.folder is None or wanted.folder.is_dir()) and not wanted.password_file.exists():
        raise BackupFailed(f"the password file {wanted.password_file} is missing. Put your copy of it back")
    if not wanted.password_file.exists():
        _make_password(wanted)
    if repository.exists():
        return
    if known:
        raise BackupFailed(f"{wanted.target} holds no backups any more. Is its disk mounted?")
    repository.make()
    say(f"Backups of {settings.school_name} go to {wanted.target} from now on.")


def _make_password(wanted: BackupSettings) -> None:
    try:
        write_private(wanted.password_file, secrets.token_urlsafe(32) + "\n")
    except OSError as problem:
        raise BackupFailed(f"the password file {wanted.password_file} cannot be written: {problem.strerror}") from None
    warn(
        f"Made a password for the backups: {wanted.password_file}. Keep a copy in another place, on paper or in a "
        "password manager: without it nobody can read them."
    )


def _made(settings: Settings, repository: Repository, *, now: float) -> tuple[str, int, str]:
    """The snapshot, its bytes, and what it lacks. Once more when homes' snapshots changed: a copy
    of them must not name parts that it has not."""
    with _database_at_hand(settings) as running, contents.staged(settings, running=running, now=now):
        for _ in range(ATTEMPTS_MAX - 1):
            before = contents.snapshot_files(settings)
            made = _snapshot(settings, repository)
            if before == contents.snapshot_files(settings):
                return made
        return _snapshot(settings, repository)


def _snapshot(settings: Settings, repository: Repository) -> tuple[str, int, str]:
    snapshot, size, unread = repository.back_up(contents.paths(settings), excluded=contents.excluded(settings))
    if not unread:
        return snapshot, size, ""
    named = ", ".join(unread[:UNREAD_NAMED_MAX]) + (" …" if len(unread) > UNREAD_NAMED_MAX else "")
    return snapshot, size, f"{len(unread)} files could not be read: {named}"


@contextlib.contextmanager
def _database_at_hand(settings: Settings) -> Iterator[bool]:
    """Whether the school runs. While it does not, nobody starts it in between."""
    if find_ready(settings):
        yield True
    elif find_running(settings):
        raise BackupFailed("the school is starting just now; try again in a minute")
    else:
        with only_one(settings):
            yield False


def _try_newest(settings: Settings, repository: Repository) -> bool:
    record = read_record(settings)
    try:
        with step("Restoring it on trial", done="Restored on trial and compared"):
            compared = trial.prove(settings, repository, record.snapshot)
    except (BackupFailed, OSError, psycopg.Error, postgres.ClusterFailed) as problem:
        why = " ".join(str(problem).split())
        write_record(settings, record.not_proved(why, now=time.time()))
        warn(f"The backup could not be proved: {why}")
        return False
    write_record(settings, record.proved(now=time.time()))
    say(f"{compared:,} files are as they are now, and both databases are whole.")
    return True


def _list(repository: Repository) -> int:
    try:
        found = repository.snapshots()
    except BackupFailed as problem:
        raise CannotGoOn(f"{problem}.") from None
    for snapshot in found:
        say(f"{snapshot.snapshot_id[:8]}  {_local(snapshot)}")
    if not found:
        say("none yet")
    return 0


def _local(snapshot: Snapshot) -> str:
    return snapshot.time[:16].replace("T", " ")


@contextlib.contextmanager
def _one_after_the_other(settings: Settings) -> Iterator[None]:
    """A new school makes its first backup by itself, just when its operator may try the command."""
    with (settings.home / "backup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another backup of this school is being made. This one begins when it has ended.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
