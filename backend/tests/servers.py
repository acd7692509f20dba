"""A real PostgreSQL and Redis for one test session, from the product's wheels."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from single_machine import postgres, redis
from tests.waiting import until

READY_WITHIN_S = 20.0
NAMELESS_UID = 61000
"""PostgreSQL refuses root; a container's tests run as root."""


@dataclass(frozen=True)
class Servers:
    """Where the servers will be; decided before they start, because Django's settings want it."""

    folder: Path

    @property
    def postgres_sockets(self) -> Path:
        return self.folder / "pg"

    @property
    def redis_socket(self) -> Path:
        return self.folder / "redis.sock"

    @property
    def database_url(self) -> str:
        return f"postgresql:///postgres?host={self.postgres_sockets}&user={postgres.SUPERUSER}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.redis_socket}?db=0"


def choose_place() -> Servers:
    folder = Path(tempfile.mkdtemp(prefix="apranova-tests-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # tests that are only collected start nothing
    folder.chmod(0o755)  # another uid runs PostgreSQL when we are root
    return Servers(folder)


@contextmanager
def running(servers: Servers) -> Iterator[None]:
    """Start both, stop both, remove everything."""
    uid = NAMELESS_UID if os.geteuid() == 0 else None
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, servers.folder, ignore_errors=True)
        postgres.initialise(servers.folder / "pgdata", uid)
        postgres.prepare_socket_folder(servers.postgres_sockets, uid)
        stack.enter_context(
            _process(
                postgres.command(servers.folder / "pgdata", servers.postgres_sockets, durable=False),
                log=servers.folder / "postgres.log",
                ready=lambda: postgres.is_ready(servers.postgres_sockets),
                stop_signal=postgres.STOP_SIGNAL,
                uid=uid,
            )
        )
        redis.initialise(servers.folder / "redis")
        stack.enter_context(
            _process(
                redis.command(servers.folder / "redis", servers.redis_socket),
                log=servers.folder / "redis.log",
                ready=lambda: redis.is_ready(servers.redis_socket),
                stop_signal=redis.STOP_SIGNAL,
                uid=None,
            )
        )
        yield


@contextmanager
def _process(
    command: list[str], *, log: Path, ready: Callable[[], bool], stop_signal: signal.Signals, uid: int | None
) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd="/",
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
            start_new_session=True,
        )
    try:
        until(lambda: ready() or process.poll() is not None, log.read_text, within_s=READY_WITHIN_S)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.send_signal(stop_signal)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
