"""A machine whose limits are too low for a class is named, with the command that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from single_machine import doctor
from single_machine.doctor import Verdict
from single_machine.machine_limits import low_limits
from single_machine.settings import read_settings


def _machine(folder: Path, instances: int, watches: int) -> Path:
    (folder / "max_user_instances").write_text(f"{instances}\n")
    (folder / "max_user_watches").write_text(f"{watches}\n")
    return folder


def test_few_inotify_instances_are_named_with_the_command_that_raises_them(tmp_path: Path) -> None:
    text = low_limits(_machine(tmp_path, 128, 192_536))
    assert "128 inotify instances for all workspaces together" in text
    assert "fs.inotify.max_user_instances=2048 | sudo tee" in text
    assert "watches" not in text


def test_both_may_be_low(tmp_path: Path) -> None:
    text = low_limits(_machine(tmp_path, 128, 8192))
    assert "128 inotify instances and 8192 inotify watches" in text
    assert "max_user_instances=2048 fs.inotify.max_user_watches=1048576" in text


def test_a_machine_with_enough_and_one_that_does_not_say_are_fine(tmp_path: Path) -> None:
    assert low_limits(tmp_path / "elsewhere") == ""
    assert low_limits(_machine(tmp_path, 640, 65_536)) == ""


def test_the_doctor_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings({"APRANOVA_HOME": str(tmp_path)}, source=Path(__file__).parents[2])
    monkeypatch.setattr(doctor, "low_limits", lambda: "128 for all\n    sudo this")
    (answer,) = doctor._machine_limits(settings)
    assert (answer.verdict, answer.text, answer.remedy) == (Verdict.LOOK, "128 for all", "sudo this")
    monkeypatch.setattr(doctor, "low_limits", lambda: "")
    (answer,) = doctor._machine_limits(settings)
    assert answer.verdict is Verdict.YES
