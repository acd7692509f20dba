"""What systemd offers the processes that it starts: the journal, and a place to say "ready"."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

_JOURNAL = Path("/run/systemd/journal/stdout")
_INFO = 6


@dataclass(frozen=True)
class Journal:
    """A log in systemd's journal, with a name of its own."""

    name: str

    def __str__(self) -> str:
        """The command that shows it."""
        return f"journalctl -t {self._identifier}"

    @property
    def _identifier(self) -> str:
        return f"apranova-{self.name}"

    def open(self, _mode: str = "ab") -> BinaryIO:
        """As systemd-cat(1): a few lines that say who writes, then the log. Raises OSError."""
        connection = socket.socket(socket.AF_UNIX)
        with connection:
            connection.connect(str(_JOURNAL))
            # Identifier, unit (systemd knows it), priority, then four switches that are off.
            connection.sendall(f"{self._identifier}\n\n{_INFO}\n0\n0\n0\n0\n".encode())
            return cast("BinaryIO", os.fdopen(os.dup(connection.fileno()), "wb", buffering=0))


def tell_systemd(state: str, descriptors: Sequence[int] = ()) -> None:
    """As sd_notify(3), such as `READY=1`; nothing when systemd does not wait for it."""
    if address := os.environ.get("NOTIFY_SOCKET", ""):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            connection.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            socket.send_fds(connection, [state.encode()], descriptors)


def machine_goes_down() -> bool:
    """Whether systemd is ending everything, and not only this unit."""
    done = subprocess.run(["systemctl", "is-system-running"], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "stopping"
