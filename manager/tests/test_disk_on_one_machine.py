"""The manager's real process measures real homes, and says how full a real disk is."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.names import WorkspaceKind
from manager.adapters.directory_homes.homes import DirectoryHomeVolumes
from manager.adapters.sqlite.store import SqliteWorkspaceStore
from manager.domain.lifecycle.workspace import Workspace
from manager.tests.school import ANNA
from manager.tests.test_entrypoint import Running
from tests.waiting import until

HOME = "home-aaaaaaaaaaaaaaaa"
WITHIN_S = 60.0


class Machine:
    """A manager that finds a workspace which was used and stopped before it."""

    def __init__(self, folder: Path) -> None:
        homes = folder / "homes"
        DirectoryHomeVolumes(homes).create(HOME)
        self.home = homes / HOME
        (self.home / "data.bin").write_bytes(os.urandom(12_000_000))
        (folder / "data").mkdir()
        now = time.time() - 60.0
        stopped = Workspace(
            ANNA, "7", WorkspaceKind.VSCODE, state_since=now, home_id=HOME, home_created_at=now, stopped_at=now
        )
        SqliteWorkspaceStore(folder / "data/manager.sqlite3").write(stopped)
        self.manager = Running(folder, APRANOVA_HOME_LIMIT_GB="0.01")

    def home_use(self) -> dict[str, Any] | None:
        (view,) = self.manager.invoke({"action": "describe", "workspace_ids": [ANNA]})["workspaces"]
        return view["home_use"]

    def disk(self) -> dict[str, Any]:
        return self.manager.invoke({"action": "fleet"})["disk"] or {}

    def close(self) -> None:
        self.manager.process.kill()
        self.manager.process.communicate()


def test_a_home_that_is_over_its_limit_is_found_and_said(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    try:
        until(lambda: machine.home_use() is not None, "the home to be measured", within_s=WITHIN_S)
        use = machine.home_use()
        assert use is not None
        assert (use["level"], use["limit_bytes"], use["used_files"]) == ("over", 10_000_000, 1)
        assert use["used_bytes"] >= 12_000_000
        assert "Your home uses 12 MB of 10 MB. Launch your workspace" in use["text"]
        until(lambda: "The disk with the homes" in machine.disk().get("text", ""), "a look at the disk")
    finally:
        machine.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.root  # who alone may mount a small disk
def test_a_disk_that_fills_up_is_nearly_full_until_somebody_frees_some_space(small_disk: Path) -> None:
    machine = Machine(small_disk)
    try:
        until(lambda: machine.disk().get("nearly_full") is False, "a look at the disk", within_s=WITHIN_S)
        ballast = machine.home / "ballast"
        ballast.write_bytes(b"x" * (os.statvfs(small_disk).f_bavail * 4096 - 1_000_000))
        until(lambda: machine.disk()["nearly_full"], "the disk to be nearly full", within_s=WITHIN_S)
        assert "The disk with the homes is nearly full: 1 MB of 63 MB are free" in machine.disk()["text"]
        created = machine.manager.invoke(
            {"action": "create", "workspace_id": "ws-bbbbbbbbbb", "owner_id": "8", "kind": "vscode"}
        )
        assert created["ok"], "people go on"
        ballast.unlink()
        until(lambda: not machine.disk()["nearly_full"], "room again", within_s=WITHIN_S)
    finally:
        machine.close()
