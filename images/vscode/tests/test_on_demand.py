"""A server on demand whose start or files are not as usual, without the real databases."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.processes import Children, Command
from images.vscode.databases import on_demand
from images.vscode.databases.on_demand import Caller, OnDemand
from images.vscode.databases.postgresql import PostgreSQL
from images.vscode.databases.server import CannotStart, Run
from tests.waiting import until_in_this_loop


class Shell:
    """A shell command as a server: it serves as soon as the test says so."""

    name = "Shell"
    port = 0
    socket_for_programs: Path | None = None
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, script: str) -> None:
        self.socket, self.log = folder / "socket", folder / "log"
        self.script = script
        self.serves = False
        self.starts = 0

    def variables(self) -> dict[str, str]:
        return {}

    async def prepare(self, run: Run) -> None:
        self.starts += 1

    def command(self) -> Command:
        return Command(("/bin/sh", "-c", self.script), {"PATH": "/usr/bin:/bin"})

    async def is_ready(self) -> bool:
        return self.serves

    def refusal(self, received: bytearray, text: str) -> tuple[bytes, bool]:
        return text.encode(), True


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.children = Children()
        self.children.watch()
        self.all: list[OnDemand] = []

    def server(self, script: str) -> tuple[Shell, OnDemand]:
        shell = Shell(self.folder, script)
        self.all.append(OnDemand(shell, self.children, tell=self.told.append))
        return shell, self.all[-1]


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(on_demand, "READY_WITHIN_S", 0.2)
    monkeypatch.setattr(on_demand, "_TRY_AGAIN_S", 0.0)
    desk = Desk(tmp_path)
    yield desk
    for one in desk.all:
        assert await one.end()


async def test_a_server_that_needed_longer_than_a_start_serves_those_who_come_later(desk: Desk) -> None:
    shell, database = desk.server("exec sleep 60")
    with pytest.raises(CannotStart, match="still repairs its files"):
        await database.run()
    with pytest.raises(CannotStart, match="still repairs its files"):
        await database.run()
    shell.serves = True
    await database.run()
    assert shell.starts == 1


async def test_the_same_failure_is_told_once_although_its_time_differs(desk: Desk) -> None:
    _, database = desk.server('echo "$(date +%s.%N) [$$] FATAL:  no such thing"; exit 1')
    for _ in range(3):
        with pytest.raises(CannotStart, match=r"^Shell ended: FATAL:  no such thing$"):
            await database.run()
    assert desk.told == ["Shell ended: FATAL:  no such thing"]


async def test_an_unused_server_ends_when_its_last_caller_has_been_gone_long_enough(desk: Desk) -> None:
    """A program that only looks whether the port is open is gone before it is connected."""
    shell, database = desk.server("exec sleep 60")
    shell.serves = True
    await database.run()
    database.unused_s = 0.6
    probe = Caller(database)
    database.opened(probe)
    database.closed(probe)
    database._end_when_unused()
    await asyncio.sleep(0.4)
    database.opened(probe)
    database.closed(probe)
    await asyncio.sleep(0.4)
    assert database._pid is not None, "it was used 0.4 s ago"
    await until_in_this_loop(lambda: database._pid is None)


@pytest.fixture
def cluster(tmp_path: Path) -> PostgreSQL:
    """With files that look like a cluster's."""
    server = PostgreSQL(
        tmp_path, major="18", home=tmp_path, sockets=tmp_path, temporary=tmp_path, environment={"PATH": "/usr/bin"}
    )
    for name in ("PG_VERSION", "global/pg_control"):
        (server.data / name).parent.mkdir(parents=True, exist_ok=True)
        (server.data / name).write_text("18\n")
    return server


def test_a_copy_that_a_crash_cut_short_is_no_database_and_is_made_again(tmp_path: Path) -> None:
    empty = tmp_path / "programs/empty"
    for name in ("PG_VERSION", "global/pg_control", "base/1/1259"):
        (empty / name).parent.mkdir(parents=True, exist_ok=True)
        (empty / name).write_text("18\n")
        (empty / name).chmod(0o444)
    server = PostgreSQL(
        tmp_path / "programs/bin",
        major="18",
        home=tmp_path / "home",
        sockets=tmp_path,
        temporary=tmp_path,
        environment={"PATH": "/usr/bin:/bin"},
    )

    async def run(command: Command) -> None:
        _wait_for(command)

    async def crash(command: Command) -> None:
        await run(command)
        (Path(command.arguments[-1]) / "global/pg_control").unlink()
        os.kill(os.getpid(), signal.SIGKILL)

    if (child := os.fork()) == 0:
        try:
            asyncio.run(server.prepare(crash))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert not server.data.exists()

    asyncio.run(server.prepare(run))
    assert [path.name for path in server.folder.iterdir()] == ["18"]
    assert (server.data / "base/1/1259").stat().st_mode & 0o200, "the image's files are read-only"
    assert server.data.stat().st_mode & 0o777 == 0o700


def _wait_for(command: Command) -> None:
    subprocess.run(command.arguments, env=command.environment, check=True)


async def _run_nothing(command: Command) -> None:
    raise AssertionError(command)


@pytest.mark.parametrize("kind", ["pipe", "link", "bytes", "nothing"])
def test_a_lock_file_of_any_kind_neither_stops_the_agent_nor_the_server(cluster: PostgreSQL, kind: str) -> None:
    lock = cluster.data / "postmaster.pid"
    match kind:
        case "pipe":
            os.mkfifo(lock)
        case "link":
            lock.symlink_to("/dev/zero")
        case "bytes":
            lock.write_bytes(b"\xff\xfe\x00")
    assert not asyncio.run(cluster.is_ready())
    asyncio.run(cluster.prepare(_run_nothing))
    assert not os.path.lexists(lock)


def test_a_dead_server_s_processes_are_ended_and_a_terminal_in_their_folder_is_not(cluster: PostgreSQL) -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    shutil.copy(sleep, cluster.folder / "postgres")
    (cluster.data / "postmaster.pid").write_text("1\n")
    with (
        subprocess.Popen([sleep, "60"], cwd=cluster.data) as terminal,
        subprocess.Popen([cluster.folder / "postgres", "60"], cwd=cluster.data) as left_behind,
    ):
        asyncio.run(cluster.prepare(_run_nothing))
        assert left_behind.wait(5) == -signal.SIGKILL
        assert terminal.poll() is None
        terminal.kill()
