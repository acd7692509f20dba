"""Sockets that systemd hands over: those of a socket unit, and those that an earlier start left.

What systemd keeps stays open while the platform restarts: who connects meanwhile waits in its queue
and is not refused. Once the unit is stopped for good, systemd closes it (sd_notify(3), FDSTORE).
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from single_machine.journal import tell_systemd

FIRST_FD = 3


def handed_over(environment: Mapping[str, str] = os.environ) -> Iterator[socket.socket]:
    """systemd's protocol: descriptors from 3 on, meant for the process with this id. Each socket is
    a duplicate, which the caller closes."""
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return
    for number in range(FIRST_FD, FIRST_FD + int(environment.get("LISTEN_FDS", "0"))):
        with contextlib.suppress(OSError):
            yield socket.socket(fileno=os.dup(number))


def find_kept(path: Path, environment: Mapping[str, str] = os.environ) -> socket.socket | None:
    """The listening socket of an earlier start, if it is still the one that callers reach."""
    for found in handed_over(environment):
        if found.family == socket.AF_UNIX and found.getsockname() == str(path) and path.is_socket():
            return found
        found.close()
    return None


def keep(listener: socket.socket, name: str) -> None:
    """In the place of what was kept by this name, which nobody reaches any more. Nothing happens
    unless systemd started us, with a place for it."""
    tell_systemd(f"FDSTOREREMOVE=1\nFDNAME={name}")
    tell_systemd(f"FDSTORE=1\nFDNAME={name}", descriptors=(listener.fileno(),))
