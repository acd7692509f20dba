"""`./apranova test`: what root hands to the tests' user, and that no process outlives a run."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.as_root import SOURCE, files_of

LEAVES_AN_ORPHAN = """
import subprocess, sys, time
orphan = subprocess.Popen(["sh", "-c", "sleep 600 & echo $!; wait"], start_new_session=True, stdout=subprocess.PIPE)
pid = orphan.stdout.readline().decode()
orphan.kill()
try:
    print(pid, end="", flush=True)
    time.sleep(float(sys.argv[1]))
except KeyboardInterrupt:
    print("cleaned up", flush=True)
    raise SystemExit(3)
raise SystemExit(4)
"""


@pytest.mark.parametrize(
    ("seconds", "number", "code", "said"),
    [("0", None, 4, ""), ("600", signal.SIGTERM, 3, "cleaned up\n"), ("600", signal.SIGINT, 3, "cleaned up\n")],
    ids=["at its end", "when its caller dies", "at Ctrl-C"],
)
def test_a_command_ends_with_all_it_started(seconds: str, number: signal.Signals | None, code: int, said: str) -> None:
    command = [sys.executable, str(SOURCE / "tests/end_all.py"), sys.executable, "-c", LEAVES_AN_ORPHAN, seconds]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        orphan = int(process.stdout.readline())
        if number is not None:
            assert psutil.pid_exists(orphan)
            process.send_signal(number)
        assert process.wait(20) == code
        assert process.stdout.read() == said
    assert not psutil.pid_exists(orphan)


def test_the_copy_holds_every_file_that_git_does_not_ignore(tmp_path: Path) -> None:
    for name in (".gitignore", "a/tracked", "a/ignored.pyc", ".venv/bin/python"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text("*.pyc\n.venv\n")
    assert files_of(tmp_path) == {".gitignore", "a/tracked"}
