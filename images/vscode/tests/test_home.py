from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from agent.application import ApplicationFailed
from images.vscode.home import seed

ADA = {"name": "Ada Lovelace", "email": "ada@example.org"}


def read_git(home: Path, key: str) -> str:
    command = ["git", "config", "--file", str(home / ".gitconfig"), key]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def test_a_new_home_gets_a_project_and_a_name_for_git(tmp_path: Path) -> None:
    assert seed(tmp_path, tmp_path / "project", **ADA) is True
    assert "Welcome" in (tmp_path / "project/README.md").read_text()
    assert (read_git(tmp_path, "user.name"), read_git(tmp_path, "user.email")) == (ADA["name"], ADA["email"])


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


def test_a_project_that_is_there_is_the_students_even_when_empty(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    assert seed(tmp_path, tmp_path / "project", **ADA) is False
    assert list((tmp_path / "project").iterdir()) == []


def test_a_git_configuration_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Me\n")
    seed(tmp_path, tmp_path / "project", **ADA)
    assert read_git(tmp_path, "user.name") == "Me"


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


def test_a_home_that_cannot_be_written_is_said_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("a file where a folder must be")
    with pytest.raises(ApplicationFailed, match="the home cannot be written"):
        seed(tmp_path, tmp_path / "project", **ADA)
