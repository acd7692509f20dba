"""The commands of the restore runbook, as the page has them, restore a school from PostgreSQL."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from single_machine import postgres
from single_machine.secrets_file import load_or_make
from tests.waiting import until

RUNBOOK = Path(__file__).parents[2] / "docs/runbooks/restore-one-machine.md"
UID = 61001 if os.getuid() == 0 else None
STUDENT = 61000 if os.getuid() == 0 else os.getuid()


def block(name: str) -> str:
    found = re.search(rf"<!-- rehearsed: {name} -->\n```bash\n(.*?)```", RUNBOOK.read_text(), re.DOTALL)
    assert found, f"the runbook has no block {name}"
    return found[1]


def run(name: str, **variables: Path | str) -> None:
    path = f"{postgres.binary_paths().postgres.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block(name)],
        env={"PATH": path, **{key: str(value) for key, value in variables.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, for sockets, and open to PostgreSQL's uid."""
    with tempfile.TemporaryDirectory(prefix="ap-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@contextmanager
def serving(home: Path, sockets: Path) -> Iterator[psycopg.Connection]:
    postgres.initialise(home / "data/postgres", UID)
    postgres.prepare_socket_folder(sockets, UID)
    server = subprocess.Popen(
        postgres.command(home / "data/postgres", sockets, durable=False),
        user=UID,
        group=UID,
        extra_groups=None if UID is None else [],
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: postgres.is_ready(sockets) or server.poll() is not None, within_s=60)
        postgres.ensure_database(sockets, "apranova")
        with psycopg.connect(host=str(sockets), user="postgres", dbname="apranova", autocommit=True) as connection:
            yield connection
    finally:
        server.send_signal(postgres.STOP_SIGNAL)
        server.wait(30)


@pytest.fixture
def school(folder: Path) -> Path:
    """A stopped school with one person, one record and one home."""
    home = folder / "old"
    (home / "data/homes/home-1/project").mkdir(parents=True)
    work = home / "data/homes/home-1/project/run.sh"
    work.write_text("echo hello\n")
    work.chmod(0o750)
    (home / "data/homes/home-1/project/latest").symlink_to("run.sh")
    for path in [home / "data/homes/home-1", *(home / "data/homes/home-1").rglob("*")]:
        os.chown(path, STUDENT, -1 if UID is None else STUDENT, follow_symlinks=False)
    with sqlite3.connect(home / "data/manager.sqlite3") as records:
        records.execute("PRAGMA journal_mode=WAL")
        records.execute("CREATE TABLE workspaces (id TEXT, home TEXT)")
        records.execute("INSERT INTO workspaces VALUES ('ws-1', 'home-1')")
    load_or_make(home / "secrets.json")
    with serving(home, folder / "s") as connection:
        connection.execute("CREATE TABLE people (email TEXT)")
        connection.execute("INSERT INTO people VALUES ('ada@school.example')")
    return home


def test_a_school_that_was_saved_comes_back_whole_in_a_new_home(school: Path, folder: Path) -> None:
    new = folder / "new"
    run("save", APRANOVA_HOME=school, BACKUP=folder / "b.tar")
    run("restore", NEW_HOME=new, BACKUP=folder / "b.tar")
    assert load_or_make(new / "secrets.json") == load_or_make(school / "secrets.json")
    work = new / "data/homes/home-1/project/run.sh"
    assert (work.read_text(), work.stat().st_mode & 0o777, work.stat().st_uid) == ("echo hello\n", 0o750, STUDENT)
    assert (new / "data/homes/home-1/project/latest").readlink() == Path("run.sh")
    with sqlite3.connect(new / "data/manager.sqlite3") as records:
        assert records.execute("SELECT * FROM workspaces").fetchall() == [("ws-1", "home-1")]
    with serving(new, folder / "t") as connection:
        assert connection.execute("SELECT email FROM people").fetchall() == [("ada@school.example",)]


def test_a_backup_that_is_not_what_the_school_is_does_not_pass(school: Path, folder: Path) -> None:
    run("save", APRANOVA_HOME=school, BACKUP=folder / "b.tar")
    run("restore", NEW_HOME=folder / "new", BACKUP=folder / "b.tar")
    damaged = folder / "new/data/manager.sqlite3"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    compare = block("restore").splitlines()[-1]
    environment = {"PATH": os.environ["PATH"], "NEW_HOME": str(folder / "new"), "BACKUP": str(folder / "b.tar")}
    assert subprocess.run(["bash", "-c", compare], env=environment, capture_output=True, check=False).returncode != 0


def test_people_come_back_from_a_dump_beside_the_live_database(school: Path, folder: Path) -> None:
    with serving(school, folder / "s") as connection:
        run("dump", SOCKETS=folder / "s", DUMP=folder / "people.dump")
        connection.execute("DELETE FROM people")
        run("undump", SOCKETS=folder / "s", DUMP=folder / "people.dump")
        with psycopg.connect(host=str(folder / "s"), user="postgres", dbname="apranova_restored") as restored:
            assert restored.execute("SELECT email FROM people").fetchall() == [("ada@school.example",)]
        assert connection.execute("SELECT count(*) FROM people").fetchone() == (0,)
