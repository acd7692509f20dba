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
            until(lambda: any(b"kept" in file.read_bytes() for file in data.rglob("*") if file.is_file()), within_s=30)
        with serving(data, path) as connection:
            connection.sendall(b"GET cookie\r\n")
            assert connection.recv(64) == b"$4\r\nkept\r\n"


def test_zeros_that_a_loss_of_power_left_do_not_keep_the_school_down(tmp_path: Path) -> None:
    data = tmp_path / "redis"
    redis.initialise(data)
    log = data / "appendonly.aof"
    whole = b"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$6\r\ncookie\r\n$4\r\nkept\r\n"
    log.write_bytes(whole + b"*3\r\n$3\r\nSET\r\n" + bytes(4096))
    redis.initialise(data)
    assert log.read_bytes() == whole
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, serving(data, Path(folder) / "redis.sock") as connection:
        connection.sendall(b"GET cookie\r\n")
        assert connection.recv(64) == b"$4\r\nkept\r\n"


def test_a_log_of_redis_beyond_repair_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "appendonly.aof").write_bytes(b"REDIS0009" + bytes(100))
    redis.initialise(tmp_path)
    assert not (tmp_path / "appendonly.aof").exists()
    assert list(tmp_path.glob("appendonly.aof.set-aside-*"))
