"""`up` refuses when a part of the data is missing, damaged or another school's."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.names import WorkspaceKind, WorkspaceState
from manager.adapters.directory_homes.homes import DirectoryHomeVolumes
from manager.adapters.sqlite.store import SqliteWorkspaceStore
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.home_volumes import HomeOwner
from single_machine import postgres, rebuild_records, school_data
from single_machine.preflight import CannotGoOn
from single_machine.secrets_file import load_or_make
from single_machine.settings import Settings, read_settings

HOME = "home-aaaaaaaaaaaaaaaa"


UID = 61001 if os.geteuid() == 0 else None
"""PostgreSQL refuses to run as root."""


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """One that the uid of PostgreSQL can reach."""
    with tempfile.TemporaryDirectory(prefix="apranova-data-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture(scope="session")
def cluster(folder: Path) -> Path:
    """A real one; each test copies it."""
    postgres.initialise(folder / "postgres", UID)
    return folder / "postgres"


@pytest.fixture
def school(tmp_path: Path, cluster: Path) -> Settings:
    """A school that was ready once, with one home and one snapshot of it."""
    settings = read_settings({"APRANOVA_HOME": str(tmp_path / "school")}, source=Path("/nowhere"))
    settings.data.mkdir(parents=True)
    shutil.copytree(cluster, settings.data / "postgres")
    (settings.data / "homes" / HOME).mkdir(parents=True)
    (settings.data / "homes" / HOME / "work.txt").write_text("the work of a week")
    (settings.snapshots / HOME / "snapshots").mkdir(parents=True)
    (settings.snapshots / HOME / "snapshots" / ("a" * 64)).touch()
    add_record(settings, HOME)
    school_data.record(settings, load_or_make(settings.home / "secrets.json"), now=1_790_000_000.0)
    return settings


def add_record(settings: Settings, home_id: str) -> None:
    store = SqliteWorkspaceStore(settings.data / "manager.sqlite3")
    store.write(Workspace("ws-aaaaaaaaaa", "owner", WorkspaceKind.VSCODE, home_id=home_id))
    store.close()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_secrets(settings: Settings) -> None:
    (settings.home / "secrets.json").unlink()
    load_or_make(settings.home / "secrets.json")


def other_cluster(settings: Settings) -> None:
    control = settings.data / "postgres/global/pg_control"
    control.write_bytes(bytes(8) + control.read_bytes()[8:])


def other_records(settings: Settings) -> None:
    records(settings).unlink()
    add_record(settings, "home-bbbbbbbbbbbbbbbb")


def without_one_secret(settings: Settings) -> None:
    file = settings.home / "secrets.json"
    known = json.loads(file.read_text())
    del known["snapshots_password"]
    file.write_text(json.dumps(known))


def not_ours(settings: Settings) -> None:
    records(settings).unlink()
    with sqlite3.connect(records(settings)) as connection:
        connection.execute("CREATE TABLE notes (text)")


def records(settings: Settings) -> Path:
    return settings.data / "manager.sqlite3"


def cluster_of(settings: Settings) -> Path:
    return settings.data / "postgres"


LOSSES: dict[str, tuple[str, Callable[[Settings], object]]] = {
    "records missing": ("manager.sqlite3, are missing", lambda school: records(school).unlink()),
    "records empty": ("manager.sqlite3, are empty", lambda school: records(school).write_bytes(b"")),
    "records truncated": ("manager.sqlite3, are damaged", lambda school: truncate(records(school))),
    "records are text": ("manager.sqlite3, are damaged", lambda school: records(school).write_text("x" * 5_000)),
    "records of another program": ("manager.sqlite3, are damaged", not_ours),
    "records of another school": ("none of the 1 homes", other_records),
    "cluster missing": ("postgres, is missing", lambda school: shutil.rmtree(cluster_of(school))),
    "cluster without PG_VERSION": (
        "postgres, is damaged", lambda school: (cluster_of(school) / "PG_VERSION").unlink(),
    ),
    "cluster without pg_control": (
        "postgres, is damaged", lambda school: (cluster_of(school) / "global/pg_control").unlink(),
    ),
    "cluster with half a pg_control": (
        "postgres, is damaged", lambda school: truncate(cluster_of(school) / "global/pg_control"),
    ),
    "cluster of another version": (
        "made by PostgreSQL 15", lambda school: (cluster_of(school) / "PG_VERSION").write_text("15\n"),
    ),
    "cluster of another school": ("postgres, belongs to another school", other_cluster),
    "secrets missing": ("secrets.json is missing", lambda school: (school.home / "secrets.json").unlink()),
    "secrets empty": ("secrets.json is damaged", lambda school: (school.home / "secrets.json").write_text("")),
    "secrets truncated": ("secrets.json is damaged", lambda school: truncate(school.home / "secrets.json")),
    "secrets without one": ("secrets.json is damaged", without_one_secret),
    "secrets of another school": ("secrets.json belongs to another school", other_secrets),
}  # fmt: skip


def test_a_whole_school_starts(school: Settings) -> None:
    assert school_data.check(school) == []


def test_a_home_without_a_record_is_told(school: Settings) -> None:
    (school.data / "homes" / "home-cccccccccccccccc").mkdir()
    (told,) = school_data.check(school)
    assert told.startswith("1 of the homes have no record")


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_part_stops_the_start_and_nothing_is_removed(school: Settings, loss: str) -> None:
    words, lose = LOSSES[loss]
    lose(school)
    before = sorted(path for path in school.home.rglob("*") if "-shm" not in path.name and "-wal" not in path.name)
    with pytest.raises(CannotGoOn) as refused:
        school_data.check(school)
    assert words in str(refused.value)
    assert "1 snapshots of homes, the newest of" in str(refused.value)
    after = sorted(path for path in school.home.rglob("*") if "-shm" not in path.name and "-wal" not in path.name)
    assert after == before


@pytest.mark.parametrize("proof", ["homes", "snapshots", "school.json"])
def test_any_sign_of_earlier_data_is_enough(school: Settings, proof: str) -> None:
    (school.data / "manager.sqlite3").unlink()
    shutil.rmtree(cluster_of(school))
    if proof != "homes":
        shutil.rmtree(school.data / "homes")
    if proof != "snapshots":
        shutil.rmtree(school.snapshots)
    if proof != "school.json":
        (school.data / "school.json").unlink()
    with pytest.raises(CannotGoOn, match="nothing was changed"):
        school_data.check(school)


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss.startswith("records")])
def test_lost_records_are_made_again_from_the_homes(
    school: Settings, loss: str, capfd: pytest.CaptureFixture[str]
) -> None:
    DirectoryHomeVolumes(school.data / "homes").note_owner(
        HOME, HomeOwner("ws-aaaaaaaaaa", "ada", WorkspaceKind.VSCODE)
    )
    (school.data / "homes" / "home-cccccccccccccccc").mkdir()
    LOSSES[loss][1](school)
    lost = records(school).read_bytes() if records(school).exists() else None
    assert rebuild_records.run(dataclasses.replace(school, source=Path(__file__).parents[2], run=school.home)) == 0
    assert "Nobody knows whose home this is: home-cccccccccccccccc" in capfd.readouterr().out
    school_data.check(school)
    store = SqliteWorkspaceStore(records(school))
    made = store.find_workspace("ws-aaaaaaaaaa")
    store.close()
    assert made is not None
    assert (made.home_id, made.owner_id, made.state) == (HOME, "ada", WorkspaceState.STOPPED)
    assert made.home_created_at is not None
    aside = [file.read_bytes() for file in school.data.glob("manager.sqlite3.set-aside-*")]
    assert lost is None or lost in aside, "what was there can still be looked at"


def test_a_first_start_that_was_cut_short_may_go_on(tmp_path: Path) -> None:
    settings = read_settings({"APRANOVA_HOME": str(tmp_path / "school")}, source=Path("/nowhere"))
    settings.data.mkdir(parents=True)
    load_or_make(settings.home / "secrets.json")
    (settings.data / "postgres").mkdir()
    school_data.check(settings)


def test_files_where_the_cluster_goes_are_set_aside(folder: Path) -> None:
    (folder / "new").mkdir()
    (folder / "new" / "valuable").write_text("table files")
    postgres.initialise(folder / "new", UID)
    (aside,) = folder.glob("new.set-aside-*")
    assert (aside / "valuable").read_text() == "table files"
    assert (folder / "new" / "PG_VERSION").exists()
