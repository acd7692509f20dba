from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agent.home_repair import NOTE_FULL, NOTE_LOCKED, HomeRepair
from images.superset import home as homes
from images.superset import places
from images.tests.damaged_homes import DAMAGES, filled, small_disk


@pytest.fixture
def template(tmp_path: Path) -> Path:
    folder = tmp_path / "template"
    folder.mkdir()
    with closing(sqlite3.connect(folder / places.METADATA)) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('abc')")
        database.execute("CREATE TABLE ab_user (username TEXT, first_name TEXT, last_name TEXT, email TEXT)")
        database.execute("INSERT INTO ab_user VALUES ('student', 'Student', '', 'student@localhost')")
        database.execute("CREATE TABLE charts (name TEXT)")
    with closing(sqlite3.connect(folder / places.OWN_DATABASE.name)) as database, database:
        database.execute("PRAGMA user_version = 1")
    (folder / places.SAMPLE).write_bytes(b"sample")
    (folder / places.FACTS).write_text(json.dumps({"head": "abc"}))
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def repair_of(home: Path) -> HomeRepair:
    runtime = home.parent / f"{home.name}-runtime"
    runtime.mkdir(exist_ok=True)
    return HomeRepair(home, runtime)


def prepare(home: Path, template: Path, repair: HomeRepair | None = None) -> homes.Home:
    return homes.prepare(home, template, repair or repair_of(home))


def _charts(metadata: Path) -> list[str]:
    with closing(sqlite3.connect(metadata)) as database:
        return [name for (name,) in database.execute("SELECT name FROM charts")]


def _add_chart(metadata: Path, name: str) -> None:
    with closing(sqlite3.connect(metadata)) as database, database:
        database.execute("INSERT INTO charts VALUES (?)", (name,))


def test_the_first_day_makes_everything_and_the_second_changes_nothing(home: Path, template: Path) -> None:
    first = prepare(home, template)
    assert first.schema == homes.head_of(template) == "abc"
    _add_chart(first.metadata, "mine")
    (template / places.METADATA).write_bytes(b"another template")
    second = prepare(home, template)
    assert second.secret == first.secret
    assert _charts(second.metadata) == ["mine"]


def test_the_secret_is_only_for_its_owner_and_another_homes_is_another(home: Path, template: Path) -> None:
    first = prepare(home, template)
    assert len(first.secret) >= 64
    assert (home / places.SECRET).stat().st_mode & 0o777 == 0o600
    other = home.with_name("other")
    other.mkdir()
    assert prepare(other, template).secret != first.secret


def test_half_a_secret_of_a_full_disk_is_replaced(home: Path, template: Path) -> None:
    (home / places.SUPERSET).mkdir()
    (home / places.SECRET).write_text("half")
    assert len(prepare(home, template).secret) >= 64


def test_the_sample_is_a_link_that_follows_the_image(home: Path, template: Path) -> None:
    prepare(home, template)
    newer = template.rename(template.with_name("newer"))
    prepare(home, newer)
    assert (home / places.SAMPLE_LINK).readlink() == newer / places.SAMPLE


def test_what_a_student_put_in_the_samples_place_stays(home: Path, template: Path) -> None:
    (home / places.DATA).mkdir()
    (home / places.SAMPLE_LINK).write_text("my own")
    prepare(home, template)
    assert (home / places.SAMPLE_LINK).read_text() == "my own"


def test_a_local_disk_gets_a_write_ahead_log_and_a_network_one_none(home: Path, template: Path) -> None:
    prepared = prepare(home, template)
    mode = "PRAGMA journal_mode"
    with closing(sqlite3.connect(prepared.metadata)) as database:
        assert database.execute(mode).fetchone() == ("wal",)
    homes.set_journal(prepared.metadata, network=True)
    with closing(sqlite3.connect(prepared.metadata)) as database:
        assert database.execute(mode).fetchone() == ("delete",)


@pytest.mark.parametrize(
    ("type_", "network"), [(0x6969, True), (0xEF53, False), (0x65735546, True), (0x58465342, False)]
)
def test_network_file_systems_are_known_by_their_number(type_: int, network: bool) -> None:
    assert (type_ in homes._NETWORK_FILE_SYSTEMS) is network


def test_this_machines_disk_is_no_network(home: Path) -> None:
    assert homes.on_network_file_system(home) is False
    assert homes.on_network_file_system(home / "missing") is True


