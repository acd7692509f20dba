"""Orders from the engine to the shim: one JSON line and some descriptors each way."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

PASSED_FROM = 1000
"""The first passed descriptor has this number in the new program, the second the next one, and so
on: far above the shim's own."""
PASSED_MAX = 8
LINE_MAX_BYTES = 1 << 18


class ShimGone(OSError):
    """The shim does not answer. Its sandboxes have ended with it, or nobody can order anything."""


@dataclass(frozen=True)
class Etc:
    directory: str
    mounts: dict[str, str]


@dataclass(frozen=True)
class Cgroups:
    version: int
    parents: dict[str, str]
    missing: dict[str, str]


@dataclass(frozen=True)
class Prepared:
    """What the shim made once, with rights that nobody has later. Empty for plain processes."""

    bwrap: str = ""
    etc: Etc | None = None
    cgroups: Cgroups | None = None


@dataclass(frozen=True)
class View:
    """A mount table for a prefork template: its image, without the host's `hidden` folders."""

    mounts: dict[str, str]
    hidden: tuple[str, ...]
    open_files_max: int
    """Of each process; a template's children, which enter sandboxes, inherit it."""


@dataclass(frozen=True)
class Spawn:
    name: str
    command: tuple[str, ...]
    standard_input: str
    environment: dict[str, str] = field(default_factory=dict)
    directory: str = "/"
    own_session: bool = False
    passed: int = 0
    """How many of the order's descriptors the program gets; one more is kept for a later engine."""
    view: View | None = None


@dataclass(frozen=True)
class Collected:
    code: int
    """If negative, the number of the signal that ended it."""
    last_words: str


def send(connection: socket.socket, message: object, descriptors: Sequence[int] = ()) -> None:
    line = json.dumps(message).encode() + b"\n"
    if descriptors:  # with the first byte alone, so that a partial write loses none of them
        socket.send_fds(connection, [line[:1]], descriptors)
        line = line[1:]
    connection.sendall(line)


def receive(connection: socket.socket) -> tuple[Any, list[int]]:
    """One message; None at the end of the connection. Raises OSError or ValueError."""
    line, descriptors = b"", list[int]()
    while not line.endswith(b"\n"):
        part, more, _, _ = socket.recv_fds(connection, 65536, PASSED_MAX)
        descriptors += more
        line += part
        if not part or len(line) > LINE_MAX_BYTES:
            break
    if line and not line.endswith(b"\n"):
        raise ValueError("a message without an end")
    return json.loads(line) if line else None, descriptors
