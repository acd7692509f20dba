"""A prefork template up to its first order (with sandboxes: manager/adapters/tests)."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
A_THREAD = "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"


def _run(folder: Path, warm: str) -> tuple[int, str, bytes]:
    """A template that warms up so: its exit code, its last words, what it told the engine."""
    (folder / "stand_in.py").write_text(f"import threading, time\ndef warm():\n    {warm}\n")
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    configuration = {
        "orders_fd": its.fileno(),
        "module": "stand_in",
        "link": "",
        "environment": {},
        "seccomp_filter": "",
        "processes_max": 0,
    }
    with ours, its:
        parent = subprocess.Popen(
            [sys.executable, "-m", "agent.prefork_template"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PYTHONPATH": f"{ROOT}:{folder}"},
            pass_fds=[its.fileno()],
        )
        its.close()
        assert parent.stdin is not None
        parent.stdin.write(json.dumps(configuration).encode() + b"\n")
        parent.stdin.flush()
        ours.settimeout(30)
        told = ours.recv(1024)
    _, words = parent.communicate(timeout=30)
    return parent.returncode, words.decode(), told


def test_a_prefork_template_says_so_and_ends_with_its_engine(tmp_path: Path) -> None:
    code, words, told = _run(tmp_path, "pass")
    assert (code, words) == (0, "")
    assert "warm_s" in json.loads(told)


def test_a_second_thread_after_warming_ends_the_parent_before_it_can_fork(tmp_path: Path) -> None:
    code, words, told = _run(tmp_path, A_THREAD)
    assert code == 1
    assert "2 threads after warm()" in words
    assert told == b""
