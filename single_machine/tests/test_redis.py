"""Redis as the product starts it."""

from __future__ import annotations

import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from single_machine import redis
from tests.waiting import until


@contextmanager
def serving(data: Path, path: Path) -> Iterator[socket.socket]:
    """Killed at the end, as by a lost machine."""
    server = subprocess.Popen(redis.command(data, path), stdout=subprocess.DEVNULL)
    try:
        until(lambda: redis.is_ready(path), "redis did not answer", within_s=20)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            yield connection
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()


def test_a_killed_redis_still_knows_which_editors_may_come_back(tmp_path: Path) -> None:
    """`kill -9` of the service once signed every open editor out of its workspace."""
    data = tmp_path / "redis"
    redis.initialise(data)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # a socket's path must be short
        path = Path(folder) / "redis.sock"
        with serving(data, path) as connection:
            connection.sendall(b"SET cookie kept\r\n")
            assert connection.recv(64) == b"+OK\r\n"
            until(lambda: any(b"kept" in file.read_bytes() for file in data.rglob("*") if file.is_file()), within_s=5)
        with serving(data, path) as connection:
            connection.sendall(b"GET cookie\r\n")
            assert connection.recv(64) == b"$4\r\nkept\r\n"
