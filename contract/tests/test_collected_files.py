"""Copies of folders in which students put what they like."""

from __future__ import annotations

import base64
import io
import os
import socket
from pathlib import Path

import pytest

from contract import collected_files
from contract.collect import LEFT_OUT_MAX, CollectAnswer, CollectState
from contract.collected_files import FOLDER_ENTRIES_MAX, collect
from contract.hand_out_files import FILE_BYTES_MAX, FILES_MAX, PACKED_BYTES_MAX, read_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "project/lesson-1"
    made.mkdir(parents=True)
    (made / "main.py").write_text("print(1)")
    return made


def files_of(answer: CollectAnswer) -> dict[str, bytes]:
    assert answer.state is CollectState.DONE, answer.failure
    packed = base64.b64decode(answer.files)
    assert len(packed) <= PACKED_BYTES_MAX
    return {file.path: file.content for file in read_files(io.BytesIO(packed))}


def reasons(answer: CollectAnswer) -> dict[str, str]:
    return {it.path: it.reason for it in answer.left_out}


def test_files_and_whether_they_are_programs_are_copied_and_nothing_changes(folder: Path, tmp_path: Path) -> None:
    (folder / "src").mkdir()
    (folder / "src/run.sh").write_text("#!/bin/sh\n")
    (folder / "src/run.sh").chmod(0o755)
    before = {path: path.lstat().st_ctime_ns for path in tmp_path.rglob("*")}
    answer = collect(tmp_path, "lesson-1")
    assert files_of(answer) == {"main.py": b"print(1)", "src/run.sh": b"#!/bin/sh\n"}
    programs = [it.path for it in read_files(io.BytesIO(base64.b64decode(answer.files))) if it.is_program]
    assert programs == ["src/run.sh"]
    assert (answer.left_out, collect(tmp_path, "lesson-1")) == ((), answer)
    assert {path: path.lstat().st_ctime_ns for path in tmp_path.rglob("*")} == before


