"""One contract for homes in memory and in directories, and what only directories can get wrong."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from contract.errors import ApraNovaError, Reason
from contract.names import WorkspaceKind
from manager.adapters.directory_homes.homes import MARK, DirectoryHomeVolumes, is_there
from manager.adapters.memory.homes import MemoryHomeVolumes
from manager.ports.home_volumes import HomeOwner, HomeVolumes

HOME = "home-aaaaaaaaaaaaaaaa"


@pytest.fixture(params=["memory", "directories"])
def homes(request: pytest.FixtureRequest, tmp_path: Path) -> HomeVolumes:
    return MemoryHomeVolumes() if request.param == "memory" else DirectoryHomeVolumes(tmp_path / "homes")


def test_a_home_lives_from_create_to_purge_and_both_may_be_repeated(homes: HomeVolumes) -> None:
    assert not homes.exists(HOME)
    for _ in range(2):
        homes.create(HOME)
        assert homes.exists(HOME)
    for _ in range(2):
        homes.purge(HOME)
        assert not homes.exists(HOME)


def test_creating_again_keeps_what_is_in_the_home(tmp_path: Path) -> None:
    homes = DirectoryHomeVolumes(tmp_path)
    homes.create(HOME)
    (tmp_path / HOME / "work.txt").write_text("precious")
    homes.create(HOME)
    assert (tmp_path / HOME / "work.txt").read_text() == "precious"
    assert (tmp_path / HOME).stat().st_mode & 0o777 == 0o700


def test_whose_a_home_is_stays_next_to_it_until_the_purge(tmp_path: Path) -> None:
    homes = DirectoryHomeVolumes(tmp_path)
    owner = HomeOwner("ws-aaaaaaaaaa", "person", WorkspaceKind.VSCODE, "Ada", "ada@school.example")
    homes.create(HOME, owner)
    homes.create("home-bbbbbbbbbbbbbbbb")
    assert homes.owners() == {HOME: owner, "home-bbbbbbbbbbbbbbbb": None}
    (card,) = tmp_path.glob(f".{HOME}*")
    assert card.stat().st_mode & 0o777 == 0o600
    assert list((tmp_path / HOME).iterdir()) == [], "out of the student's reach"
    homes.purge(HOME)
    assert list(tmp_path.glob(f".{HOME}*")) == []


def test_a_full_disk_does_not_stop_a_launch_for_the_note_of_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    homes = DirectoryHomeVolumes(tmp_path)
    monkeypatch.setattr(Path, "write_text", full)
    homes.create(HOME, HomeOwner("ws-aaaaaaaaaa", "person", WorkspaceKind.VSCODE))
    assert homes.owners() == {HOME: None}


@pytest.mark.root  # who alone can give files to another user
def test_as_root_a_home_belongs_to_the_sandboxes_user(tmp_path: Path) -> None:
    DirectoryHomeVolumes(tmp_path, sandbox_uid=61_000).create(HOME)
    assert (tmp_path / HOME).stat().st_uid == 61_000


def test_a_purge_does_not_follow_links_and_opens_locked_folders(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("not yours")
    homes = DirectoryHomeVolumes(tmp_path / "homes")
    homes.create(HOME)
    home = tmp_path / "homes" / HOME
    (home / "link").symlink_to(outside)
    (home / "locked" / "deep").mkdir(parents=True)
    (home / "locked" / "deep" / "file").write_text("x")
    (home / "locked" / "deep").chmod(0o000)
    (home / "locked").chmod(0o500)
    home.chmod(0o000)
    homes.purge(HOME)
    assert (outside / "kept.txt").read_text() == "not yours"
    assert [path.name for path in (tmp_path / "homes").iterdir()] == [MARK]


def test_an_interrupted_purge_is_finished_by_the_next(tmp_path: Path) -> None:
    homes = DirectoryHomeVolumes(tmp_path)
    homes.create(HOME)
    (tmp_path / HOME).rename(tmp_path / f".{HOME}.purged")
    homes.purge(HOME)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", ["../etc", "", "home-", "home-AAAAAAAAAAAAAAAA", "/home-aaaaaaaaaaaaaaaa"])
def test_no_other_path_can_be_named(tmp_path: Path, bad: str) -> None:
    with pytest.raises(ValueError, match="not the id of a home"):
        DirectoryHomeVolumes(tmp_path).purge(bad)


def test_a_folder_made_for_homes_is_recognized_and_a_bare_one_may_be_an_unmounted_disk(
    tmp_path: Path,
) -> None:
    for _ in range(2):
        DirectoryHomeVolumes(tmp_path / "homes").create(HOME)
        assert is_there(tmp_path / "homes")
    (tmp_path / "bare").mkdir()
    DirectoryHomeVolumes(tmp_path / "bare").create(HOME)  # a newcomer's, who launched while the disk was away
    assert not is_there(tmp_path / "bare")


def test_a_full_disk_is_a_plain_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    homes = DirectoryHomeVolumes(tmp_path)
    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(ApraNovaError) as refused:
        homes.create(HOME)
    assert refused.value.reason is Reason.NO_CAPACITY


def test_homes_without_a_note_of_their_owner_are_found(tmp_path: Path) -> None:
    homes = DirectoryHomeVolumes(tmp_path)
    assert not homes.lack_owners()
    homes.create(HOME)
    assert homes.lack_owners()
    homes.note_owner(HOME, HomeOwner("ws-aaaaaaaaaa", "person", WorkspaceKind.VSCODE))
    assert not homes.lack_owners()
