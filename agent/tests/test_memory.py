"""A program that was ended because the memory is full is named, in VS Code and in its terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.memory import MemoryUse, ended_words, held_by, size_words, write_to_terminal
from agent.processes import Process, list_processes
from tests.waiting import until

MEBIBYTE = 1 << 20
HOLD = "import time; held = b'x' * (60 << 20); print('ready', flush=True); time.sleep(60)"


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def hungry(terminal: int) -> subprocess.Popen[bytes]:
    program = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=terminal, stdout=subprocess.PIPE, start_new_session=True
    )
    assert program.stdout is not None
    program.stdout.readline()
    return program


def of(*pids: int) -> list[Process]:
    return [process for process in list_processes() if process.pid in pids]


def test_the_program_that_is_missing_is_the_one_that_was_ended(terminal: tuple[int, int]) -> None:
    large, small = hungry(terminal[1]), subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    memory = MemoryUse(128 * MEBIBYTE, processes=lambda: of(large.pid, small.pid))
    try:
        memory.sample()
        assert memory.used_bytes > 60 * MEBIBYTE
        for program in (large, small):  # whatever else ends in the same moment
            program.send_signal(signal.SIGKILL)
            program.wait()
        ended = memory.missing()
    finally:
        for program in (large, small):
            program.kill()
            program.wait()
    assert ended is not None
    assert ended.process.pid == large.pid
    assert ended.name.startswith("python")
    assert memory.missing() is None


def test_a_program_is_named_also_when_a_sample_came_before_the_engines_word() -> None:
    """Both look on their own. Then the notice said only that "a program" was ended."""
    here = Process(os.getpid(), "python", 1, 1, 1, 0, 0.0, started=1.0)
    memory = MemoryUse(processes=lambda: [here])
    memory.sample()
    memory.processes = list
    memory.sample()
    ended = memory.missing()
    assert ended is not None
    assert ended.process == here
    assert memory.missing() is None


@pytest.mark.parametrize(("title", "name"), [("npm run dev", "npm run dev"), ("anything else", "sleep")])
def test_what_npm_runs_is_called_by_npms_title_which_is_its_whole_command_line(title: str, name: str) -> None:
    bash = ["/bin/bash", "-c", f"exec -a '{title}' bash"]
    with subprocess.Popen(bash, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as npm:
        assert npm.stdin is not None
        assert npm.stdout is not None
        npm.stdin.write(b"sleep 61 & echo $!; wait\n")
        npm.stdin.flush()
        child = int(npm.stdout.readline())
        until(lambda: Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"sleep"), within_s=10)
        memory = MemoryUse(processes=lambda: of(npm.pid, child))
        memory.sample()
        memory.processes = lambda: of(npm.pid)
        ended = memory.missing()
        os.kill(child, signal.SIGKILL)
    assert ended is not None
    assert (ended.process.pid, ended.name) == (child, name)


def test_a_reused_pid_is_another_program() -> None:
    here = Process(os.getpid(), "python", 1, 1, 1, 0, 0.0, started=1.0)
    memory = MemoryUse(processes=lambda: [here])
    memory.sample()
    memory.processes = lambda: [Process(os.getpid(), "python", 1, 1, 1, 0, 0.0, started=2.0)]
    ended = memory.missing()
    assert ended is not None
    assert ended.process == here


def test_the_terminal_says_why_its_program_is_gone(terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    write_to_terminal(os.fstat(theirs).st_rdev, ended_words(None, 1_536 * MEBIBYTE))
    deadline, seen = time.monotonic() + 5.0, b""
    while b"1.5 GB of this workspace are full" not in seen:
        assert time.monotonic() < deadline, seen
        seen += os.read(ours, 4_096)
    write_to_terminal(os.makedev(1, 3), "nothing goes to what is no terminal")


def test_sizes_are_called_as_people_call_them() -> None:
    assert [size_words(mib * MEBIBYTE) for mib in (768, 1_024, 1_536, 3_072)] == ["768 MB", "1 GB", "1.5 GB", "3 GB"]


def test_a_program_that_has_ended_holds_nothing() -> None:
    assert held_by(2**22 - 1) == 0