def test_links_lead_nowhere_and_special_files_are_said(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "of-another-student"
    other.mkdir()
    (other / "secret.py").write_text("theirs")
    (folder / "hosts").symlink_to("/etc/passwd")
    (folder / "other").symlink_to(other)
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        answer = collect(tmp_path, "lesson-1")
    assert files_of(answer) == {"main.py": b"print(1)"}
    link, special = "is a link", "is not an ordinary file"
    assert reasons(answer) == {"hosts": link, "loop": link, "other": link, "pipe": special, "socket": special}


@pytest.mark.parametrize("which", ["project", "project/lesson-1"])
def test_a_link_in_place_of_the_folder_itself_is_not_followed(tmp_path: Path, which: str) -> None:
    other = tmp_path / "of-another-student"
    (other / "lesson-1").mkdir(parents=True)
    (other / "lesson-1/secret.py").write_text("theirs")
    home = tmp_path / "home"
    (home / which).parent.mkdir(parents=True)
    (home / which).symlink_to(other if which == "project" else other / "lesson-1")
    answer = collect(home, "lesson-1")
    assert (answer.state, answer.failure) == (
        CollectState.FAILED,
        f"~/{which} is a link or a file, not a folder. Links are not followed.",
    )


@pytest.mark.parametrize("stage", ["folder", "file"])
def test_a_link_that_takes_the_place_of_what_was_looked_at_is_not_followed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """The student's program has won the race: after the look, before the opening."""
    other = tmp_path / "of-another-student"
    other.mkdir()
    (other / "main.py").write_text("theirs")
    (folder / "src").mkdir()
    (folder / "src/main.py").write_text("mine")
    swapped = folder / "src" if stage == "folder" else folder / "src/main.py"
    opened = os.open

    def swap_first(path: str | Path, flags: int, **where: int) -> int:
        if path == swapped.name and (stage == "folder") == bool(flags & os.O_DIRECTORY) and swapped.parent.exists():
            target = other if stage == "folder" else other / "main.py"
            if not swapped.is_symlink() and os.path.sameopenfile(where["dir_fd"], _handle(swapped.parent, opened)):
                swapped.rename(tmp_path / "aside")
                swapped.symlink_to(target)
        return opened(path, flags, **where)

    monkeypatch.setattr(os, "open", swap_first)
    answer = collect(tmp_path, "lesson-1")
    assert swapped.is_symlink()
    assert b"theirs" not in files_of(answer).values()
    assert reasons(answer) == {str(swapped.relative_to(folder)): "could not be read"}


def _handle(path: Path, opened: object) -> int:
    return opened(path, os.O_RDONLY)  # type: ignore[operator,no-any-return]


def test_a_huge_file_is_left_out_without_being_read(folder: Path, tmp_path: Path) -> None:
    with (folder / "huge.bin").open("wb") as huge:
        huge.truncate(1 << 40)
    (folder / "random.bin").write_bytes(os.urandom(PACKED_BYTES_MAX))
    (folder / "zeros.bin").write_bytes(b"\0" * FILE_BYTES_MAX)
    (folder / "zeros-2.bin").write_bytes(b"\0" * FILE_BYTES_MAX)
    answer = collect(tmp_path, "lesson-1")
    assert sorted(files_of(answer)) == ["main.py", "zeros-2.bin"]
    assert reasons(answer) == {
        "huge.bin": "has 1,099,512 MB; the limit is 16 MB",
        "random.bin": "has no room: a copy has at most 4 MB as a zip",
        "zeros.bin": "has no room: a copy has at most 32 MB",
    }


def test_a_large_file_with_many_names_is_packed_a_few_times_and_hides_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manager was busy with it for hours, of a home at rest."""
    (folder / "0").write_bytes(os.urandom(FILE_BYTES_MAX))
    for number in range(1, 40):
        (folder / str(number)).hardlink_to(folder / "0")
    (folder / "src").mkdir()
    (folder / "src/late.py").write_text("print(2)")
    read: list[str] = []
    content = collected_files._content  # pyright: ignore[reportPrivateUsage]

    def reading(parent: int, name: str) -> tuple[bytes | None, int]:
        read.append(name)
        return content(parent, name)

    monkeypatch.setattr(collected_files, "_content", reading)
    answer = collect(tmp_path, "lesson-1")
    assert files_of(answer) == {"main.py": b"print(1)", "src/late.py": b"print(2)"}
    assert len(read) < 10
    assert reasons(answer)["39"] == "has no room: a copy has at most 4 MB as a zip"


def test_a_hundred_thousand_files_leave_room_for_the_work(folder: Path, tmp_path: Path) -> None:
    data = folder / "data"
    data.mkdir()
    handle = os.open(data, os.O_RDONLY)
    for number in range(100_000):
        os.mknod(str(number), dir_fd=handle)
    os.close(handle)
    (folder / "src").mkdir()
    (folder / "src/work.py").write_text("work")
    answer = collect(tmp_path, "lesson-1")
    assert sorted(files_of(answer)) == ["main.py", "src/work.py"]
    assert reasons(answer) == {"data": f"is left out: it has more than {FOLDER_ENTRIES_MAX:,} files and folders in it"}


def test_more_files_than_a_copy_may_have_are_counted(folder: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir()
        for number in range(FILES_MAX // 2 + 100):
            (folder / name / str(number)).touch()
    answer = collect(tmp_path, "lesson-1")
    assert (len(files_of(answer)), answer.left_out_count, len(answer.left_out)) == (FILES_MAX, 201, LEFT_OUT_MAX)


def test_no_more_names_are_looked_at_than_the_limit(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collected_files, "ENTRIES_MAX", 10)
    for number in range(20):
        (folder / f"x-{number}").mkdir()
        (folder / f"x-{number}/x").touch()
    answer = collect(tmp_path, "lesson-1")
    assert sorted(files_of(answer)) == ["main.py"]
    first, *others = (it.reason for it in answer.left_out)
    assert first == "has more than 10 files and folders; some are left out"
    assert set(others) == {"is left out: there are more than 10 files and folders"}


def test_what_programs_make_again_is_left_out(folder: Path, tmp_path: Path) -> None:
    for name in ("node_modules/left-pad", ".git/objects", "web/node_modules/x", "env/bin", "tool-cache"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").touch()
    (folder / "env/pyvenv.cfg").touch()
    (folder / "tool-cache/CACHEDIR.TAG").touch()
    answer = collect(tmp_path, "lesson-1")
    assert sorted(files_of(answer)) == ["main.py"]
    assert sorted(reasons(answer)) == [".git", "env", "node_modules", "tool-cache", "web/node_modules"]


def test_names_that_no_other_computer_takes_are_left_out(folder: Path, tmp_path: Path) -> None:
    for name in ("Main.PY", "a\\b", "line\nbreak", "x" * 200):
        (folder / name).touch()
    (Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe"))).touch()
    answer = collect(tmp_path, "lesson-1")
    assert len(files_of(answer)) == 1
    assert answer.left_out_count == 5
    assert all(it.path.isprintable() for it in answer.left_out)


def test_a_deep_folder_ends_nothing(folder: Path, tmp_path: Path) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(100):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    answer = collect(tmp_path, "lesson-1")
    assert sorted(files_of(answer)) == ["main.py"]
    assert [it.reason for it in answer.left_out] == ["lies too deep"]


@pytest.mark.parametrize("folder_name", ["../x", "", ".ssh", "a/b", "A", "nothing"])
def test_another_folder_or_none_is_said(folder: Path, tmp_path: Path, folder_name: str) -> None:
    assert folder.exists()
    assert collect(tmp_path, folder_name).state is CollectState.FAILED


def test_a_folder_without_files_is_said_with_the_reason(folder: Path, tmp_path: Path) -> None:
    (folder / "main.py").unlink()
    assert collect(tmp_path, "lesson-1").failure == "~/project/lesson-1 has no files that can be collected."
    (folder / "main.py").symlink_to("/etc/passwd")
    assert collect(tmp_path, "lesson-1").failure.endswith("For example, main.py is a link.")
