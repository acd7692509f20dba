"""Hand-outs into real homes, by the real agent and its real program."""

from __future__ import annotations

import base64
import errno
import io
import json
import os
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent.hand_out.app import APP
from agent.hand_out.new_project import MADE, made_by_workspace
from agent.hand_out.write import RECORDS, hand_out
from agent.tests.task_process import TOKEN, TaskProcess
from contract.hand_out import HandOutAnswer, HandOutRequest, HandOutState
from contract.names import AGENT_TOKEN_HEADER
from contract.wire import to_json


def packed(files: dict[str, bytes | str]) -> str:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return base64.b64encode(kept.getvalue()).decode()


def request(version: int = 1, files: dict[str, bytes | str] | None = None, folder: str = "lesson-1") -> HandOutRequest:
    return HandOutRequest("assignment-1", version, folder, packed(files or {"a.py": "1", "data/b.csv": "1"}))


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else str(path.readlink())
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_the_files_appear_and_a_repeat_changes_nothing(tmp_path: Path) -> None:
    notice = "Your instructor handed out files: ~/project/lesson-1"
    assert hand_out(tmp_path, request()) == HandOutAnswer(HandOutState.DONE, notice=notice)
    project = tmp_path / "project"
    assert tree(project) == {"lesson-1/a.py": "1", "lesson-1/data/b.csv": "1"}
    (project / "lesson-1/a.py").write_text("mine")
    (project / "lesson-1/data/b.csv").unlink()
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert hand_out(tmp_path, request()) == HandOutAnswer(HandOutState.DONE)
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_an_update_leaves_changed_files_alone_and_a_held_up_older_call_changes_nothing(tmp_path: Path) -> None:
    hand_out(tmp_path, request())
    project = tmp_path / "project"
    (project / "lesson-1/a.py").write_text("mine")
    update = request(2, {"a.py": "2", "data/b.csv": "1", "c.py": "2"})
    answer = hand_out(tmp_path, update)
    assert [(it.path, it.new_path, it.changed_by_student) for it in answer.beside] == [
        ("lesson-1/a.py", "lesson-1/a.update-2.py", True)
    ]
    after = tree(project)
    assert after == {
        "lesson-1/a.py": "mine",
        "lesson-1/a.update-2.py": "2",
        "lesson-1/c.py": "2",
        "lesson-1/data/b.csv": "1",
    }
    assert "One file came beside yours, such as lesson-1/a.update-2.py" in answer.notice
    assert hand_out(tmp_path, update) == hand_out(tmp_path, request(1)) == replace(answer, notice="")
    assert tree(project) == after


def test_returned_files_come_next_to_the_work_and_leave_what_has_their_names(tmp_path: Path) -> None:
    hand_out(tmp_path, request())
    project = tmp_path / "project"
    (project / "lesson-1-returned").mkdir()
    (project / "lesson-1-returned/a.py").write_text("mine")
    files: dict[str, bytes | str] = {"a.py": "corrected", "notes.md": "Well done"}
    returned = replace(request(1, files, "lesson-1-returned"), assignment_id="assignment-1-returned", returned=True)
    answer = hand_out(tmp_path, returned)
    assert answer.notice.startswith("Your instructor returned new files in ~/project/lesson-1-returned. One file came")
    assert tree(project) == {
        "lesson-1/a.py": "1",
        "lesson-1/data/b.csv": "1",
        "lesson-1-returned/a.py": "mine",
        "lesson-1-returned/a.update-1.py": "corrected",
        "lesson-1-returned/notes.md": "Well done",
    }


APP_OF_VITE = '{"postCreateCommand": "npm ci", "postAttachCommand": "npm run dev", // the app\n\
"portsAttributes": {"5173": {"onAutoForward": "openPreview"}}}'


def app_of(home: Path) -> dict[str, object] | None:
    return json.loads((home / APP).read_text()) if (home / APP).exists() else None


def test_the_newest_hand_out_that_declares_an_app_is_the_one_that_starts(tmp_path: Path) -> None:
    vite: dict[str, bytes | str] = {"a.py": "1", ".devcontainer/devcontainer.json": APP_OF_VITE}
    hand_out(tmp_path, request())
    assert app_of(tmp_path) is None
    hand_out(tmp_path, request(2, vite))
    assert app_of(tmp_path) == {
        "version": 1,
        "assignment": "assignment-1",
        "number": 2,
        "folder": "lesson-1",
        "prepare": "npm ci",
        "start": "npm run dev",
        "port": 5173,
    }
    first = app_of(tmp_path)
    other = replace(request(1, {"b.py": "1"}, "lesson-2"), assignment_id="assignment-2")
    returned = replace(request(1, vite, "lesson-1-returned"), assignment_id="of-1", returned=True)
    broken = replace(request(1, {".devcontainer.json": "{"}, "lesson-3"), assignment_id="assignment-3")
    for without in (other, returned, broken, request(2, vite)):
        assert hand_out(tmp_path, without).state is HandOutState.DONE
        assert app_of(tmp_path) == first
    hand_out(tmp_path, replace(request(1, vite, "lesson-4"), assignment_id="assignment-4"))
    newest = app_of(tmp_path)
    assert newest is not None
    assert newest["folder"] == "lesson-4"
    hand_out(tmp_path, request(3, {"a.py": "1"}))
    assert app_of(tmp_path) == newest, "it was another assignment's"
    hand_out(tmp_path, replace(request(2, {"a.py": "1"}, "lesson-4"), assignment_id="assignment-4"))
    assert app_of(tmp_path) is None


