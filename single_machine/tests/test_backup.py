"""A school is backed up, lost, and made again on a bare machine, by real restic and PostgreSQL."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from manager.adapters.tests.restic_under_test import fingerprint, restic
from single_machine.__main__ import main
from single_machine.backup import contents, database, make, nightly, restore_school
from single_machine.backup.nightly import NightlyBackup
from single_machine.backup.record import is_due, problems, proof_is_due, read_record, write_record
from single_machine.backup.repository import BackupFailed, Repository
from single_machine.backup.settings import BackupSettings
from single_machine.preflight import CannotGoOn
from single_machine.school_data import check, record
from single_machine.secrets_file import load, load_or_make
from single_machine.settings import Settings, read_settings
from single_machine.upgrade_steps import copy_databases
from tests.waiting import until

SOURCE = Path(__file__).parents[2]
STUDENT = 61000 if os.getuid() == 0 else os.getuid()
FIRST, SECOND = "home-aaaaaaaaaaaaaaaa", "home-bbbbbbbbbbbbbbbb"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Open to PostgreSQL's uid."""
    with tempfile.TemporaryDirectory(prefix="apn-b-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def variables(folder: Path, home: str = "old") -> dict[str, str]:
    return {
        "APRANOVA_HOME": str(folder / home),
        "APRANOVA_RUN_DIR": str(folder / f"{home}-run"),
        "APRANOVA_RESTIC": str(restic().find()),
        "APRANOVA_BACKUP_TARGET": str(folder / "other-disk"),
        "APRANOVA_BACKUP_PASSWORD_FILE": str(folder / "password"),
    }


def read(folder: Path, home: str = "old", **more: str) -> Settings:
    return read_settings({**variables(folder, home), **more}, source=SOURCE)


@pytest.fixture
def school(folder: Path) -> Settings:
    """A stopped school with a person, two records, two homes and the snapshots of one."""
    settings = read(folder)
    for name in (FIRST, SECOND):
        project = settings.data / "homes" / name / "project"
        project.mkdir(parents=True)
        (project / "run.sh").write_text(f"echo {name}\n")
        (project / "run.sh").chmod(0o750)
        (project / "latest").symlink_to("run.sh")
        (project / "sealed").mkdir(mode=0o500)
        (project / ".cache").mkdir()
        (project / ".cache/kept-too").write_text("x")
        for path in [project.parent, *project.parent.rglob("*")]:
            os.chown(path, STUDENT, -1, follow_symlinks=False)
    kept = settings.snapshots / FIRST
    (kept / "snapshots").mkdir(parents=True)
    (kept / "snapshots" / ("a" * 64)).write_bytes(b"sealed")
    (kept / "locks").mkdir()
    (kept / "locks/one").write_text("left out")
    (settings.home / "logs").mkdir()
    (settings.home / "logs/manager.log").write_text("left out")
    (settings.home / "tls").mkdir()
    (settings.home / "tls/account.key").write_text("of a later version")
    with contextlib.closing(sqlite3.connect(settings.data / "manager.sqlite3", isolation_level=None)) as records:
        records.execute("PRAGMA journal_mode=WAL")
        records.execute("CREATE TABLE workspaces (id TEXT, body TEXT)")
        for name in (FIRST, SECOND):
            records.execute("INSERT INTO workspaces VALUES (?, ?)", (f"ws-{name}", json.dumps({"home_id": name})))
    secrets = load_or_make(settings.home / "secrets.json")
    with (
        database.serving(settings.data / "postgres", settings.database_uid) as conninfo,
        psycopg.connect(conninfo, autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE people (email TEXT)")
        connection.execute("ALTER TABLE people OWNER TO apranova")
        connection.execute("INSERT INTO people VALUES ('ada@school.example')")
    record(settings, secrets, now=1_790_000_000.0)
    return settings


def people(settings: Settings) -> list[tuple[str]]:
    with (
        database.serving(settings.data / "postgres", settings.database_uid) as conninfo,
        psycopg.connect(conninfo) as connection,
    ):
        return connection.execute("SELECT email FROM people").fetchall()


def test_a_lost_school_comes_back_whole_on_a_bare_machine(school: Settings, folder: Path) -> None:
    assert make.run(school, prove=True) == 0
    homes, secrets = fingerprint(school.data / "homes"), load(school.home / "secrets.json")
    shutil.rmtree(school.home)
    assert restore_school.run(variables(folder, "new"), source=SOURCE, snapshot=None) == 0
    new = read(folder, "new")
    assert fingerprint(new.data / "homes") == homes
    assert load(new.home / "secrets.json") == secrets
    assert people(new) == [("ada@school.example",)]
    assert (new.home / "tls/account.key").read_text() == "of a later version"
    assert (new.snapshots / FIRST / "snapshots" / ("a" * 64)).read_bytes() == b"sealed"
    assert check(new) == []
    left_out = [new.home / "logs/manager.log", new.snapshots / FIRST / "locks/one", new.home / restore_school.SCRATCH]
    assert not any(path.exists() for path in left_out)
    assert make.run(new) == 0


def test_a_school_that_is_there_is_never_restored_over(school: Settings, folder: Path) -> None:
    make.run(school)
    before = fingerprint(school.home)
    with pytest.raises(CannotGoOn, match="there is a school in"):
        restore_school.run(variables(folder), source=SOURCE, snapshot=None)
    assert fingerprint(school.home) == before


def test_a_restore_that_was_interrupted_begins_again_and_nothing_starts_meanwhile(
    school: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.run(school)
    with monkeypatch.context() as broken:
        broken.setattr(restore_school, "_load", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            restore_school.run(variables(folder, "new"), source=SOURCE, snapshot=None)
    new = read(folder, "new")
    with pytest.raises(CannotGoOn, match="has not ended"):
        check(new)
    assert restore_school.run(variables(folder, "new"), source=SOURCE, snapshot=None) == 0
    assert people(new) == [("ada@school.example",)]


def test_an_interrupted_restore_removes_no_snapshots_of_another_school(
    school: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.run(school)
    monkeypatch.setattr(restore_school, "_load", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        restore_school.run(variables(folder, "new"), source=SOURCE, snapshot=None)
    elsewhere = {**variables(folder, "new"), "APRANOVA_SNAPSHOTS_DIR": str(school.snapshots)}
    with pytest.raises(CannotGoOn, match="that was interrupted put snapshots into"):
        restore_school.run(elsewhere, source=SOURCE, snapshot=None)
    assert (school.snapshots / FIRST / "snapshots" / ("a" * 64)).exists()


def test_the_settings_come_back_too_and_say_where_the_school_goes(
    school: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "etc/school.toml"
    file.parent.mkdir()
    text = f'[school]\nname = "Łódź"\n[data]\nfolder = "{school.home}"\nsnapshots = "{folder}/third-disk"\n'
    file.write_text(text)
    shutil.move(school.snapshots, folder / "third-disk")
    saved = dataclasses.replace(school, settings_file=file, snapshots=folder / "third-disk")
    assert make.run(saved) == 0
    for lost in (file.parent, school.home, folder / "third-disk"):
        shutil.rmtree(lost)
    for name, value in variables(folder).items():
        if name != "APRANOVA_HOME":
            monkeypatch.setenv(name, value)
    monkeypatch.delenv("APRANOVA_BACKUP_TARGET")
    monkeypatch.setattr("sys.argv", ["apranova", "restore-school", "--from", str(folder / "other-disk")])
    assert main() == 0
    assert file.read_text() == text
    assert file.stat().st_mode & 0o777 == 0o600
    assert (school.data / "homes" / FIRST / "project/run.sh").exists()
    assert (folder / "third-disk" / FIRST / "snapshots").is_dir()


def test_a_failure_is_kept_with_since_when_until_a_backup_succeeds(school: Settings, folder: Path) -> None:
    assert make.run(school) == 0
    (folder / "other-disk").rename(folder / "away")
    (folder / "other-disk").mkdir()  # the mount point of a disk that is not mounted
    assert make.run(school) == 1
    first = read_record(school)
    assert "Is its disk mounted" in first.failure
    assert not any((folder / "other-disk").iterdir())
    assert make.run(school) == 1
    assert read_record(school).failing_since == first.failing_since
    assert "Backups fail since" in problems(first, now=first.tried_at)[0]
    (folder / "other-disk").rmdir()
    (folder / "away").rename(folder / "other-disk")
    assert make.run(school) == 0
    assert problems(read_record(school), now=first.tried_at) == []


def test_a_second_backup_waits_for_the_first(school: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(make, "say", told.append)
    with ThreadPoolExecutor(1) as beside, (school.home / "backup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = beside.submit(make.run, school)
        until(lambda: any("begins when it has ended" in text for text in told))
        assert not second.done()
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert second.result() == 0


def test_a_missing_restic_is_a_failure_that_status_shows(school: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody was told, and the supervisor tried again each half minute."""

    def missing(_: Settings) -> Path:
        raise CannotGoOn("restic is missing")

    monkeypatch.setattr(make, "find_restic", missing)
    assert make.run(school) == 1
    assert read_record(school).failure == "restic is missing"


def test_a_night_on_a_full_disk_does_not_end_the_school(school: Settings) -> None:
    with NightlyBackup(school) as night:  # its folder of logs cannot be written
        shutil.rmtree(school.logs)
        assert "could not begin" in night.tend(THREE)
        assert night.tend(THREE + 1) == ""


def test_a_backup_that_is_killed_is_a_failure_and_waits_an_hour(
    school: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(["sleep", "60"])
        process.kill()
        process.wait()
        return process

    monkeypatch.setattr(nightly, "spawn", killed)
    night = NightlyBackup(school)
    assert [bool(night.tend(THREE + after)) for after in (0, 1, 40, 80, 3_000)] == [False, True, False, False, False]
    record = read_record(school)
    assert (record.failing_since, record.tried_at) == (THREE + 1, THREE)
    night.tend(THREE + 3_700)
    assert night.tend(THREE + 3_701)


def test_an_upgrade_keeps_copies_of_both_databases_and_none_that_failed(
    school: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = school.home / "copies"
    with database.serving(school.data / "postgres", school.database_uid) as conninfo:
        running = dataclasses.replace(school, database_url=conninfo)
        for day in range(1, 6):
            copy_databases(running, dt.datetime(2026, 11, day, tzinfo=dt.UTC))
        with monkeypatch.context() as broken:
            broken.setattr(contents, "RECORDS", "missing.sqlite3")
            with pytest.raises(CannotGoOn, match="cannot be copied"):
                copy_databases(running, dt.datetime(2026, 11, 6, tzinfo=dt.UTC))
        copy_databases(running, dt.datetime(2026, 11, 7, tzinfo=dt.UTC))
    kept = sorted(copies.iterdir())
    assert [copy.name[:10] for copy in kept] == ["2026-11-04", "2026-11-05", "2026-11-07"]
    assert {file.name for file in kept[-1].iterdir()} == {contents.DUMP, contents.RECORDS}


def test_copies_of_peoples_data_end_and_are_in_no_backup(school: Settings, tmp_path: Path) -> None:
    file, [_, pieces] = tmp_path / "dump", database.PASSING
    with (
        database.serving(school.data / "postgres", school.database_uid) as conninfo,
        psycopg.connect(conninfo, autocommit=True) as connection,
    ):
        connection.execute(f"CREATE TABLE {pieces} AS SELECT 'a piece' AS content")
        rows = database.dump(conninfo, file)
        connection.execute(f"DROP TABLE people, {pieces}")
        assert database.load(conninfo, file) == rows == {"people": 1, pieces: 0}


def test_no_password_is_in_a_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[str], dict[str, str]]] = []

    def run(command: list[str], *, env: dict[str, str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.append((command, env))
        return subprocess.CompletedProcess(command, 0, "")

    monkeypatch.setattr(subprocess, "run", run)
    database._run("pg_dump", "postgresql://ada:s3cret@db.school.example:6000/apranova?sslmode=require")
    [(command, environment)] = seen
    assert "s3cret" not in " ".join(command)
    assert "host=db.school.example" in command[1]
    assert "sslmode=require" in command[1]
    assert environment["PGPASSWORD"] == "s3cret"


def test_a_wrong_password_and_a_lost_one_make_no_second_repository(school: Settings, folder: Path) -> None:
    assert make.run(school) == 0
    password = (folder / "password").read_text()
    (folder / "password").write_text("another")
    assert make.run(school) == 1
    assert "wrong password" in read_record(school).failure
    (folder / "password").unlink()
    assert make.run(school) == 1
    assert "Put your copy of it back" in read_record(school).failure
    assert not (folder / "password").exists()
    (folder / "password").write_text(password)
    assert make.run(school) == 0


@pytest.mark.parametrize("part", [contents.DUMP, contents.RECORDS])
def test_a_trial_finds_a_backup_whose_databases_are_not_what_they_were(
    school: Settings, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    real = make.Repository.back_up

    def damaging(repository: make.Repository, paths: list[Path], *, excluded: list[str]) -> tuple[str, int, list[str]]:
        file = contents.staging_folder(school.home) / part
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        return real(repository, paths, excluded=excluded)

    monkeypatch.setattr(make.Repository, "back_up", damaging)
    assert make.run(school, prove=True) == 1
    assert read_record(school).proof_failure
    assert not (school.home / ".backup-trial").exists()


def test_a_trial_finds_a_file_that_changed_and_kept_its_time(school: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = make.Repository.back_up

    def changing(repository: make.Repository, paths: list[Path], *, excluded: list[str]) -> tuple[str, int, list[str]]:
        made = real(repository, paths, excluded=excluded)
        file = school.data / "homes" / FIRST / "project/run.sh"
        times = file.stat()
        file.write_text(file.read_text().upper())
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        return made

    monkeypatch.setattr(make.Repository, "back_up", changing)
    assert make.run(school, prove=True) == 1
    assert "is not what the backup holds" in read_record(school).proof_failure


def test_the_old_ones_are_thinned_out(school: Settings) -> None:
    assert school.backup is not None
    few = dataclasses.replace(school, backup=dataclasses.replace(school.backup, daily=1, weekly=0, monthly=0))
    make.run(few)
    make.run(few)
    found = make.Repository(few.restic, few.backup or school.backup).snapshots()
    assert [one.snapshot_id[:8] for one in found] == [read_record(few).snapshot]


NIGHT = BackupSettings("/mnt", Path("/password"), hour=3, time_zone="Europe/Vienna")
THREE = 1_795_831_200.0  # 28 November 2026, 03:00 in Vienna


def test_a_backup_is_due_once_a_night_and_after_a_failure_each_hour(school: Settings) -> None:
    made = read_record(school).succeeded(target="/mnt", snapshot="1", size=1, began=THREE, now=THREE + 60, lacking="")
    assert is_due(read_record(school), NIGHT, now=THREE + 1)
    assert not is_due(made, NIGHT, now=THREE + 86_399)
    assert is_due(made, NIGHT, now=THREE + 86_401)
    failed = made.failed("the disk is away", began=THREE + 86_401, now=THREE + 86_402)
    assert not is_due(failed, NIGHT, now=THREE + 86_500)
    assert is_due(failed, NIGHT, now=THREE + 86_401 + 3_600)


def test_each_month_one_backup_is_tried(school: Settings) -> None:
    never = read_record(school)
    assert proof_is_due(never, NIGHT, now=THREE)
    proved = never.proved(now=THREE)
    assert not proof_is_due(proved, NIGHT, now=THREE + 86_400)
    assert proof_is_due(proved, NIGHT, now=THREE + 4 * 86_400)


def test_an_old_backup_is_a_problem_though_nothing_failed(school: Settings) -> None:
    made = read_record(school).succeeded(target="/mnt", snapshot="1", size=1, began=THREE, now=THREE, lacking="")
    write_record(school, made)
    assert problems(read_record(school), now=THREE + 26 * 3_600) == []
    assert "none was made since" in problems(read_record(school), now=THREE + 27 * 3_600)[0]


def test_a_restic_that_hangs_and_does_not_listen_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = tmp_path / "restic"
    deaf.write_text("#!/bin/sh\ntrap '' INT\nwhile :; do :; done\n")
    deaf.chmod(0o755)
    password = tmp_path / "password"
    password.write_text("secret")
    settings = read(tmp_path, APRANOVA_RESTIC=str(deaf)).backup
    assert settings is not None
    monkeypatch.setattr("single_machine.backup.repository.ENDS_WITHIN_S", 0.2)
    with pytest.raises(BackupFailed, match="did not end within"):
        Repository(deaf, settings).run("snapshots", within_s=0.2)
