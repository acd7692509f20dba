"""The manager's real process with the real restic, over loopback, with files on disk."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.names import WorkspaceKind, WorkspaceState
from manager.adapters.directory_homes.homes import MARK, DirectoryHomeVolumes
from manager.adapters.sqlite.store import SqliteWorkspaceStore
from manager.adapters.tests.restic_under_test import restic
from manager.domain.lifecycle.workspace import Workspace
from manager.tests.school import ANNA, BEN
from manager.tests.test_entrypoint import Running
from single_machine import restore
from single_machine.preflight import CannotGoOn
from single_machine.running import RunningProduct
from single_machine.settings import read_settings
from tests.waiting import until

HOME = "home-aaaaaaaaaaaaaaaa"


class Machine:
    def __init__(self, folder: Path) -> None:
        """The process starts with a workspace that was used and stopped before it."""
        self.home, self.snapshots = folder / "homes" / HOME, folder / "snapshots"
        DirectoryHomeVolumes(folder / "homes").create(HOME)
        (self.home / "work.py").write_text("precious")
        (folder / "data").mkdir()
        now = time.time() - 60.0
        self.store = SqliteWorkspaceStore(folder / "data/manager.sqlite3")
        self.store.write(
            Workspace(
                ANNA,
                "7",
                WorkspaceKind.VSCODE,
                state_since=now,
                home_id=HOME,
                home_created_at=now - 100.0,
                stopped_at=now,
            )
        )
        self.manager = Running(
            folder,
            APRANOVA_SNAPSHOTS_DIR=str(self.snapshots),
            APRANOVA_SNAPSHOTS_PASSWORD="of the tests",
            APRANOVA_RESTIC=str(restic().find()),
        )

    def listed(self) -> list[str]:
        answer = self.manager.invoke({"action": "snapshots", "workspace_id": ANNA})
        return [found["snapshot_id"] for found in answer["snapshots"]]

    def record(self) -> Workspace:
        """Asking the manager each time would cost more than the wait."""
        time.sleep(0.05)
        found = self.store.find_workspace(ANNA)
        assert found is not None
        return found

    def view(self) -> dict[str, object]:
        (view,) = self.manager.invoke({"action": "describe", "workspace_ids": [ANNA]})["workspaces"]
        return view

    def close(self) -> None:
        self.manager.process.kill()
        self.manager.process.communicate()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.close()


def test_a_waiting_home_is_saved_and_comes_back_on_request(machine: Machine) -> None:
    assert machine.manager.invoke({"action": "fleet"})["snapshots"].startswith("on: restic 0.")
    until(lambda: machine.record().snapshot_at is not None, "the first round to take a snapshot", within_s=60.0)
    (first,) = machine.listed()
    (machine.home / "work.py").write_text("spoilt")
    (machine.home / "junk").write_text("x")
    answer = machine.manager.invoke({"action": "restore", "workspace_id": ANNA, "snapshot_id": first})
    assert answer["workspace"]["restoring"] == first
    refused = machine.manager.invoke({"action": "launch", "workspace_id": ANNA})
    assert "being restored" in refused["error"]["message"]
    until(lambda: machine.record().restoring is None, "the files to be back", within_s=60.0)
    assert {path.name: path.read_text() for path in machine.home.iterdir()} == {"work.py": "precious"}
    assert len(machine.listed()) == 2
    assert machine.view()["state"] == WorkspaceState.STOPPED
    for wrong, words in (("0" * 64, "no such snapshot"), ("", "no such snapshot")):
        answer = machine.manager.invoke({"action": "restore", "workspace_id": ANNA, "snapshot_id": wrong})
        assert words in answer["error"]["message"]
    missing = machine.manager.invoke({"action": "snapshots", "workspace_id": BEN})
    assert missing["error"]["reason"] == "workspace_not_found"


def test_the_command_restores_a_lost_home_but_not_onto_an_unmounted_disk(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    until(lambda: machine.record().snapshot_at is not None, "the first round to take a snapshot", within_s=60.0)
    (first,) = machine.listed()
    shutil.rmtree(machine.home)
    mark = machine.home.parent / MARK
    mark.unlink()
    settings = read_settings({"APRANOVA_HOME": str(tmp_path / "home")}, source=tmp_path / "source")
    monkeypatch.setattr(restore, "find_ready", lambda _: RunningProduct(1, 0.0, "", "", {}))
    monkeypatch.setattr(restore, "ask", lambda _settings, _endpoint, event: machine.manager.invoke(event))
    monkeypatch.setattr(restore, "_record", lambda *_: None)  # there is no backend here
    with pytest.raises(CannotGoOn, match="still missing"):
        restore.run(settings, workspace_id=ANNA, snapshot=first[:8])
    assert not machine.home.exists()
    mark.touch()
    assert restore.run(settings, workspace_id=ANNA, snapshot=first[:8]) == 0
    assert {path.name: path.read_text() for path in machine.home.iterdir()} == {"work.py": "precious"}
    assert (machine.record().failure, machine.listed()) == ("", [first])
    assert "Your files are restored." in capsys.readouterr().out
