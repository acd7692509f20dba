"""Snapshots with the real restic, in folders: whole homes come back, and damage is found."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from manager.adapters.directory_homes.homes import MARK, DirectoryHomeVolumes
from manager.adapters.restic.program import Restic
from manager.adapters.restic.repositories import DirectoryRepositories
from manager.adapters.restic.snapshots import ResticSnapshots
from manager.adapters.tests.restic_under_test import fingerprint, restic
from manager.ports.home_backup import SnapshotFailed, SnapshotsDamaged

HOME = "home-aaaaaaaaaaaaaaaa"
OTHER = "home-bbbbbbbbbbbbbbbb"


@pytest.fixture(scope="module")
def program() -> Restic:
    return restic()


class Kept:
    """Two homes in a folder, and their snapshots in another."""

    def __init__(self, folder: Path, program: Restic) -> None:
        self.folder, self.homes_folder, self.store = folder, folder / "homes", folder / "snapshots"
        self.volumes = DirectoryHomeVolumes(self.homes_folder, snapshots=self.store)
        for home_id in (HOME, OTHER):
            self.volumes.create(home_id)
        self.home = self.homes_folder / HOME
        self.lost = True
        self.snapshots = self.with_restic(program)

    def with_restic(self, program: Restic, **limits: float) -> ResticSnapshots:
        repositories = DirectoryRepositories(self.store)
        return ResticSnapshots(self.homes_folder, repositories, program, belongs_here=lambda _: self.lost, **limits)

    def homes(self) -> list[str]:
        return sorted(path.name for path in self.homes_folder.iterdir() if path.name != MARK)

    def fill(self) -> None:
        """A project like those of students."""
        (self.home / "project/.git/objects").mkdir(parents=True)
        (self.home / "project/.git/objects/pack").write_bytes(os.urandom(3_000_000))
        (self.home / "project/app.py").write_text("print('first')\n")
        (self.home / "project/run.sh").write_text("#!/bin/sh\n")
        (self.home / "project/run.sh").chmod(0o755)
        (self.home / "project/current").symlink_to("app.py")
        (self.home / "elsewhere").symlink_to("/etc")
        (self.home / "ünïcode name\n with a line break").write_text("")
        for name in (b"not UTF-8: \xff\xfe\xc3", b"\x1b[2Jescape\ttab\rreturn", b'\\u0041 "quoted" $(x)', b" -rf *"):
            Path(os.fsdecode(bytes(self.home) + b"/project/" + name)).write_text("kept")
        (self.home / "empty").mkdir()
        (self.home / ".cache/pip").mkdir(parents=True)
        (self.home / ".cache/pip/wheel").write_bytes(b"x" * 1000)
        os.utime(self.home / "project/app.py", ns=(10**18, 10**18 + 1))
        with sqlite3.connect(self.home / "superset.db") as database:
            database.execute("CREATE TABLE charts (name TEXT)")


@pytest.fixture
def kept(tmp_path: Path, program: Restic) -> Kept:
    return Kept(tmp_path, program)


def test_a_home_and_any_older_state_of_it_come_back_exactly(kept: Kept) -> None:
    kept.fill()
    as_it_was = fingerprint(kept.home)
    first = kept.snapshots.save(HOME)
    (kept.home / "project/app.py").write_text("print('second')\n")
    (kept.home / "project/run.sh").unlink()
    (kept.home / "elsewhere").unlink()
    (kept.home / "new.txt").write_text("new")
    second_state = fingerprint(kept.home)
    second = kept.snapshots.save(HOME)
    assert [snapshot.snapshot_id for snapshot in kept.snapshots.list(HOME)] == [second.snapshot_id, first.snapshot_id]
    for snapshot, state in ((first, as_it_was), (second, second_state)):
        kept.snapshots.fetch(HOME, snapshot.snapshot_id)
        kept.snapshots.swap(HOME)
        without_cache = {name: seen for name, seen in state.items() if not name.startswith(".cache")}
        assert fingerprint(kept.home) == without_cache
    assert kept.home.stat().st_mode & 0o777 == 0o700
    assert kept.homes() == [HOME, OTHER]


def test_a_second_snapshot_stores_what_has_changed_and_no_more(kept: Kept) -> None:
    kept.fill()
    kept.snapshots.save(HOME)
    room = size_of(kept.store)
    assert room > 3_000_000
    (kept.home / "project/app.py").write_text("print('one line changed')\n")
    (kept.home / "project/.git/objects/pack").rename(kept.home / "project/.git/objects/moved")
    kept.snapshots.save(HOME)
    assert 0 < size_of(kept.store) - room < 100_000


def test_an_empty_home_and_one_with_locked_folders_are_kept_and_put_back(kept: Kept) -> None:
    empty = kept.snapshots.save(HOME)
    (kept.home / "locked/inner").mkdir(parents=True)
    (kept.home / "locked/inner/file").write_text("x")
    (kept.home / "locked").chmod(0o500)
    os.mkfifo(kept.home / "pipe")
    kept.snapshots.save(HOME)
    kept.snapshots.fetch(HOME, empty.snapshot_id)
    kept.snapshots.swap(HOME)
    assert list(kept.home.iterdir()) == []
    assert kept.homes() == [HOME, OTHER]


def test_each_home_has_its_own_repository_and_a_purge_removes_it(kept: Kept) -> None:
    kept.fill()
    kept.snapshots.save(HOME)
    other = kept.snapshots.save(OTHER)
    assert kept.snapshots.list(OTHER) == (other,)
    with pytest.raises(SnapshotFailed):
        kept.snapshots.fetch(HOME, other.snapshot_id)
    kept.volumes.purge(HOME)
    assert kept.snapshots.list(HOME) == ()
    assert [path.name for path in kept.store.iterdir()] == [OTHER]
    kept.snapshots.erase(OTHER)
    assert list(kept.store.iterdir()) == []


def test_an_interrupted_swap_is_finished_and_the_home_never_lost(kept: Kept) -> None:
    kept.fill()
    state = fingerprint(kept.home)
    kept.home.rename(kept.homes_folder / f".{HOME}.before")  # the worker died between the two renames
    assert kept.snapshots.holds(HOME)
    kept.snapshots.save(HOME)
    assert fingerprint(kept.home) == state


def test_a_home_that_is_lost_comes_back_and_one_that_is_there_or_elsewhere_is_not_missed(kept: Kept) -> None:
    kept.fill()
    shutil.rmtree(kept.home / ".cache")
    state = fingerprint(kept.home)
    snapshot = kept.snapshots.save(HOME)
    assert not kept.snapshots.misses(HOME)
    shutil.rmtree(kept.home)
    kept.lost = False
    assert not kept.snapshots.misses(HOME)
    kept.lost = True
    assert kept.snapshots.misses(HOME)
    kept.snapshots.fetch(HOME, snapshot.snapshot_id)
    kept.snapshots.swap(HOME)
    assert fingerprint(kept.home) == state
    assert kept.home.stat().st_mode & 0o777 == 0o700
    assert kept.homes() == [HOME, OTHER]


def test_what_could_not_be_fetched_is_never_swapped_in(kept: Kept) -> None:
    kept.fill()
    state = fingerprint(kept.home)
    with pytest.raises(SnapshotFailed, match="does not hold"):
        kept.snapshots.swap(HOME)
    kept.snapshots.save(HOME)
    with pytest.raises(SnapshotFailed):
        kept.snapshots.fetch(HOME, "0" * 64)
    assert fingerprint(kept.home) == state
    assert kept.homes() == [HOME, OTHER]


def spoil(repository: Path) -> Path:
    """Overwrite bytes in the middle of the largest pack."""
    largest = max((repository / "data").rglob("*"), key=lambda file: file.stat().st_size)
    largest.chmod(0o600)
    with largest.open("r+b") as file:
        file.seek(largest.stat().st_size // 2)
        file.write(b"\0" * 64)
    return largest


def test_damage_is_found_by_a_verification_and_by_a_restore(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("manager.adapters.restic.snapshots._VERIFIED_PARTS", 1)
    kept.fill()
    snapshot = kept.snapshots.save(HOME)
    kept.snapshots.thin_out(HOME)
    kept.snapshots.verify(HOME)
    assert [found.snapshot_id for found in kept.snapshots.list(HOME)] == [snapshot.snapshot_id]
    largest = spoil(kept.store / HOME)
    with pytest.raises(SnapshotsDamaged):
        kept.snapshots.verify(HOME)
    with pytest.raises(SnapshotFailed):
        kept.snapshots.fetch(HOME, snapshot.snapshot_id)
    largest.unlink()
    with pytest.raises(SnapshotsDamaged):
        kept.snapshots.verify(HOME)


def test_what_says_nothing_about_damage_is_no_damage(kept: Kept, program: Restic) -> None:
    kept.snapshots.save(HOME)
    for hindered in (kept.with_restic(replace(program, password="another")), kept.with_restic(program, timeout_s=0.01)):
        with pytest.raises(SnapshotFailed) as failed:
            hindered.verify(HOME)
        assert not isinstance(failed.value, SnapshotsDamaged)


@pytest.mark.parametrize(
    "script",
    [
        "kill -KILL $$",
        "kill -TERM $$",
        "echo 'signal interrupt received, cleaning up'; exit 130",
        "echo 'Fatal: unable to open config file: Stat: Access Denied.'; exit 1",
        "echo 'Load(<snapshot/1>): dial tcp 192.0.2.1:443: connect: connection refused'; exit 1",
        "echo 'runtime: out of memory: cannot allocate 4194304-byte block'; exit 2",
    ],
)
def test_a_check_that_was_ended_or_reached_nothing_is_no_damage(tmp_path: Path, script: str) -> None:
    """Ctrl+C and a server that stops end restic, too; sound snapshots must not be set aside."""
    tool = tmp_path / "restic"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o700)
    repositories = DirectoryRepositories(tmp_path / "snapshots")
    (tmp_path / "snapshots" / HOME).mkdir()
    (tmp_path / "snapshots" / HOME / "config").touch()
    snapshots = ResticSnapshots(tmp_path, repositories, Restic((tool,), "x"), belongs_here=lambda _: True)
    with pytest.raises(SnapshotFailed) as failed:
        snapshots.verify(HOME)
    assert not isinstance(failed.value, SnapshotsDamaged)


def test_snapshots_that_were_set_aside_are_listed_and_those_that_read_come_back(kept: Kept) -> None:
    """The first one lacks the pack that is spoiled, so it can still be read."""
    (kept.home / "old.txt").write_text("old")
    first = kept.snapshots.save(HOME)
    kept.fill()
    second = kept.snapshots.save(HOME)
    spoil(kept.store / HOME)
    kept.snapshots.set_aside(HOME)
    third = kept.snapshots.save(HOME)
    ids = [snapshot.snapshot_id for snapshot in (third, second, first)]
    assert [snapshot.snapshot_id for snapshot in kept.snapshots.list(HOME)] == ids
    with pytest.raises(SnapshotFailed):
        kept.snapshots.fetch(HOME, second.snapshot_id)
    kept.snapshots.fetch(HOME, first.snapshot_id)
    kept.snapshots.swap(HOME)
    assert [path.name for path in kept.home.iterdir()] == ["old.txt"]
    kept.snapshots.erase(HOME)
    assert kept.snapshots.list(HOME) == ()


def test_a_sparse_file_takes_its_own_home_some_time_and_can_be_left_out(kept: Kept, program: Restic) -> None:
    (kept.home / "small.txt").write_text("x")
    with (kept.home / "big.bin").open("wb") as sparse:
        sparse.truncate(4 * 2**40)
    kept.snapshots.save(OTHER)
    hasty = kept.with_restic(program, save_timeout_s=3.0)
    begun = time.monotonic()
    with pytest.raises(SnapshotFailed, match="did not end within 3 s"):
        hasty.save(HOME)
    assert time.monotonic() - begun < 60.0
    snapshot = kept.snapshots.save(HOME, largest_bytes=5 * 10**9)
    assert not snapshot.whole
    kept.snapshots.fetch(HOME, snapshot.snapshot_id)
    kept.snapshots.swap(HOME)
    assert [path.name for path in kept.home.iterdir()] == ["small.txt"]


def test_a_snapshot_counts_what_it_has_read(kept: Kept) -> None:
    kept.fill()
    snapshot = kept.snapshots.save(HOME)
    assert 3_000_000 < snapshot.read_bytes < 3_100_000
    assert 5 <= snapshot.read_files <= 10


def without_config(repository: Path) -> None:
    (repository / "config").unlink()


def with_an_empty_index(repository: Path) -> None:
    for index in (repository / "index").iterdir():
        index.chmod(0o600)
        index.write_bytes(b"")


@pytest.mark.parametrize("damage", [without_config, with_an_empty_index])
def test_a_damaged_repository_is_set_aside_and_a_new_one_begins(kept: Kept, damage: Callable[[Path], None]) -> None:
    kept.fill()
    kept.snapshots.save(HOME)
    damage(kept.store / HOME)
    left = {path.name for path in (kept.store / HOME).rglob("*")}
    snapshot = kept.snapshots.save(HOME)
    (aside,) = kept.store.glob(f"{HOME}.set-aside-*")
    assert left <= {path.name for path in aside.rglob("*")}
    assert aside.name in str(DirectoryRepositories(kept.store)), "status says so"
    (kept.home / "project/app.py").unlink()
    kept.snapshots.fetch(HOME, snapshot.snapshot_id)
    kept.snapshots.swap(HOME)
    assert (kept.home / "project/app.py").read_text() == "print('first')\n"
    kept.volumes.purge(HOME)
    assert list(kept.store.glob(f"{HOME}*")) == []


def test_a_wrong_password_or_a_slow_machine_is_no_damage(kept: Kept, program: Restic) -> None:
    kept.snapshots.save(HOME)
    with pytest.raises(SnapshotFailed, match="wrong password"):
        kept.with_restic(replace(program, password="another")).save(HOME)
    with pytest.raises(SnapshotFailed, match="did not end"):
        kept.with_restic(program, timeout_s=0.0).save(HOME)
    assert list(kept.store.glob("*.set-aside-*")) == []


def test_a_snapshot_can_be_forgotten_and_many_are_thinned_out(kept: Kept) -> None:
    kept.snapshots.kept = ("--keep-last", "1")
    _, second, third = (kept.snapshots.save(HOME) for _ in range(3))
    kept.snapshots.forget(HOME, third.snapshot_id)
    kept.snapshots.thin_out(HOME)
    assert kept.snapshots.list(HOME) == (second,)


def test_without_restic_and_with_a_wrong_password_the_words_say_what_is_wrong(
    kept: Kept, program: Restic, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.snapshots.save(HOME)
    stranger = Restic((program.find() or Path(),), password="another")
    with pytest.raises(SnapshotFailed, match="wrong password"):
        kept.with_restic(stranger).save(HOME)
    monkeypatch.setenv("PATH", "/nonexistent")
    missing = Restic((kept.folder / "nothing",), password="x")
    assert missing.version() == ""
    with pytest.raises(SnapshotFailed, match="restic is not installed"):
        kept.with_restic(missing).save(HOME)


def test_a_call_that_takes_too_long_is_ended_and_the_next_one_is_not_locked_out(kept: Kept, program: Restic) -> None:
    kept.snapshots.save(HOME)
    hasty = kept.with_restic(program, timeout_s=0.05)
    with pytest.raises(SnapshotFailed, match="did not end within"):
        hasty.save(HOME)
    kept.snapshots.forget(HOME, kept.snapshots.save(HOME).snapshot_id)  # needs the only lock


@pytest.mark.parametrize("mode", [0o000, 0o500])
def test_what_its_owner_may_not_read_or_change_is_saved_and_restored_and_nothing_stays_behind(
    kept: Kept, mode: int
) -> None:
    """As root this always works; as an ordinary user it needs care."""
    (kept.home / "locked").mkdir()
    for name in ("secret", "locked/secret"):
        (kept.home / name).write_text("x")
        (kept.home / name).chmod(0o000)
    (kept.home / "locked").chmod(mode)
    kept.home.chmod(mode)
    snapshot = kept.snapshots.save(HOME)
    assert snapshot.whole
    (kept.home / "locked").chmod(mode)  # locked again
    kept.home.chmod(mode)
    kept.snapshots.fetch(HOME, snapshot.snapshot_id)
    kept.snapshots.swap(HOME)
    assert kept.homes() == [HOME, OTHER]
    assert kept.home.stat().st_mode & mode == mode
    kept.home.chmod(0o700)
    (kept.home / "locked").chmod(0o700)
    assert {(kept.home / name).read_text() for name in ("secret", "locked/secret")} == {"x"}


@pytest.mark.root  # who alone can give files to another user
def test_as_root_owners_come_back_too(kept: Kept) -> None:
    (kept.home / "file").write_text("x")
    for path in (kept.home, kept.home / "file"):
        os.chown(path, 61_000, 61_000)
    snapshot = kept.snapshots.save(HOME)
    kept.snapshots.fetch(HOME, snapshot.snapshot_id)
    kept.snapshots.swap(HOME)
    assert {(kept.home.stat().st_uid, (kept.home / "file").stat().st_uid)} == {(61_000, 61_000)}


@pytest.mark.parametrize("bad", ["../etc", "", "home-AAAAAAAAAAAAAAAA"])
def test_no_other_path_can_be_named(kept: Kept, bad: str) -> None:
    for ask in (kept.snapshots.save, kept.snapshots.list, kept.snapshots.erase, kept.snapshots.holds):
        with pytest.raises(ValueError, match="not the id of a home"):
            ask(bad)


def size_of(folder: Path) -> int:
    return int(subprocess.check_output(["du", "-sb", folder], text=True).split()[0])
