from __future__ import annotations

import base64
import io
import json
import os
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from agent.hand_out.write import hand_out
from agent.home_repair import NOTE_FULL, NOTE_LOCKED, HomeRepair
from contract.hand_out import HandOutRequest, HandOutState
from images.tests.damaged_homes import DAMAGES, filled, small_disk
from images.vscode.home import CODE_SERVER_DATA
from images.vscode.home import seed as seed_with

ADA = {"name": "Ada Lovelace", "email": "ada@example.org"}


def seed(home: Path, project: Path, *, name: str, email: str) -> bool:
    return seed_with(repair_of(home), home, project, name=name, email=email)


def repair_of(home: Path) -> HomeRepair:
    runtime = home.parent / f"{home.name}-runtime"
    runtime.mkdir(exist_ok=True)
    return HomeRepair(home, runtime)


def read_git(home: Path, key: str) -> str:
    command = ["git", "config", "--file", str(home / ".gitconfig"), key]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def test_a_new_home_gets_a_project_and_a_name_for_git(tmp_path: Path) -> None:
    assert seed(tmp_path, tmp_path / "project", **ADA) is True
    assert "Welcome" in (tmp_path / "project/README.md").read_text()
    assert (read_git(tmp_path, "user.name"), read_git(tmp_path, "user.email")) == (ADA["name"], ADA["email"])


@pytest.mark.parametrize("touched", [False, True])
def test_a_cohorts_starter_comes_into_a_project_that_nobody_touched(tmp_path: Path, touched: bool) -> None:
    project = tmp_path / "project"
    seed(tmp_path, project, **ADA)
    if touched:
        (project / "README.md").write_text("mine")
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        archive.writestr("README.md", "ours")
        archive.writestr("app.py", "1")
    files = base64.b64encode(packed.getvalue()).decode()
    state = hand_out(tmp_path, HandOutRequest("starter", 1, "", files, starter=True)).state
    assert state is (HandOutState.SKIPPED if touched else HandOutState.DONE)
    assert (project / "README.md").read_text() == ("mine" if touched else "ours")
    assert sorted(it.name for it in project.iterdir()) == [".gitignore", "README.md", *([] if touched else ["app.py"])]
    assert seed(tmp_path, project, **ADA) is False


def test_a_second_claim_changes_nothing_of_the_students(tmp_path: Path) -> None:
    seed(tmp_path, tmp_path / "project", **ADA)
    (tmp_path / "project/README.md").write_text("mine")
    (tmp_path / ".gitconfig").unlink()
    assert seed(tmp_path, tmp_path / "project", name="Another", email="a@b.c") is False
    assert (tmp_path / "project/README.md").read_text() == "mine"
    assert not (tmp_path / ".gitconfig").exists()


def test_vs_code_finds_a_list_of_extensions_in_a_home_that_came_after_its_start(tmp_path: Path) -> None:
    seed(tmp_path, tmp_path / "project", **ADA)
    listed = tmp_path / ".local/share/code-server/extensions/extensions.json"
    assert listed.read_text() == "[]"
    listed.write_text('[{"identifier": {"id": "a.b"}}]')
    seed(tmp_path, tmp_path / "project", **ADA)
    assert "a.b" in listed.read_text()


def test_the_lock_of_an_extension_host_that_ended_with_its_task_is_gone(tmp_path: Path) -> None:
    storage = tmp_path / ".local/share/code-server/User/workspaceStorage/103f0ae8"
    storage.mkdir(parents=True)
    (storage / "vscode.lock").write_text('{"pid":23,"willReleaseAt":0}')
    (storage / "state.json").write_text("{}")
    seed(tmp_path, tmp_path / "project", **ADA)
    assert [file.name for file in storage.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    ("resource", "entries", "stays"),
    [
        ("vscode-remote://ws/home/student/project/a.txt", '[{"timestamp": 1000}, {"timestamp": 3000}]', False),
        ("vscode-remote://ws/home/student/project/a.txt", '[{"timestamp": 1000}]', True),
        ("vscode-remote://ws/home/student/project/b.txt", '[{"timestamp": 3000}]', True),
        ("vscode-remote://ws/home/student/project/a.txt", "[]", True),
        ("vscode-remote://ws/home/student/project/a.txt", '[{"timestamp": "x"}]', True),
        ("vscode-remote://ws/home/student/project/a.txt", "a damaged list", True),
        ("vscode-remote://ws/home/student/project/a.txt", "[" * 100_000, True),
    ],
)
def test_unsaved_text_goes_only_where_a_later_save_has_it(
    tmp_path: Path, resource: str, entries: str, stays: bool
) -> None:
    user = tmp_path / ".local/share/code-server/User"
    backup, history = user / "Backups/3914b205/vscode-remote/-2a92", user / "History/-2a92/entries.json"
    for file in (backup, history):
        file.parent.mkdir(parents=True)
    backup.write_text('vscode-remote://ws/home/student/project/a.txt {"mtime":1}\nunsaved')
    os.utime(backup, (2, 2))
    history.write_text(f'{{"version":1,"resource":"{resource}","entries":{entries}}}')
    assert seed(tmp_path, tmp_path / "project", **ADA)
    assert backup.exists() == stays


