"""How one process is started, and how long it and what it starts may live.

It needs the standard library alone: builds of container images take this file and no package.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Log(Protocol):
    """A path, or the system's journal."""

    def open(self, mode: str, /) -> BinaryIO: ...


@dataclass(frozen=True)
class ProcessSpec:
    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ready: Callable[[], bool]
    """Asked at the start until it says yes, then regularly; must not raise or block for long."""
    ready_within_s: float = 30.0
    uid: int | None = None
    working_folder: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 5.0
    listen_on: Path | int | None = None
    """A Unix socket, or a port of 127.0.0.1, that the supervisor binds and passes on as descriptor
    `LISTEN_FD`. The socket has mode 0600 from the start, and callers wait while the process
    restarts. At a Unix socket they also wait while systemd restarts the supervisor."""
    hand_over: tuple[socket.socket, ...] = ()
    """Bound sockets that it inherits under the same descriptors."""
    others_need_it: bool = False
    """It ends after those that do not say so."""
    resume_when_stopped: bool = False
    """Continue it after a SIGSTOP. The others are killed, as more than the signal may be wrong."""


WITH_ALL_IT_STARTS = ("/bin/sh", "-c", 'trap "kill -9 0" TERM; "$@" & wait $!', "sh")
"""Before a command that does not end what it starts (npm): SIGTERM, also the kernel's when we are
killed, ends its whole process group. The exit code is the command's."""

LISTEN_FD = "{listen-fd}"
"""Stands in a command for the number of the descriptor of `listen_on`."""


def spawn(spec: ProcessSpec, log: Path | Log, listener: socket.socket | None = None) -> subprocess.Popen[bytes]:
    """Start one process with its output in `log`. The parent-death signal comes when the calling
    *thread* ends: the main thread, or one that waits for the process."""
    parent = os.getpid()

    def in_the_child() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(spec.stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    descriptor = str(listener.fileno()) if listener is not None else ""
    with log.open("ab") as output:
        return subprocess.Popen(
            [part.replace(LISTEN_FD, descriptor) for part in spec.command],
            env=dict(spec.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=spec.working_folder,
            start_new_session=True,  # the terminal's Ctrl-C goes to the supervisor alone, which ends all in order
            user=spec.uid,
            group=spec.uid,
            extra_groups=[] if spec.uid is not None else None,
            preexec_fn=in_the_child,  # noqa: PLW1509 (it calls one C function and returns)
            pass_fds=[each.fileno() for each in (*([listener] if listener else ()), *spec.hand_over)],
        )
