"""The fake application itself, where other tests rely on it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def wait_until(path: Path, *, answering: bool) -> None:
    deadline = time.monotonic() + 20
    while answers(path) != answering:
        assert time.monotonic() < deadline, f"still waiting for answering={answering}"
        time.sleep(0.02)


def test_it_ends_when_whoever_started_it_is_killed(tmp_path: Path) -> None:
    server, path = Path(__file__).with_name("fake_server.py"), tmp_path / "app.sock"
    line = (
        f"import subprocess; subprocess.Popen([{sys.executable!r}, '-S', '-E', {str(server)!r}, {str(path)!r}]).wait()"
    )
    with subprocess.Popen([sys.executable, "-S", "-c", line], start_new_session=True) as starter:
        wait_until(path, answering=True)
        starter.kill()
    wait_until(path, answering=False)
