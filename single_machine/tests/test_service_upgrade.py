"""`upgrade`: in which order, and what stays when a step fails."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from single_machine.service import upgrade, versions
from single_machine.service.places import CannotInstall, Places


class Upgrading:
    """A service that runs version `old`; what was done to it, in order."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.places = Places(root)
        self.done: list[str] = []
        self.fails = ""
        self.is_cut_off = False
        self.old, self.new = (self.places.programs / "versions" / name for name in ("old", "new"))
        for folder in (self.old, self.new):
            folder.mkdir(parents=True)
        versions.switch(self.old, self.places)
        self.places.settings.parent.mkdir(parents=True)
        self.places.settings.write_text("[school]\n")
        monkeypatch.setattr(versions, "add", lambda *_: self.new)
        monkeypatch.setattr(upgrade, "check_settings", lambda *_: self._note("check-settings"))
        monkeypatch.setattr(upgrade, "ask_service", lambda _version, _places, command: self._note(command))
        monkeypatch.setattr(upgrade, "activate", self._activate)

    def _note(self, what: str) -> int:
        self.done.append(what)
        return 1 if what == self.fails else 0

    def _activate(self, version: Path, _places: Places, _variables: Mapping[str, str]) -> None:
        if self.is_cut_off:
            raise KeyboardInterrupt
        if self._note(f"start {version.name}"):
            raise CannotInstall("the service did not start")

    def upgrade(self, folder: Path) -> int:
        return upgrade.upgrade(folder, self.places, wanted="")


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Upgrading:
    return Upgrading(tmp_path / "root", monkeypatch)


def test_databases_are_copied_and_migrated_before_the_new_version_starts(service: Upgrading, tmp_path: Path) -> None:
    assert service.upgrade(tmp_path) == 0
    assert service.done == ["check-settings", "copy-databases", "migrate", "start new", "doctor"]
    assert versions.find_current(service.places) == service.new


@pytest.mark.parametrize("fails", ["", "backup"])
def test_a_school_with_a_target_is_backed_up_first_and_its_failure_stops_no_upgrade(
    service: Upgrading, tmp_path: Path, fails: str
) -> None:
    service.places.settings.write_text('[backup]\ntarget = "/mnt/backup"\n')
    service.fails = fails
    assert service.upgrade(tmp_path) == 0
    assert service.done == ["check-settings", "backup", "copy-databases", "migrate", "start new", "doctor"]


@pytest.mark.parametrize("step", ["copy-databases", "migrate"])
def test_a_step_that_fails_leaves_the_version_that_runs(service: Upgrading, tmp_path: Path, step: str) -> None:
    service.fails = step
    with pytest.raises(CannotInstall, match="The earlier version still runs"):
        service.upgrade(tmp_path)
    assert versions.find_current(service.places) == service.old
    assert not any(done.startswith("start") for done in service.done)


def test_a_version_that_does_not_start_gives_way_to_the_one_that_ran(service: Upgrading, tmp_path: Path) -> None:
    service.fails = "start new"
    with pytest.raises(CannotInstall, match="The version of before runs again"):
        service.upgrade(tmp_path)
    assert service.done[-1] == "start old"
    assert versions.find_current(service.places) == service.old
    assert versions.find_previous(service.places, within_s=60) is None  # `--back` would lead to it


def test_an_upgrade_that_is_cut_off_is_begun_again(service: Upgrading, tmp_path: Path) -> None:
    """It once said that the new version runs already, and left half of the units of the old one."""
    service.is_cut_off = True
    with pytest.raises(KeyboardInterrupt):
        service.upgrade(tmp_path)
    service.is_cut_off = False
    assert service.upgrade(tmp_path) == 0
    assert "start new" in service.done
    assert versions.find_current(service.places) == service.new


def test_back_leads_to_the_version_before_and_only_for_a_day(
    service: Upgrading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CannotInstall, match="no version to go back to"):
        upgrade.back(service.places)
    service.upgrade(tmp_path)
    service.done.clear()
    assert upgrade.back(service.places) == 0
    assert service.done == ["migrate", "start old", "doctor"], "a start that has to look at the schema takes longer"
    assert versions.find_current(service.places) == service.old
    monkeypatch.setattr(upgrade, "BACK_WITHIN_S", -1.0)
    with pytest.raises(CannotInstall, match="more than a day ago"):
        upgrade.back(service.places)


def test_a_tag_is_taken_from_the_clone_and_leaves_its_files_alone(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    git = ["git", "-C", str(clone), "-c", "user.name=a", "-c", "user.email=a@school.test"]
    (clone / "apranova").write_text("version 1")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["tag", "v1"]):
        subprocess.run([*git, *words], check=True)
    (clone / "apranova").write_text("version 2")
    with upgrade._tree(clone, "v1") as tree:
        assert (tree / "apranova").read_text() == "version 1"
    with upgrade._tree(clone, "") as tree:
        assert (tree / "apranova").read_text() == "version 2"
    with pytest.raises(CannotInstall, match="neither a folder of ApraNova nor a git tag"), upgrade._tree(clone, "v9"):
        pass
