from __future__ import annotations

from pathlib import Path

from agent.shared_data import link


def test_the_link_in_the_home_comes_and_goes_and_takes_nothing_of_the_students_place(tmp_path: Path) -> None:
    current = tmp_path / "mounted"
    home = tmp_path / "home"
    home.mkdir()
    link(home, str(current))
    assert not (home / "shared").is_symlink(), "there is none"
    current.mkdir()
    for _ in range(2):
        link(home, str(current))
        assert (home / "shared").readlink() == current
    current.rmdir()
    link(home, str(current))
    assert not (home / "shared").is_symlink(), "it led nowhere"
    current.mkdir()
    (home / "shared").mkdir()
    (home / "shared/mine").write_text("kept")
    link(home, str(current))
    assert (home / "shared/mine").read_text() == "kept"