def test_a_corrected_app_counts_although_its_file_comes_beside_the_student_s(tmp_path: Path) -> None:
    hand_out(tmp_path, request(1, {".devcontainer.json": APP_OF_VITE}))
    hand_out(tmp_path, request(2, {".devcontainer.json": '{"postAttachCommand": "npm start"}'}))
    assert "npm run dev" in (tmp_path / "project/lesson-1/.devcontainer.json").read_text()
    corrected = app_of(tmp_path)
    assert corrected is not None
    assert (corrected["prepare"], corrected["start"], corrected["port"], corrected["number"]) == ("", "npm start", 0, 2)


def test_a_starter_declares_its_app_in_the_project_itself(tmp_path: Path) -> None:
    new_home(tmp_path)
    hand_out(tmp_path, starter({".devcontainer.json": APP_OF_VITE}))
    own = app_of(tmp_path)
    assert own is not None
    assert (own["folder"], own["start"]) == ("", "npm run dev")


def test_whatever_is_in_the_place_of_the_app_s_note_a_hand_out_ends(tmp_path: Path) -> None:
    (tmp_path / APP).mkdir(parents=True)
    vite: dict[str, bytes | str] = {".devcontainer.json": APP_OF_VITE}
    answer = hand_out(tmp_path, request(1, vite))
    assert answer.state is HandOutState.DONE
    (tmp_path / APP).rmdir()
    (tmp_path / APP).write_text("[" * 100_000)
    assert hand_out(tmp_path, request(2)).state is HandOutState.DONE


def starter(files: dict[str, bytes | str] | None = None) -> HandOutRequest:
    return replace(
        request(1, files or {"README.md": "ours", "src/a.py": "1"}, ""), assignment_id="starter", starter=True
    )


def new_home(home: Path) -> Path:
    """As the first claim of a workspace leaves it."""
    project, made = home / "project", {"README.md": "Welcome", ".gitignore": ".venv/"}
    (project / ".git").mkdir(parents=True)
    (home / MADE).parent.mkdir(parents=True)
    (home / MADE).write_text(made_by_workspace(made))
    for name, text in made.items():
        (project / name).write_text(text)
    return project


def test_a_starter_comes_into_a_new_home_once_and_takes_the_place_of_our_welcome(tmp_path: Path) -> None:
    project = new_home(tmp_path)
    answer = hand_out(tmp_path, starter())
    assert answer.state is HandOutState.DONE
    assert answer.notice == "Your class starts with files from your instructor. They are in ~/project."
    assert tree(project) == {".gitignore": ".venv/", "README.md": "ours", "src/a.py": "1"}
    (project / "src/a.py").unlink()
    assert hand_out(tmp_path, starter()) == HandOutAnswer(HandOutState.DONE)
    assert hand_out(tmp_path, starter({"more.py": "2"})) == HandOutAnswer(HandOutState.DONE), "nor another one"
    assert tree(project) == {".gitignore": ".venv/", "README.md": "ours"}


@pytest.mark.parametrize("name", ["mine.py", "README.md", ".gitignore"])
def test_a_starter_never_comes_into_a_home_with_a_file_of_its_student(tmp_path: Path, name: str) -> None:
    project = new_home(tmp_path)
    (project / name).write_text("mine")
    before = tree(tmp_path)
    assert hand_out(tmp_path, starter()) == HandOutAnswer(HandOutState.SKIPPED)
    assert tree(tmp_path) == before


def test_what_was_handed_out_before_does_not_make_a_home_old_and_is_not_replaced(tmp_path: Path) -> None:
    project = new_home(tmp_path)
    hand_out(tmp_path, request())
    (project / "lesson-1/a.py").write_text("mine")
    answer = hand_out(tmp_path, starter({"lesson-1/a.py": "2", "b.py": "1"}))
    assert [it.new_path for it in answer.beside] == ["lesson-1/a.update-1.py"]
    assert (project / "lesson-1/a.py").read_text() == "mine"
    assert (project / "b.py").read_text() == "1"


