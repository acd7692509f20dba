"""`./apranova restore`: what it asks of the manager, and what it says when something is wrong."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from contract.manager import DescribeAnswer, LaunchStep, SnapshotsAnswer, SnapshotView, WorkspaceView
from contract.names import StepName, WorkspaceKind, WorkspaceState
from contract.wire import to_json
from single_machine import restore
from single_machine.preflight import CannotGoOn
from single_machine.running import RunningProduct
from single_machine.settings import Settings, read_settings

WORKSPACE = "ws-aaaaaaaaaa"
FIRST, SECOND = "3fa9" + "0" * 60, "3fb0" + "0" * 60


class Manager:
    """Answers as the manager does; the files are back at the second look."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.recorded: list[list[str]] = []
        self.record_ends = 0
        self.failure = ""
        self.restoring: list[str | None] = [FIRST, None]

    def __call__(self, _settings: Settings, _endpoint: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(payload)
        match payload["action"]:
            case "snapshots":
                return to_json(
                    SnapshotsAnswer((SnapshotView(SECOND, 1_790_000_100.0), SnapshotView(FIRST, 1_790_000_000.0)))
                )
            case "restore":
                return {}
        view = WorkspaceView(
            WORKSPACE,
            "owner",
            WorkspaceKind.VSCODE,
            WorkspaceState.STOPPED,
            1,
            failure=self.failure,
            steps=(LaunchStep(StepName.RESTORED, 1_790_000_200.0, "Your files are back"),),
            restoring=self.restoring.pop(0),
        )
        return to_json(DescribeAnswer((view,)))


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Manager:
    made = Manager()
    monkeypatch.setattr(restore, "ask", made)
    monkeypatch.setattr(restore, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(restore, "environment_of_running_backend", lambda _: {})

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        made.recorded.append(command[3:])
        return subprocess.CompletedProcess(command, made.record_ends, "", "\nOperationalError: no database\n")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setenv("SUDO_USER", "olga")
    monkeypatch.setattr(restore, "find_ready", lambda _: RunningProduct(1, 0.0, "http://x", "http://y", {}))
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"APRANOVA_HOME": str(tmp_path / "home")}, source=tmp_path / "source")


def test_without_a_snapshot_they_are_listed(
    manager: Manager, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert restore.run(settings, workspace_id=WORKSPACE, snapshot=None) == 0
    assert FIRST[:12] in capsys.readouterr().out
    assert [asked["action"] for asked in manager.asked] == ["snapshots"]


def test_a_snapshot_is_named_by_its_first_characters_and_waited_for(
    manager: Manager, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert restore.run(settings, workspace_id=WORKSPACE, snapshot="3fa") == 0
    assert "Done. Your files are back." in capsys.readouterr().out
    assert [asked["action"] for asked in manager.asked] == ["snapshots", "restore", "describe", "describe"]
    assert manager.asked[1]["snapshot_id"] == FIRST
    assert manager.recorded == [["record_restore", WORKSPACE, FIRST, "2026-09-21T14:13+00:00", "olga"]]


def test_what_the_audit_log_does_not_take_is_not_done(manager: Manager, settings: Settings) -> None:
    manager.record_ends = 1
    with pytest.raises(CannotGoOn, match="nothing was done: OperationalError: no database"):
        restore.run(settings, workspace_id=WORKSPACE, snapshot=FIRST)
    assert [asked["action"] for asked in manager.asked] == ["snapshots"]


@pytest.mark.parametrize(("beginning", "words"), [("3f", "2 snapshots begin"), ("77", "0 snapshots begin")])
def test_a_name_that_fits_not_just_one_restores_nothing(
    manager: Manager, settings: Settings, beginning: str, words: str
) -> None:
    with pytest.raises(CannotGoOn, match=words):
        restore.run(settings, workspace_id=WORKSPACE, snapshot=beginning)
    assert (len(manager.asked), manager.recorded) == (1, [])


def test_a_restore_that_failed_is_said(manager: Manager, settings: Settings) -> None:
    manager.failure = "Your files could not be put back"
    with pytest.raises(CannotGoOn, match="could not be put back"):
        restore.run(settings, workspace_id=WORKSPACE, snapshot=FIRST)


def test_it_needs_a_running_product(settings: Settings) -> None:
    with pytest.raises(CannotGoOn, match="not running"):
        restore.run(settings, workspace_id=WORKSPACE, snapshot=None)
