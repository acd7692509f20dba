"""Logs stay small while their processes run."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from single_machine.log_files import keep_small
from single_machine.processes import Processes
from single_machine.spawning import ProcessSpec
from tests.waiting import until

LOUD = """
import os, time
number = 0
while True:
    os.write(1, f"line {number:09} {'x' * 1000}\\n".encode())  # print writes a line in four pieces
    number += 1
    time.sleep(0.0001)
"""


def test_a_program_that_never_stops_talking_does_not_fill_the_disk(tmp_path: Path) -> None:
    with (tmp_path / "loud.log").open("ab") as log:
        loud = subprocess.Popen([sys.executable, "-c", LOUD], stdout=log)
    try:
        for _ in range(3):
            until(lambda: (tmp_path / "loud.log").stat().st_size > 200_000)
            keep_small(tmp_path, bytes_max=100_000)
            assert (tmp_path / "loud.log").stat().st_size < 100_000
            assert (tmp_path / "loud.log.1").stat().st_size == 100_000
        until(lambda: (tmp_path / "loud.log").stat().st_size > 5_000)
        text = (tmp_path / "loud.log").read_text()
        assert text.startswith("line ")
        assert "\0" not in text
    finally:
        loud.kill()
        loud.wait()


def test_a_small_log_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "quiet.log").write_text("one line\n")
    keep_small(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["quiet.log"]


def test_a_log_is_emptied_even_if_no_copy_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "loud.log").write_bytes(b"x" * 1000)
    (tmp_path / "loud.log.1").mkdir()
    keep_small(tmp_path, bytes_max=100)
    assert (tmp_path / "loud.log").stat().st_size == 0


def test_the_supervisor_looks_after_the_logs(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    processes.start(ProcessSpec("quiet", ("/bin/sleep", "60"), {}, ready=lambda: True))
    try:
        with (tmp_path / "quiet.log").open("wb") as log:
            log.truncate(21_000_000)
        assert processes.tend(time.monotonic()) == []
        assert (tmp_path / "quiet.log").stat().st_size == 0
    finally:
        processes.stop_all()