def test_a_project_that_is_there_is_the_students_even_when_empty(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    assert seed(tmp_path, tmp_path / "project", **ADA) is False
    assert list((tmp_path / "project").iterdir()) == []


def test_a_git_configuration_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Me\n")
    seed(tmp_path, tmp_path / "project", **ADA)
    assert read_git(tmp_path, "user.name") == "Me"


def test_ssh_gets_the_way_out_and_git_a_memory_once(tmp_path: Path) -> None:
    """A home of an earlier version gets both at its next launch."""
    (tmp_path / ".local/share/apranova").mkdir(parents=True)
    (tmp_path / ".local/share/apranova/seed.json").write_text('{"version": 1, "files": ["gitconfig", "project"]}')
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Me\n")
    seed(tmp_path, tmp_path / "project", **ADA)
    assert (read_git(tmp_path, "user.name"), read_git(tmp_path, "credential.helper")) == ("Me", "store")
    configuration = tmp_path / ".ssh/config"
    assert "proxy-connect" in configuration.read_text()
    assert (configuration.stat().st_mode & 0o777, configuration.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    configuration.unlink()
    (tmp_path / ".gitconfig").write_text("")
    seed(tmp_path, tmp_path / "project", **ADA)
    assert not configuration.exists()
    assert read_git(tmp_path, "credential.helper") == ""


@pytest.mark.parametrize("helper", ["cache", "store"])
def test_a_memory_of_the_students_choice_stays(tmp_path: Path, helper: str) -> None:
    (tmp_path / ".gitconfig").write_text(f"[credential]\n\thelper = {helper}\n")
    seed(tmp_path, tmp_path / "project", **ADA)
    assert (tmp_path / ".gitconfig").read_text() == f"[credential]\n\thelper = {helper}\n"


@pytest.mark.parametrize(
    "name", ['A "quoted" name', "back\\slash", "two\nlines\n[core]\n\tpager = evil", "# hash; semi", "Zoë 李"]
)
def test_any_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    seed(tmp_path, tmp_path / "project", name=name, email="")
    assert read_git(tmp_path, "user.name") == name.replace("\n", "").replace("\t", "")
    assert read_git(tmp_path, "core.pager") == ""


def test_a_damaged_record_does_not_stop_the_launch(tmp_path: Path) -> None:
    seed(tmp_path, tmp_path / "project", **ADA)
    (tmp_path / ".local/share/apranova/seed.json").write_text("{broken")
    assert seed(tmp_path, tmp_path / "project", **ADA) is False


PLACES = (
    "project",
    ".local",
    ".local/share",
    CODE_SERVER_DATA,
    f"{CODE_SERVER_DATA}/User",
    f"{CODE_SERVER_DATA}/extensions",
    f"{CODE_SERVER_DATA}/extensions/extensions.json",
    f"{CODE_SERVER_DATA}/User/settings.json",
    ".local/share/apranova",
    ".local/share/apranova/seed.json",
    ".gitconfig",
    ".ssh",
)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("path", PLACES)
def test_a_home_that_its_student_damaged_opens(tmp_path: Path, path: str, damage: str) -> None:
    home = tmp_path / "home"
    (home / path).parent.mkdir(parents=True)
    DAMAGES[damage](home / path)
    repair = repair_of(home)
    seed_with(repair, home, home / "project", **ADA)
    assert_usable(home)
    aside = [str(file) for file in home.rglob("*.set-aside-*")]
    assert len(aside) == len(repair.notes), (aside, repair.notes)
    assert all(Path(file).name in " ".join(repair.notes) for file in aside)
    again = repair_of(home)
    seed_with(again, home, home / "project", **ADA)
    assert again.notes == []


def test_a_locked_home_is_unlocked_and_a_locked_project_is_left_to_the_student(tmp_path: Path) -> None:
    seed(tmp_path, tmp_path / "project", **ADA)
    settings = tmp_path / CODE_SERVER_DATA / "User/settings.json"
    settings.parent.mkdir()
    settings.write_text("{}")
    subprocess.run(["chmod", "-R", "a-w", str(tmp_path)], check=True)
    repair = repair_of(tmp_path)
    seed_with(repair, tmp_path, tmp_path / "project", **ADA)
    assert_usable(tmp_path)
    assert settings.stat().st_mode & stat.S_IWUSR
    assert not (tmp_path / "project/README.md").stat().st_mode & stat.S_IWUSR
    assert repair.notes == [NOTE_LOCKED]


@pytest.mark.root
def test_a_full_home_opens_and_its_student_is_told() -> None:
    """Filled before the first launch, then between two launches."""
    with small_disk() as disk:
        for is_first in (True, False):
            with filled(disk):
                repair = repair_of(disk)
                seed_with(repair, disk, disk / "project", **ADA)
                assert NOTE_FULL in repair.notes
                assert_usable(disk)
                assert json.loads((disk / CODE_SERVER_DATA / "extensions/extensions.json").read_text()) == []
            shutil.rmtree(disk.parent / f"{disk.name}-runtime")
            if is_first:
                repair = repair_of(disk)
                seed_with(repair, disk, disk / "project", **ADA)
                assert repair.notes == []
                assert not any(path.is_symlink() for path in disk.rglob("*"))


def assert_usable(home: Path) -> None:
    for path in ("project", CODE_SERVER_DATA, f"{CODE_SERVER_DATA}/extensions"):
        folder = home / path
        assert folder.is_dir(), path
        assert folder.stat().st_mode & 0o700 == 0o700, path
    assert json.loads((home / CODE_SERVER_DATA / "extensions/extensions.json").read_text()) == []
