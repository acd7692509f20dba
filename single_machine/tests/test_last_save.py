"""Ctrl-C says what was really saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.manager import FleetAnswer, WorkspaceView
from contract.names import WorkspaceKind, WorkspaceState
from single_machine import manager_calls, up
from single_machine.progress import step
from single_machine.running import RunningProduct
from single_machine.settings import read_settings

SETTINGS = read_settings({"APRANOVA_HOME": "/nowhere/school"}, source=Path("/source"))
RUNNING, STOPPED = WorkspaceState.RUNNING, WorkspaceState.STOPPED


def fleet(*workspaces: tuple[str, WorkspaceState, str]) -> FleetAnswer:
    views = (
        WorkspaceView(name, "owner", WorkspaceKind.VSCODE, state, 1, failure=failure)
        for name, state, failure in workspaces
    )
    return FleetAnswer(tuple(views), (), (), 0, "bubblewrap", {})


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def end(*answers: FleetAnswer | None) -> str:
        left = list(answers)
        monkeypatch.setattr(manager_calls, "ask_fleet", lambda *_: left.pop(0) if len(left) > 1 else left[0])
        monkeypatch.setattr(manager_calls, "_invoke", lambda *_: {})
        monkeypatch.setattr(manager_calls, "SAVE_WITHIN_S", 0.3)
        with step("Saving", done="all saved"):
            up._save_and_stop(SETTINGS, RunningProduct(1, 0.0, "http://x", "http://y", {}))
        return capsys.readouterr().out

    return end


def test_all_were_saved(shown: Callable[..., str]) -> None:
    assert "✓ all saved" in shown(fleet(("ws-a", RUNNING, "")), fleet(("ws-a", STOPPED, "")))


def test_a_save_failed(shown: Callable[..., str]) -> None:
    out = shown(fleet(("ws-a", RUNNING, "")), fleet(("ws-a", STOPPED, "The disk is full"), ("ws-b", STOPPED, "old")))
    assert "ws-a: The disk is full" in out
    assert "ws-b" not in out, "that failure is of an earlier day"
    assert "all saved" not in out


def test_one_was_still_saving(shown: Callable[..., str]) -> None:
    assert "ws-a: it was still saving" in shown(fleet(("ws-a", RUNNING, "")))


def test_the_manager_is_dead(shown: Callable[..., str]) -> None:
    out = shown(None)
    assert "did not answer" in out
    assert "all saved" not in out
