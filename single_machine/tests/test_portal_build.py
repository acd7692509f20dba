"""The portal's build, with a small program in npm's place that starts another one, as npm does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from single_machine import portal_build
from single_machine.portal_build import PortalBuildFailed, build_portal
from tests.waiting import until

SOURCE = Path(__file__).parents[2]

NPM = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pids = pathlib.Path(sys.argv[1])
pids.with_suffix(".new").write_text(f"{os.getpid()} {child.pid}")
pids.with_suffix(".new").rename(pids)
time.sleep(600)
"""

# `up` as it is, whose whole start is the portal's build.
UP = """
import dataclasses, os, pathlib, sys
from single_machine import portal_build, up
from single_machine.settings import read_settings
portal_build.npm_command = lambda: (sys.executable, sys.argv[2], sys.argv[3])
portal_build.node_environment = lambda: dict(os.environ)
def start(settings, *_, **__):
    build = up._PortalBuild(settings)
    build.start()
    build.finish()
up._start = start
source = pathlib.Path(sys.argv[1])
settings = read_settings(os.environ, source=source)
sys.exit(up.run(dataclasses.replace(settings, sandbox_uid=None), demo=False))
"""


@pytest.fixture
def portal(tmp_path: Path) -> Path:
    folder = tmp_path / "source/portal"
    folder.mkdir(parents=True)
    (folder / "package-lock.json").write_text("{}")
    return folder


@pytest.fixture
def short() -> Iterator[Path]:
    """A socket's path has at most 107 characters."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_npm_ends_with_up_whatever_ends_it(tmp_path: Path, portal: Path, short: Path, number: signal.Signals) -> None:
    npm, pids = tmp_path / "npm.py", tmp_path / "pids"
    npm.write_text(NPM)
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCE),
        "APRANOVA_HOME": str(tmp_path / "home"),
        "APRANOVA_RUN_DIR": str(short),
    }
    command = [sys.executable, "-c", UP, str(portal.parent), str(npm), str(pids)]
    with subprocess.Popen(command, env=environment) as up:
        try:
            until(lambda: pids.exists() or up.poll() is not None)
            family = [psutil.Process(int(pid)) for pid in pids.read_text().split()]
            up.send_signal(number)
            assert up.wait(20) == (-number if number == signal.SIGKILL else 0)
        finally:
            up.kill()
    _, alive = psutil.wait_procs(family, timeout=10)
    left = [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    for process in left:
        process.kill()
    assert not left


def test_what_npm_said_and_its_exit_code_are_told(
    tmp_path: Path, portal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = "import sys; print('no such package'); sys.exit(7)"
    monkeypatch.setattr(portal_build, "npm_command", lambda: (sys.executable, "-c", says))
    monkeypatch.setattr(portal_build, "node_environment", lambda: dict(os.environ))
    with pytest.raises(PortalBuildFailed, match=r"exit code 7(.|\n)*no such package"):
        build_portal(portal, tmp_path / "log")


def test_a_link_to_a_program_of_a_checkout_that_is_gone_is_made_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    (tmp_path / "node-bin").mkdir()
    (tmp_path / "node-bin/node").symlink_to(tmp_path / "gone")
    environment = portal_build.node_environment()
    assert (tmp_path / "node-bin/node").samefile(portal_build.node_binary())
    assert environment["PATH"].startswith(str(tmp_path / "node-bin"))