def test_a_home_from_before_there_were_starters_is_new_while_its_project_is_empty(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/README.md").write_text("Welcome")
    assert hand_out(tmp_path, starter()).state is HandOutState.SKIPPED
    (tmp_path / "project/README.md").unlink()
    assert hand_out(tmp_path, starter()).state is HandOutState.DONE


def test_a_starter_that_found_no_room_goes_on_where_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, link, written = new_home(tmp_path), os.link, []

    def full_after_one(source: Path, place: Path, *, follow_symlinks: bool) -> None:
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(place)
        link(source, place, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(os, "link", full_after_one)
    answer = hand_out(tmp_path, starter())
    assert (answer.state, answer.failure[:17]) == (HandOutState.FAILED, "The home is full.")
    assert tree(project) == {".gitignore": ".venv/", "README.md": "ours"}
    monkeypatch.setattr(os, "link", link)
    assert hand_out(tmp_path, starter()).state is HandOutState.DONE
    assert tree(project) == {".gitignore": ".venv/", "README.md": "ours", "src/a.py": "1"}


def test_what_a_student_writes_into_the_welcome_while_it_makes_room_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, rename = new_home(tmp_path), Path.rename

    def written_first(source: Path, to: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        source.write_text("mine")
        return rename(source, to)

    monkeypatch.setattr(Path, "rename", written_first)
    answer = hand_out(tmp_path, starter())
    assert [it.new_path for it in answer.beside] == ["README.update-1.md"]
    assert (project / "README.md").read_text() == "mine"


def test_only_a_starter_may_come_into_the_project_itself(tmp_path: Path) -> None:
    assert hand_out(tmp_path, request(folder="")).state is HandOutState.FAILED
    inside = replace(starter({"../.bashrc": "evil", "a": "1"}))
    assert hand_out(tmp_path, inside).state is HandOutState.FAILED
    assert not (tmp_path / ".bashrc").exists()


def test_links_and_pipes_of_a_student_are_neither_followed_nor_replaced(tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    folder = tmp_path / "project/lesson-1"
    folder.mkdir(parents=True)
    (folder / "data").symlink_to(secret)
    os.mkfifo(folder / "a.py")
    answer = hand_out(tmp_path, request())
    assert answer.state is HandOutState.DONE
    assert {(it.path, it.new_path) for it in answer.beside} == {
        ("lesson-1/a.py", "lesson-1/a.update-1.py"),
        ("lesson-1/data/b.csv", "lesson-1/data.update-1/b.csv"),
    }
    assert list(secret.iterdir()) == []


@pytest.mark.parametrize(
    "spoiled", ['{"version": "x"}', "", "[]", '{"version": 1, "files": [], "known": {}}', "[" * 100_000]
)
def test_a_record_that_a_student_spoiled_costs_no_file(tmp_path: Path, spoiled: str) -> None:
    hand_out(tmp_path, request())
    (tmp_path / "project/lesson-1/a.py").write_text("mine")
    (tmp_path / RECORDS / "assignment-1.json").write_text(spoiled)
    assert hand_out(tmp_path, request()).state is HandOutState.DONE
    assert tree(tmp_path / "project") == {
        "lesson-1/a.py": "mine",
        "lesson-1/a.update-1.py": "1",
        "lesson-1/data/b.csv": "1",
    }


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\nb", "a\\b", "x/.git/hooks/post-checkout", "a//b"])
def test_a_path_that_leads_out_is_refused_by_the_home_too(tmp_path: Path, name: str) -> None:
    answer = hand_out(tmp_path, request(files={"ok": "1", name: "1"}))
    assert answer.state is HandOutState.FAILED
    assert answer.failure.startswith("The assignment's files cannot be read")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["../x", "", ".ssh", "a/b", "A", "x" * 61])
def test_a_folder_that_leads_elsewhere_is_refused(tmp_path: Path, folder: str) -> None:
    assert hand_out(tmp_path, request(folder=folder)).state is HandOutState.FAILED
    assert list(tmp_path.iterdir()) == []


def test_a_project_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "project").write_text("mine")
    answer = hand_out(tmp_path, request())
    assert (answer.state, "not a folder" in answer.failure) == (HandOutState.FAILED, True)
    assert (tmp_path / "project").read_text() == "mine"


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.root
def test_a_full_home_is_told_and_gets_the_rest_when_it_has_room(tmp_path: Path) -> None:
    with small_disk(tmp_path, "256k"):
        filler = tmp_path / "filler"
        filler.write_bytes(os.urandom(150_000))
        asked = request(files={"a.py": "1", "big.bin": os.urandom(120_000)})
        answer = hand_out(tmp_path, asked)
        assert answer == HandOutAnswer(HandOutState.FAILED, failure="The home is full. Not all files could be written.")
        folder = tmp_path / "project/lesson-1"
        assert [path.name for path in folder.iterdir()] == ["a.py"], "half a file is never left"
        (folder / "a.py").write_text("mine")
        filler.unlink()
        assert hand_out(tmp_path, asked).state is HandOutState.DONE
        assert (folder / "a.py").read_text() == "mine"
        assert (folder / "big.bin").stat().st_size == 120_000


def test_no_file_gets_its_name_before_it_is_on_the_disk_and_the_record_comes_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, link = os.fsync, os.link
    done: list[tuple[str, int]] = []

    def noted_fsync(descriptor: int) -> None:
        fsync(descriptor)
        done.append(("on the disk", os.fstat(descriptor).st_ino))

    def noted_link(source: Path, place: Path, *, follow_symlinks: bool) -> None:
        done.append(("named", source.lstat().st_ino))
        link(source, place, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "link", noted_link)
    assert hand_out(tmp_path, request()).state is HandOutState.DONE
    folder = tmp_path / "project/lesson-1"
    first, second = ((folder / name).stat().st_ino for name in ("a.py", "data/b.csv"))
    record = (tmp_path / RECORDS / "assignment-1.json").stat().st_ino
    assert done == [
        ("on the disk", first), ("named", first), ("on the disk", second), ("named", second), ("on the disk", record),
    ]  # fmt: skip


def test_while_a_student_saves_as_fast_as_they_can_no_text_of_theirs_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "project/lesson-1"
    folder.mkdir(parents=True)
    names = [f"f{number}" for number in range(300)]
    saved: list[str] = []

    def save() -> None:
        for name in names:
            beside = folder / f".{name}"
            beside.write_text("mine")
            beside.rename(folder / name)  # as editors do
            saved.append(name)

    student = threading.Thread(target=save)
    student.start()
    answer = hand_out(tmp_path, request(files=dict.fromkeys(reversed(names), "starter")))
    student.join()
    assert answer.state is HandOutState.DONE
    assert all((folder / name).read_text() == "mine" for name in saved)


def test_a_folder_that_its_student_renames_in_the_middle_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link
    renamed = tmp_path / "project/mine"

    def renamed_first(source: Path, place: Path, *, follow_symlinks: bool) -> None:
        monkeypatch.setattr(os, "link", link)
        source.parent.rename(renamed)
        link(source, place, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(os, "link", renamed_first)
    assert hand_out(tmp_path, request()).state is HandOutState.DONE
    assert renamed.is_dir()
    assert tree(tmp_path / "project/lesson-1") == {"a.py": "1", "data/b.csv": "1"}


def test_a_home_that_was_put_back_gets_all_it_lacks_with_the_next_version(tmp_path: Path) -> None:
    hand_out(tmp_path, request())
    (tmp_path / "project").rename(tmp_path / "lost")
    (tmp_path / RECORDS / "assignment-1.json").unlink()
    assert hand_out(tmp_path, request(2, {"a.py": "1", "data/b.csv": "1", "note.md": "x"})).beside == ()
    assert tree(tmp_path / "project/lesson-1") == {"a.py": "1", "data/b.csv": "1", "note.md": "x"}


def test_the_agent_hands_out_only_to_a_claimed_home(start_task: Callable[..., TaskProcess], tmp_path: Path) -> None:
    task = start_task("has a project", prefix=("/usr/bin/env", f"HOME={tmp_path}"))
    task.wait_for("ready")
    message = to_json(request())
    assert task.control("POST", "hand-out", message)[0] == 409
    task.claim()
    assert task.control("POST", "hand-out", message, token="wrong")[0] == 403


def test_the_agent_takes_a_large_hand_out_and_answers_a_repeat_as_at_first(
    start_task: Callable[..., TaskProcess], tmp_path: Path
) -> None:
    task = start_task("has a project", prefix=("/usr/bin/env", f"HOME={tmp_path}"))
    task.wait_for("ready")
    task.claim()
    message = to_json(request(files={"a.py": "1", "random.bin": os.urandom(3_500_000)}))
    deadline = time.monotonic() + 30
    answer = {"state": "working"}
    while answer["state"] == "working" and time.monotonic() < deadline:
        status, answer = task.control("POST", "hand-out", message)
        assert status == 200, answer
    assert answer["state"] == "done", answer
    assert task.log.with_name("news").read_text() == "Your instructor handed out files: ~/project/lesson-1"
    home = tmp_path
    assert (home / "project/lesson-1/random.bin").stat().st_size == 3_500_000
    (home / "project/lesson-1/a.py").write_text("mine")
    assert task.control("POST", "hand-out", message)[1] == answer
    assert (home / "project/lesson-1/a.py").read_text() == "mine"
    too_large = {**message, "files": "A" * 6_500_000}
    assert task.request("POST", "/_agent/hand-out", str(too_large).encode(), {AGENT_TOKEN_HEADER: TOKEN})[0] == 413
