"""Homes are counted by a real child process, on real files."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from manager.adapters.directory_homes import count_home
from manager.adapters.directory_homes.meter import DirectoryHomeMeter
from manager.adapters.memory.clock import FakeClock
from manager.domain.disk import HomeUse

HOME, OTHER = "home-aaaaaaaaaaaaaaaa", "home-bbbbbbbbbbbbbbbb"


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    for home_id in (HOME, OTHER):
        (tmp_path / home_id).mkdir()
    return tmp_path


def measured(homes: Path, *home_ids: str, each_s: float = 20.0) -> dict[str, HomeUse]:
    meter = DirectoryHomeMeter(homes, {}, FakeClock())
    return {home_id: found.use for home_id, found in meter.measure(home_ids, each_s=each_s)}


def test_a_sparse_file_counts_what_it_takes_and_a_file_with_two_names_counts_once(homes: Path) -> None:
    with (homes / HOME / "big.bin").open("wb") as sparse:
        sparse.truncate(4 * 2**40)
    (homes / HOME / "real.bin").write_bytes(os.urandom(3_000_000))
    (homes / HOME / "same.bin").hardlink_to(homes / HOME / "real.bin")
    (homes / HOME / "elsewhere").symlink_to("/usr")
    use = measured(homes, HOME)[HOME]
    assert 3_000_000 <= use.used_bytes < 4_000_000
    assert use.used_files == 3
    assert use.whole


def test_locked_folders_and_a_tree_that_is_deeper_than_any_path_are_counted(homes: Path) -> None:
    """As root this always works; an ordinary user needs a user namespace."""
    (homes / HOME / "locked").mkdir()
    (homes / HOME / "locked/data").write_bytes(os.urandom(1_000_000))
    (homes / HOME / "locked").chmod(0o000)
    here = os.open(homes / OTHER, os.O_RDONLY)
    for _ in range(100):
        os.mkdir("d" * 100, dir_fd=here)
        inside = os.open("d" * 100, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inside
    os.close(here)
    found = measured(homes, HOME, OTHER)
    (homes / HOME / "locked").chmod(0o700)
    assert found[HOME].used_bytes >= 1_000_000
    assert found[OTHER].used_files == 100
    assert found[HOME].whole
    assert found[OTHER].whole


def test_a_home_with_many_files_costs_its_own_time_and_the_next_one_is_measured(homes: Path) -> None:
    for number in range(200):
        (homes / HOME / f"folder{number}").mkdir()
    (homes / OTHER / "file").write_text("x")
    found = measured(homes, HOME, "home-cccccccccccccccc", OTHER, each_s=0.0)
    assert not found[HOME].whole
    assert found[OTHER].used_files == 1
    assert "home-cccccccccccccccc" not in found


def test_a_folder_that_moves_away_under_the_count_ends_it(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (homes / HOME / "inside").mkdir()
    list_folder = count_home._list

    def list_and_move(handle: int, device: int, found: count_home.Count) -> list[str]:
        names = list_folder(handle, device, found)
        if (homes / HOME / "inside").exists() and not names:
            (homes / HOME / "inside").rename(homes / OTHER / "moved")
        return names

    monkeypatch.setattr(count_home, "_list", list_and_move)
    assert not count_home.count(homes / HOME, time.monotonic() + 10.0).whole


def test_the_room_that_is_left_is_told_once_for_each_file_system(homes: Path) -> None:
    meter = DirectoryHomeMeter(homes, {"the data": homes, "processes": Path("/proc")}, FakeClock())
    first, second = meter.spaces()
    assert (first.name, second.name) == ("the homes", "processes")
    assert 0 < first.free_bytes < first.total_bytes
