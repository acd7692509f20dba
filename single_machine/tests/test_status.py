"""What `./apranova status` says of the disk and of homes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contract.backup import BackupRecord
from contract.manager import DiskView, FleetAnswer, HomeUseView, WorkspaceView
from contract.names import DiskLevel, WorkspaceKind, WorkspaceState
from single_machine.backup.record import write_record
from single_machine.backup.settings import BackupSettings
from single_machine.settings import read_settings
from single_machine.status import say_backups, say_disk, say_snapshot_failures


def fleet(*, nearly_full: bool, homes: dict[str, HomeUseView]) -> FleetAnswer:
    views = tuple(
        WorkspaceView(name, "7", WorkspaceKind.VSCODE, WorkspaceState.STOPPED, version=1, home_use=use)
        for name, use in homes.items()
    )
    disk = DiskView(nearly_full, "The disk with the homes: 1.0 GB of 100.0 GB are free.")
    return FleetAnswer(views, (), (), 0, "bubblewrap", {}, disk=disk)


def home(used_bytes: int, files: int, level: DiskLevel) -> HomeUseView:
    return HomeUseView(used_bytes, files, 5 * 10**9, 300_000, level)


def test_a_nearly_full_disk_and_large_homes_are_named_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    homes = {
        "ws-small": home(10**9, 5_000, DiskLevel.WITHIN),
        "ws-near": home(4_200_000_000, 5_000, DiskLevel.NEAR),
        "ws-over": home(10**9, 400_000, DiskLevel.OVER),
    }
    say_disk(fleet(nearly_full=True, homes=homes))
    said = " ".join(capsys.readouterr().out.split())
    assert "1.0 GB of 100.0 GB are free" in said
    assert "docs/runbooks/disk-nearly-full.md" in said
    assert "ws-small" not in said
    assert said.index("ws-over is over its limit") < said.index("ws-near is near its limit: 4.2 of 5.0 GB")


def test_with_room_enough_there_is_one_line_and_no_advice(capsys: pytest.CaptureFixture[str]) -> None:
    say_disk(fleet(nearly_full=False, homes={}))
    assert "nearly-full" not in capsys.readouterr().out


def test_a_home_without_a_snapshot_is_named_with_since_when_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    view = WorkspaceView(
        "ws-anna",
        "7",
        WorkspaceKind.VSCODE,
        WorkspaceState.STOPPED,
        version=1,
        snapshot_failure="restic backup did not end within 600 s. Its home is very large.",
        snapshot_failing_since=1_795_000_000.0,
    )
    say_snapshot_failures(replace(fleet(nearly_full=False, homes={}), workspaces=(view,)))
    said = " ".join(capsys.readouterr().out.split())
    assert "ws-anna, since 2026-11-18" in said
    assert "Its home is very large. Newest: none." in said


def test_backups_that_fail_are_told_with_since_when(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    off = read_settings({"APRANOVA_HOME": str(tmp_path)}, source=Path(__file__).parents[2])
    say_backups(off, now=0.0)
    assert "off. Set backup.target" in capsys.readouterr().out
    school = replace(off, backup=BackupSettings("/mnt/other", tmp_path / "password"))
    write_record(school, BackupRecord().failed("the disk is away", began=1_795_000_000.0, now=1_795_000_000.0))
    say_backups(school, now=1_795_000_000.0)
    said = " ".join(capsys.readouterr().out.split())
    assert "none yet; they go to /mnt/other" in said
    assert "Backups fail since 2026-11-18" in said
    assert "the disk is away" in said
