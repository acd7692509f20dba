"""A product that is still starting can be stopped, and nobody deletes what it is making."""

from __future__ import annotations

import dataclasses
import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from single_machine import down, reset, restore, status, up
from single_machine.preflight import CannotGoOn
from single_machine.running import find_ready, find_running
from single_machine.settings import Settings, read_settings
from tests.waiting import until

SOURCE = Path(__file__).parents[2]

# `up` as it is, with a start that lasts.
SLOW_UP = """
import dataclasses, os, pathlib, sys, time
from single_machine import up
from single_machine.settings import read_settings
def last(settings, *_, **__):
    (settings.data / "work").touch()
    time.sleep(600)
up._start = last
settings = read_settings(os.environ, source=pathlib.Path(sys.argv[1]))
sys.exit(up.run(dataclasses.replace(settings, sandbox_uid=None), demo=False))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(dir="/tmp") as run:  # a socket's path must be short
        found = read_settings({"APRANOVA_HOME": str(tmp_path / "home"), "APRANOVA_RUN_DIR": run}, source=SOURCE)
        yield dataclasses.replace(found, sandbox_uid=None)


@pytest.fixture
def starting(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCE),
        "APRANOVA_HOME": str(settings.home),
        "APRANOVA_RUN_DIR": str(settings.run),
    }
    with subprocess.Popen([sys.executable, "-c", SLOW_UP, str(SOURCE)], env=environment) as process:
        until(lambda: (settings.data / "work").exists() or process.poll() is not None)
        yield process
        process.kill()


def test_down_ends_a_product_that_is_starting(settings: Settings, starting: subprocess.Popen[bytes]) -> None:
    assert down.run(settings) == 0
    assert starting.wait(10) == 0
    assert find_running(settings) is None


def test_everybody_says_that_it_is_starting_and_nothing_is_deleted(
    settings: Settings, starting: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert find_ready(settings) is None
    assert status.run(settings, as_json=False) == 3
    assert f"is starting (process {starting.pid})" in capsys.readouterr().out.replace("\n", " ")
    assert status.run(settings, as_json=True) == 3
    assert '"starting": true' in capsys.readouterr().out
    with pytest.raises(CannotGoOn, match="is starting already"):
        up.run(settings, demo=False)
    with pytest.raises(CannotGoOn, match="wait until it is ready"):
        restore.run(settings, workspace_id="ws-aaaaaaaaaa", snapshot=None)
    with pytest.raises(CannotGoOn, match="is starting"):
        reset.run(settings, ask=False)
    assert (settings.data / "work").exists()


def test_reset_deletes_nothing_while_another_command_holds_the_school(settings: Settings) -> None:
    """As in the moment before `up` has announced itself, and while it ends."""
    settings.data.mkdir(parents=True)
    with (settings.home / "up.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(CannotGoOn, match="is running"):
            reset.run(settings, ask=False)
        assert settings.data.exists()
    assert reset.run(settings, ask=False) == 0
    assert not settings.data.exists()
