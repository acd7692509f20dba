"""The one listener of a task."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_BACKLOG = 256


def bind(listen: str) -> socket.socket:
    """Bind `unix:/path` or `ip:port`. Raises ValueError and OSError.

    The socket file is open to every uid: its folder decides who gets there, and the engine unmounts
    that folder before any student's code runs.
    """
    if listen.startswith("unix:"):
        path = Path(listen.removeprefix("unix:"))
        path.unlink(missing_ok=True)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Not chmod: as soon as the socket is there, the engine may take its folder away.
        earlier = os.umask(0o111)
        try:
            server.bind(str(path))
        finally:
            os.umask(earlier)
    else:
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal():
            raise ValueError(f"listen must be unix:/path or ip:port, not {listen!r}")
        server = socket.create_server(
            (host.strip("[]"), int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    server.listen(_BACKLOG)
    server.setblocking(False)
    return server
