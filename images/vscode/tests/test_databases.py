"""PostgreSQL and Redis in a workspace: real servers, a real image, a home that outlives tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from images.tests import desk as desks
from images.vscode.tests.sandboxed_desk import SandboxedDesk
from tests.waiting import until

pytestmark = pytest.mark.sandbox

DATA = ".local/share/postgresql/18"


@pytest.fixture
def desk(image: dict[str, Any]) -> Iterator[SandboxedDesk]:
    with desks.short_folder() as folder:
        desk = SandboxedDesk(image, folder)
        yield desk
        desk.close()


def test_a_database_begins_with_its_first_connection_and_is_there_after_a_stop(desk: SandboxedDesk) -> None:
    assert not desk.processes("postgres")
    assert not (desk.home / ".local/share/postgresql").exists(), "nobody asked for a database"
    desk.sql("CREATE TABLE pets (name text); INSERT INTO pets VALUES ('Rex')")
    assert desk.run('psql -X -At -c "SELECT name FROM pets" "$DATABASE_URL"').stdout == "Rex\n"
    by_socket = f"psql -X -At -h {desk.task.log.parent} -c 'TABLE pets'"
    assert desk.run(by_socket).stdout == "Rex\n"
    assert (desk.task.status()["ports"], desk.notices()) == ([], [])
    desk.stop()
    assert "database system is shut down" in desk.server_log()
    assert not (desk.home / DATA / "postmaster.pid").exists()

    desk.launch()
    assert not desk.processes("postgres")
    assert desk.sql("SELECT name FROM pets") == "Rex"
    assert "not properly shut down" not in desk.server_log()


def test_what_was_committed_survives_a_power_cut_in_the_middle_of_writing(desk: SandboxedDesk) -> None:
    """The lock file stays, and the next task gives its process id to another process."""
    desk.sql("CREATE TABLE numbers (n int)")
    rows = 'for n in $(seq 1 100000); do echo "INSERT INTO numbers VALUES ($n) RETURNING n;"; done'
    with desk.running(f"{rows} | psql -X -At -q > ~/committed"):
        until(lambda: (desk.home / "committed").exists() and (desk.home / "committed").stat().st_size > 1_000)
        lock = (desk.home / DATA / "postmaster.pid").read_text()
        desk.kill()
    committed = (desk.home / "committed").read_text().split("\n")[:-1]
    (desk.home / DATA / "postmaster.pid").write_text("1\n" + lock.split("\n", 1)[1])

    desk.launch()
    assert int(desk.sql("SELECT count(*) FROM numbers")) >= len(committed) > 100
    assert desk.sql("SELECT count(*) = max(n) FROM numbers") == "t"
    assert "not properly shut down" in desk.server_log()
    assert desk.notices() == []


def test_a_killed_server_starts_again_with_the_next_connection_and_says_so(desk: SandboxedDesk) -> None:
    desk.sql("CREATE TABLE pets (name text); INSERT INTO pets VALUES ('Rex')")
    (postmaster,) = (process for process in desk.processes("postgres") if "-D" in process.cmdline())
    postmaster.kill()
    until(lambda: not desk.processes("postgres"))
    assert desk.sql("SELECT name FROM pets") == "Rex"
    assert ["It starts again with the next connection" in notice for notice in desk.notices()] == [True]


def test_a_full_home_loses_nothing_and_the_student_is_told(image: dict[str, Any]) -> None:
    with desks.short_folder() as folder:
        desk = SandboxedDesk(image, folder, home_bytes=100 << 20)
        try:
            desk.sql("CREATE TABLE t AS SELECT n, repeat('x', 500) FROM generate_series(1, 1000) n")
            desk.run("head -c 200M /dev/zero > ~/large")
            failed = desk.run(
                'psql -X -c "INSERT INTO t SELECT n, repeat(chr(121), 500) FROM generate_series(1, 40000) n"'
            )
            assert "No space left on device" in failed.stderr
            assert "your home is full" in desk.notices()[0]
            desk.run("pkill -9 -o postgres; sleep 1; head -c 200M /dev/zero >> ~/large")
            refused = desk.run("psql -X -c 'SELECT 1'")
            desk.run("rm ~/large; sleep 2")
            assert desk.sql("SELECT count(*) FROM t WHERE n > 0") == "1000", refused
        finally:
            desk.close()


def test_files_of_another_version_are_kept_and_the_student_is_told_what_to_do(desk: SandboxedDesk) -> None:
    for name in ("PG_VERSION", "global/pg_control"):
        file = desk.home / ".local/share/postgresql/17" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("17\n")
    refused = desk.run("psql -X -c 'SELECT 1'")
    assert "Your tables are in the files of PostgreSQL 17 (~/.local/share/postgresql/17)" in refused.stderr
    assert len(desk.notices()) == 1
    (desk.home / DATA).mkdir()
    until(lambda: desk.run("psql -X -c 'SELECT 1'").returncode == 0)
    assert (desk.home / ".local/share/postgresql/17/PG_VERSION").exists()


def test_redis_keeps_what_was_set_and_gives_up_its_port_when_the_student_stops_it(desk: SandboxedDesk) -> None:
    assert desk.run("redis-cli set greeting hello").stdout == "OK\n"
    desk.stop()
    desk.launch()
    assert not desk.processes("redis-server")
    assert desk.run('redis-cli -u "$REDIS_URL" get greeting').stdout == "hello\n"
    desk.run("redis-cli shutdown")
    assert desk.notices()[0].startswith("You stopped Redis. Port 6379 is free")
    own = desk.run("redis-server --port 6379 --daemonize yes --save '' > /dev/null; sleep 0.5; redis-cli get greeting")
    assert own.stdout == "\n", "their own server answers"
    assert desk.task.status()["ports"] == [6379]


def test_redis_keeps_its_last_dump_through_a_power_cut_in_a_write_and_a_full_home(image: dict[str, Any]) -> None:
    with desks.short_folder() as folder:
        desk = SandboxedDesk(image, folder, home_bytes=60 << 20)
        try:
            assert desk.run("redis-cli set greeting hello; redis-cli save").stdout == "OK\nOK\n"
            desk.run("head -c 200M /dev/zero > ~/large")
            filled = desk.run("redis-cli eval \"for n=1,20000 do redis.call('set', n, string.rep('x', 500)) end\" 0")
            failed = desk.run("redis-cli save")
            assert failed.stdout.startswith("ERR"), (filled, failed)
            with desk.running("yes 'set busy x' | redis-cli > /dev/null"):
                (server,) = desk.processes("redis-server")
                server.kill()
                until(lambda: not desk.processes("redis-server"))
            assert desk.run("redis-cli get greeting").stdout == "hello\n", "also while the home is full"
            desk.run("rm ~/large")
            until(lambda: desk.run("redis-cli save").stdout == "OK\n")
            assert desk.run("redis-cli get greeting").stdout == "hello\n"
        finally:
            desk.close()


def test_a_query_that_computes_is_a_busy_job_and_an_open_connection_is_not(desk: SandboxedDesk) -> None:
    computes = "SELECT count(*) FROM generate_series(1, 2000000000)"
    with desk.running("sleep 20 | psql -X"):
        until(lambda: len(desk.processes("postgres")) > 5)
        assert desk.task.status()["busy"] == ""
    with desk.running(f'psql -X -c "{computes}"'):
        until(lambda: desk.task.status()["busy"] == "postgres", within_s=60)
