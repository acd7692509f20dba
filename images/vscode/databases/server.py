"""What `OnDemand` has to know about one database server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from signal import Signals
from typing import Protocol

from agent.processes import Command

Run = Callable[[Command], Awaitable[None]]
"""Runs a short program to its end. Raises CannotStart with what it said."""


class CannotStart(Exception):
    """The server cannot start; the text tells the student why and what to do."""


class Server(Protocol):
    name: str
    """For people: 'PostgreSQL'."""
    port: int
    """On the loopback addresses, where programs expect it."""
    socket: Path
    """The Unix socket on which the server itself listens; programs connect to `OnDemand`."""
    socket_for_programs: Path | None
    """A Unix socket on which programs expect it, too."""
    log: Path
    """In the home; what the server says is added there."""
    stop_signal: Signals
    """Ends all connections, writes everything to the disk, ends."""

    def variables(self) -> Mapping[str, str]:
        """How programs find it."""
        ...

    async def prepare(self, run: Run) -> None:
        """Make or check its files. No server runs on them. Raises CannotStart and OSError."""
        ...

    def command(self) -> Command:
        """The server in the foreground."""
        ...

    async def is_ready(self) -> bool: ...

    def refusal(self, received: bytearray, text: str) -> tuple[bytes, bool]:
        """What to answer a program, in the server's protocol, when the server cannot start.

        `received` is what the program has sent; what is answered is removed from it. The second
        value tells whether the text is told, and the connection can be closed.
        """
        ...
