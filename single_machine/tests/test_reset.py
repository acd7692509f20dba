"""`./apranova reset` deletes the school's snapshots and keeps the operator's other files."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.environment import BadSetting
from single_machine import reset
from single_machine.settings import read_settings


def test_snapshots_go_with_the_data_and_what_lies_beside_them_stays(tmp_path: Path) -> None:
    chosen = tmp_path / "backup disk"
    settings = read_settings(
        {"APRANOVA_HOME": str(tmp_path / "home"), "APRANOVA_SNAPSHOTS_DIR": str(chosen)}, source=tmp_path / "source"
    )
    for folder in (
        chosen / "home-aaaaaaaaaaaaaaaa/data",
        chosen / "holiday",
        settings.data / "homes",
        settings.home / "copies/a",
    ):
        folder.mkdir(parents=True)
    locked = settings.data / "homes/home-aaaaaaaaaaaaaaaa/locked"
    (locked / "inner").mkdir(parents=True)
    locked.chmod(0o000)
    locked.parent.chmod(0o500)
    assert reset.run(settings, ask=False) == 0
    assert [path.name for path in chosen.iterdir()] == ["holiday"]
    assert not settings.data.exists()
    assert not (settings.home / "copies").exists()  # of databases, before upgrades


@pytest.mark.parametrize("name", ["APRANOVA_SNAPSHOTS_DIR", "APRANOVA_RESTIC"])
def test_a_place_must_be_a_full_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({"APRANOVA_HOME": str(tmp_path), name: "backups"}, source=tmp_path / "source")
