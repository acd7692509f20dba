"""What students lock. Root may do everything, so these tests prove something for ordinary users."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.locked_files import make_readable, move_folder, remove_tree

MODES = (0o000, 0o100, 0o200, 0o400, 0o500, 0o600)


def locked_tree(folder: Path, mode: int) -> Path:
    """A folder with a file, an open folder inside a locked one, and links, all with this mode."""
    (folder / "locked/open/deep").mkdir(parents=True)
    for place in ("file", "locked/file", "locked/open/file", "locked/open/deep/file"):
        (folder / place).write_text("work")
        (folder / place).chmod(mode & 0o600)
    outside = folder.parent / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "kept").write_text("not yours")
    (outside / "kept").chmod(0o000)
    (folder / "locked/link").symlink_to(outside)
    (folder / "locked/link-to-file").symlink_to(outside / "kept")
    for place in ("locked/open/deep", "locked", "."):
        (folder / place).chmod(mode)
    return folder


@pytest.mark.parametrize("mode", MODES)
def test_a_locked_tree_is_removed_and_what_its_links_lead_to_stays(tmp_path: Path, mode: int) -> None:
    remove_tree(locked_tree(tmp_path / "home", mode))
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]
    assert (tmp_path / "outside/kept").stat().st_mode & 0o777 == 0
    remove_tree(tmp_path / "home")  # a second time is fine


def test_a_link_is_not_a_folder_to_remove(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match="Not a directory"):
        remove_tree(tmp_path / "home")
    assert (tmp_path / "outside").is_dir()


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != 0o500])
def test_a_locked_tree_becomes_readable_and_what_its_links_lead_to_stays(tmp_path: Path, mode: int) -> None:
    home = locked_tree(tmp_path / "home", mode)
    assert make_readable(home)
    places = ("file", "locked/file", "locked/open/file", "locked/open/deep/file")
    assert {(home / place).read_text() for place in places} == {"work"}
    assert home.stat().st_mode & 0o777 == mode | 0o500
    assert (tmp_path / "outside/kept").stat().st_mode & 0o777 == 0
    assert not make_readable(home)


@pytest.mark.parametrize("mode", MODES)
def test_a_locked_folder_moves_to_another_parent_and_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    home = locked_tree(tmp_path / "fetched" / "home", mode)
    move_folder(home, tmp_path / "home")
    assert (tmp_path / "home").stat().st_mode & 0o777 == mode
    assert not home.exists()


def test_a_move_that_fails_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    home = locked_tree(tmp_path / "home", 0o500)
    with pytest.raises(FileNotFoundError):
        move_folder(home, tmp_path / "nowhere" / "home")
    assert home.stat().st_mode & 0o777 == 0o500


@pytest.fixture
def deep_tree(tmp_path: Path) -> Iterator[Path]:
    """More folders inside each other than a path may have bytes, with a locked file at the end."""
    top = tmp_path / "deep"
    here = Path.cwd()
    top.mkdir()
    os.chdir(top)
    for _ in range(5_000):
        Path("d").mkdir()
        os.chdir("d")
    Path("file").touch(mode=0o000)
    os.chdir(here)
    yield top
    remove_tree(top)


def test_a_tree_of_any_depth_becomes_readable_and_is_removed(deep_tree: Path) -> None:
    assert make_readable(deep_tree)
    assert not make_readable(deep_tree)
    remove_tree(deep_tree)
    assert not deep_tree.exists()


def test_a_folder_that_ends_meanwhile_is_removed_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = locked_tree(tmp_path / "home", 0o700)
    listed = os.scandir

    def one_is_gone(place: int) -> object:
        entries = listed(place)
        (home / "file").unlink(missing_ok=True)
        return entries

    monkeypatch.setattr("os.scandir", one_is_gone)
    remove_tree(home)
    monkeypatch.undo()
    assert not home.exists()
