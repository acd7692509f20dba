"""Whether a server answers on its Unix socket."""

from __future__ import annotations

import socket
from pathlib import Path

_TIMEOUT_S = 2.0


def listens(path: Path) -> bool:
    return answers(path, b"", begins=b"")


def answers(path: Path, request: bytes, *, begins: bytes) -> bool:
    """Whether the answer begins with these bytes; empty bytes accept any connection."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_TIMEOUT_S)
        try:
            probe.connect(str(path))
            probe.sendall(request)
            return not begins or probe.recv(len(begins), socket.MSG_WAITALL) == begins
        except OSError:
            return False