def test_the_owners_name_is_written_and_an_empty_one_leaves_it(home: Path, template: Path) -> None:
    prepared = prepare(home, template)
    homes.set_owner(prepared.metadata, name="Ada King Lovelace", email="ada@example.org")
    homes.set_owner(prepared.metadata, name="", email="")
    with closing(sqlite3.connect(prepared.metadata)) as database:
        row = database.execute("SELECT first_name, last_name, email FROM ab_user").fetchone()
    assert row == ("Ada", "King Lovelace", "ada@example.org")


def test_a_snapshot_is_whole_and_only_the_newest_two_are_kept(home: Path, template: Path) -> None:
    prepared = prepare(home, template)
    made = []
    for number in range(3):
        _add_chart(prepared.metadata, f"chart {number}")
        file = homes.snapshot(replace(prepared, schema=f"v{number}"))
        os.utime(file, (number, number))
        made.append(file)
    assert not made[0].exists()
    assert _charts(made[2]) == ["chart 0", "chart 1", "chart 2"]


def test_a_newer_database_takes_the_old_ones_place_without_its_log(home: Path, template: Path) -> None:
    prepared = prepare(home, template)
    _add_chart(prepared.metadata, "old")
    newer = homes.snapshot(prepared).rename(home / "newer.db")
    _add_chart(newer, "new")
    homes.replace_metadata(prepared, newer)
    assert _charts(prepared.metadata) == ["old", "new"]
    assert not newer.exists()


PLACES = (
    places.SUPERSET,
    places.SECRET,
    places.METADATA_IN_HOME,
    Path(f"{places.METADATA_IN_HOME}-wal"),
    places.SNAPSHOTS,
    places.RESULTS,
    places.DATA,
    places.OWN_DATABASE,
    places.SAMPLE_LINK,
)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("path", PLACES, ids=str)
def test_a_home_that_its_student_damaged_opens(home: Path, template: Path, path: Path, damage: str) -> None:
    (home / path).parent.mkdir(parents=True, exist_ok=True)
    DAMAGES[damage](home / path)
    repair = repair_of(home)
    prepared = prepare(home, template, repair)
    assert (prepared.schema, _charts(prepared.metadata)) == ("abc", [])
    assert prepared.metadata == home / places.METADATA_IN_HOME
    for aside in home.rglob("*.set-aside-*"):
        assert aside.name in " ".join(repair.notes)
    homes.checkpoint(prepared)


def test_a_damaged_database_is_set_aside_for_the_newest_copy_that_reads(home: Path, template: Path) -> None:
    prepared = prepare(home, template)
    _add_chart(prepared.metadata, "kept")
    homes.snapshot(prepared)
    (home / places.SNAPSHOTS / "superset-abc-29990101T000000.db").write_bytes(b"y" * 5000)
    prepared.metadata.write_bytes(b"x" * 5000)
    repair = repair_of(home)
    assert _charts(prepare(home, template, repair).metadata) == ["kept"]
    (aside, *_) = [file for file in (home / places.SUPERSET).glob("*.set-aside-*") if file.read_bytes()[:1] == b"x"]
    assert aside.name in repair.notes[0]


def test_a_locked_home_is_unlocked(home: Path, template: Path) -> None:
    prepare(home, template)
    subprocess.run(["chmod", "-R", "a-w", str(home)], check=True)
    repair = repair_of(home)
    prepared = prepare(home, template, repair)
    assert repair.notes == [NOTE_LOCKED]
    assert all(file.stat().st_mode & 0o200 for file in (prepared.metadata, home / places.OWN_DATABASE, home))


@pytest.mark.root
def test_a_full_home_opens_with_a_temporary_database(template: Path) -> None:
    with small_disk() as disk:
        for charts in ([], ["mine"]):
            with filled(disk):
                repair = repair_of(disk)
                prepared = prepare(disk, template, repair)
                assert _charts(prepared.metadata) == charts
                _add_chart(prepared.metadata, "not kept")
                assert repair.notes == [NOTE_FULL, homes.NOTE_TEMPORARY]
                homes.checkpoint(prepared)
            shutil.rmtree(disk.parent / f"{disk.name}-runtime")
            prepared = prepare(disk, template)
            if not charts:
                _add_chart(prepared.metadata, "mine")
        assert _charts(prepared.metadata) == ["mine"]
