"""A listening socket that systemd keeps while the supervisor starts again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from single_machine import kept_sockets
from single_machine.processes import Processes
from single_machine.spawning import LISTEN_FD, ProcessSpec

ROOT = Path(__file__).parents[2]
_TAKES_IT_UP = """
import sys
from pathlib import Path
from single_machine.kept_sockets import find_kept
found = find_kept(Path(sys.argv[1]))
if found is None:
    sys.exit("not found")
caller, _ = found.accept()
caller.sendall(b"hello")
"""
_AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""


def _next_supervisor(kept: int, path: Path) -> subprocess.CompletedProcess[bytes]:
    """A process that systemd would start, with the descriptor that it kept."""
    command = [sys.executable, "-c", _AS_SYSTEMD, str(kept), sys.executable, "-c", _TAKES_IT_UP, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, pass_fds=[kept], env=environment, capture_output=True, timeout=30, check=False)


def test_a_caller_waits_while_systemd_starts_the_supervisor_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "backend.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, socket.socket(socket.AF_UNIX) as caller:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        first = Processes(tmp_path)
        sleeper = (sys.executable, "-c", "import time; time.sleep(600)", LISTEN_FD)
        first.start(ProcessSpec("backend", sleeper, dict(os.environ), ready=lambda: True, listen_on=path))
        listener = first._running["backend"].listener
        first.stop_all()
        assert listener is not None
        listener.close()
        assert systemd.recv(1000) == b"FDSTOREREMOVE=1\nFDNAME=backend"  # else a next start might take another one
        message, [kept], _, _ = socket.recv_fds(systemd, 1000, 1)
        assert message == b"FDSTORE=1\nFDNAME=backend"
        caller.settimeout(10)
        caller.connect(str(path))
        done = _next_supervisor(kept, path)
        assert done.returncode == 0, done.stderr
        assert caller.recv(5) == b"hello"
        path.unlink()  # nobody reaches it any more
        assert b"not found" in _next_supervisor(kept, path).stderr
        os.close(kept)


def test_without_systemd_nothing_is_kept_and_nothing_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    with socket.socket(socket.AF_UNIX) as listener:
        kept_sockets.keep(listener, "backend")
    assert kept_sockets.find_kept(tmp_path / "backend.sock", {}) is None
