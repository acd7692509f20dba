"""A home's history: what is kept of it while a student works, and how it comes back."""

from __future__ import annotations

import base64
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from contract.errors import ApraNovaError
from contract.history import (
    FILE_BYTES_MAX,
    NOW,
    Cause,
    CheckpointView,
    HistoryPathRequest,
    PutBackAnswer,
    PutBackRequest,
    PutBackState,
    WriteRequest,
    key_of,
)
from contract.manager import Activity
from contract.names import WorkspaceKind, WorkspaceState
from manager.adapters.directory_history import walk
from manager.adapters.directory_history.history import DirectoryHomeHistory, history_folder
from manager.adapters.directory_history.retention import kept
from manager.adapters.directory_history.store import HistoryStore
from manager.adapters.directory_history.take import take
from manager.adapters.directory_homes.homes import DirectoryHomeVolumes
from manager.adapters.system.checkpoint_thread import CheckpointThread
from manager.domain.history import due
from manager.domain.policy import Policy
from manager.ports.home_history import HistoryGone
from manager.tests.school import ANNA, School, enrolled, running
from manager.use_cases.history import AT_ONCE_MAX, PutBacks, list_history, read_folder, read_piece
from manager.use_cases.launch import launch
from manager.use_cases.stop import stop
from manager.use_cases.world import Inline

HOME = "home-aaaaaaaaaaaaaaaa"
DAY_S = 86_400.0


class Kept(DirectoryHomeHistory):
    """Takes checkpoints in this process, at times that a test sets."""

    def __init__(self, folder: Path) -> None:
        (folder / "homes").mkdir()
        super().__init__(folder / "homes", folder / "snapshots")
        self.folder_of_homes = folder / "homes"
        self.now = 1_000_000.0
        self.taken: list[tuple[str, Cause]] = []

    def take(self, home_id: str, cause: Cause, *, wanted_now: bool = False) -> CheckpointView | None:
        self.now += 1.0
        self.taken.append((home_id, cause))
        return take(self._home(home_id), self._store(home_id), cause, self.now)


@pytest.fixture
def history(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


@pytest.fixture
def project(history: Kept) -> Path:
    folder = history.folder_of_homes / HOME / "project"
    folder.mkdir(parents=True)
    return folder


def taken(history: Kept, cause: Cause = Cause.WORK) -> CheckpointView:
    view = history.take(HOME, cause)
    assert view is not None
    return view


def content(history: Kept, checkpoint: str, path: str) -> bytes:
    return base64.b64decode(history.piece(HOME, checkpoint, key_of(path), 0).content)


# --- what is kept ---


@pytest.mark.parametrize("name", ['["a",1', 'b","c', "ü\n", os.fsdecode(b"\xff"), "\\", "x" * 200])
def test_a_file_of_any_name_is_found_in_a_checkpoint(history: Kept, project: Path, name: str) -> None:
    for one in ("a", "c", name, f"{name}2"):
        (project / one).write_text(one if one.isascii() else "odd")
    store, checkpoint = HistoryStore(history_folder(history._histories, HOME)), taken(history).checkpoint_id
    for entry in store.files(checkpoint):
        assert store.find(checkpoint, entry.path) == entry
    assert store.find(checkpoint, "project/never") is None
    assert store.find(checkpoint, "a") is None


def test_a_files_versions_are_the_moments_at_which_it_changed(
    history: Kept, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, other = project / "main.py", project / "other.py"
    other.write_text("0")
    taken(history)
    moments = []
    for text in ("one", "two", "", None, "two"):
        if text is None:
            file.unlink()
        else:
            file.write_text(text)
        moments.append(taken(history).checkpoint_id)
        other.write_text(f"{len(moments)}")
        taken(history)  # something else changed
    key = key_of("project/main.py")
    found = history.versions(HOME, key)
    assert [it.checkpoint_id for it in found.versions] == moments
    assert [(it.size, it.is_there) for it in found.versions] == [
        (3, True), (3, True), (0, True), (0, False), (3, True),
    ]  # fmt: skip
    assert not found.cut
    store = HistoryStore(history_folder(history._histories, HOME))
    (store.folder / "checkpoints" / f"{moments[1]}.files").write_bytes(b"damaged")
    assert len(history.versions(HOME, key).versions) == 5, "the checkpoint after it has the same"
    for never in ("project/never.py", "project", "../x"):
        with pytest.raises(HistoryGone):
            history.versions(HOME, never)
    clock = SimpleNamespace(monotonic=itertools.count(0, 1.5).__next__)  # other threads keep theirs
    monkeypatch.setattr("manager.adapters.directory_history.history.time", clock)
    cut = history.versions(HOME, key)
    assert cut.cut
    assert [it.checkpoint_id for it in cut.versions] == [history.list(HOME)[1].checkpoint_id]


def test_a_checkpoint_says_what_changed_and_keeps_each_file_as_it_was(history: Kept, project: Path) -> None:
    (project / "main.py").write_text("one")
    first = taken(history)
    (project / "main.py").write_text("two")
    (project / "new.py").write_text("new")
    second = taken(history)
    assert (second.changed, second.changed_count) == (("project/main.py", "project/new.py"), 2)
    assert content(history, first.checkpoint_id, "project/main.py") == b"one"
    assert content(history, second.checkpoint_id, "project/main.py") == b"two"
    assert history.take(HOME, Cause.WORK) is None, "nothing changed"
    (project / "new.py").unlink()
    (project.parent / ".bash_history").write_text("ls")
    assert taken(history).changed == ("project/new.py", ".bash_history"), "what programs write comes last"
    assert [it.checkpoint_id for it in history.list(HOME)][1:] == [second.checkpoint_id, first.checkpoint_id]


def test_a_change_that_size_and_time_do_not_show_is_seen(history: Kept, project: Path) -> None:
    file = project / "main.py"
    file.write_text("one")
    seen = file.stat()
    taken(history)
    file.write_text("two")
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert taken(history).changed == ("project/main.py",)


def test_what_leads_out_of_the_home_is_not_read(history: Kept, project: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").write_text("the school's")
    (project / "link").symlink_to(tmp_path / "secret/key")
    (project / "folder").symlink_to(tmp_path / "secret")
    os.mkfifo(project / "pipe")
    (project / "main.py").write_text("mine")
    view = taken(history)
    assert view.files == 1
    assert {(it.name, it.reason) for it in view.left_out} == {
        ("project/link", "is a link"),
        ("project/folder", "is a link"),
        ("project/pipe", "is not an ordinary file"),
    }
    for path in ("project/link", "project/folder/key"):
        with pytest.raises(ApraNovaError, match="nothing at this place"):
            history.piece(HOME, NOW, key_of(path), 0)
    with pytest.raises(ApraNovaError):
        history.folder(HOME, NOW, "project/folder")


def test_a_folder_that_becomes_a_link_while_it_is_read_leads_nowhere(
    history: Kept, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").write_text("the school's")
    (project / "folder").mkdir()
    (project / "folder/key").write_text("mine")
    below = walk.below

    def swapped(top: int, path: str):  # type: ignore[no-untyped-def]
        if path == "project/folder" and not (project / "folder").is_symlink():
            (project / "folder").rename(project / "aside")
            (project / "folder").symlink_to(tmp_path / "secret")
        return below(top, path)

    monkeypatch.setattr(walk, "below", swapped)
    (project / "main.py").write_text("mine")
    taken(history)
    assert (project / "folder").is_symlink()
    assert _paths(history) == ["project/main.py"]


def _paths(history: Kept) -> list[str]:
    store = HistoryStore(history_folder(history._histories, HOME))
    return [entry.path for entry in store.files(store.ids()[0])]


@pytest.mark.parametrize(
    "key", ["../x", "project/../../x", "/etc/passwd", "%2e%2e/x", "a//b", "a%00b", "é", "x" * 4_000]
)
def test_a_path_that_leads_out_is_nothing(history: Kept, project: Path, key: str) -> None:
    (project / "main.py").write_text("mine")
    view = taken(history)
    for checkpoint in (view.checkpoint_id, NOW):
        with pytest.raises(ApraNovaError, match="nothing at this place"):
            history.piece(HOME, checkpoint, key, 0)
        with pytest.raises(ApraNovaError, match="nothing at this place"):
            history.folder(HOME, checkpoint, key)


@pytest.mark.parametrize("checkpoint", ["../../x", "0000000000000-00000000", "", "x"])
def test_a_checkpoint_that_is_none_is_gone(history: Kept, project: Path, checkpoint: str) -> None:
    (project / "main.py").write_text("mine")
    taken(history)
    with pytest.raises(ApraNovaError, match="no longer kept"):
        history.piece(HOME, checkpoint, "project/main.py", 0)


def test_names_that_no_page_can_show_are_kept_and_come_back(history: Kept, project: Path) -> None:
    names = [b"line\nbreak", b"\xff\xfe.txt", "\u202egnp.exe".encode(), b"a%2fb", b"<img src=x>"]
    for name in names:
        (project / os.fsdecode(name)).write_bytes(b"mine")
    view = taken(history)
    entries = history.folder(HOME, view.checkpoint_id, "project").entries
    assert len(entries) == len(names)
    assert all(entry.key.isascii() and entry.name.isprintable() for entry in entries)
    for name in names:
        (project / os.fsdecode(name)).unlink()
    taken(history)
    put_back(history, view, "project")
    assert {os.fsencode(it.name) for it in project.iterdir()} == set(names)


def test_what_is_too_large_is_named_and_costs_nothing(history: Kept, project: Path) -> None:
    with (project / "big.bin").open("wb") as file:
        file.truncate(4 * 10**12)
    (project / "main.py").write_text("mine")
    crowded = project / "many"
    crowded.mkdir()
    for number in range(walk.FOLDER_ENTRIES_MAX + 1):
        (crowded / str(number)).touch()
    view = taken(history)
    assert view.files == 1
    assert [it.name for it in view.left_out] == ["project/big.bin", "project/many"]


def test_a_file_that_is_written_while_it_is_read_stays_as_it_was_before(
    history: Kept, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "main.py").write_text("whole")
    taken(history)
    (project / "main.py").write_text("half of")
    monkeypatch.setattr(walk, "content_of", lambda *_: None)
    (project / "other.py").write_text("x")
    (project / "gone.py").write_text("x")
    assert history.take(HOME, Cause.WORK) is None, "no content is known to be new"
    monkeypatch.undo()
    view = taken(history)
    assert content(history, view.checkpoint_id, "project/main.py") == b"half of"


def test_programs_own_folders_have_no_history(history: Kept, project: Path) -> None:
    for folder in ("project/node_modules/x", "project/env", ".config", ".local/share/apranova/databases"):
        (project.parent / folder).mkdir(parents=True)
        (project.parent / folder / "file").write_text("x")
    (project / "env/pyvenv.cfg").touch()
    (project / ".git").mkdir()
    (project / ".git/HEAD").write_text("ref")
    (project.parent / ".bashrc").write_text("alias")
    taken(history)
    assert _paths(history) == [".bashrc", "project/.git/HEAD"]


# --- what stays ---


def test_old_checkpoints_are_thinned_out_and_their_contents_go(history: Kept, project: Path) -> None:
    history.now = 100 * DAY_S
    for number in range(200):
        (project / "main.py").write_text(str(number))
        taken(history)
        history.now += 3 * 3_600.0
    views = history.list(HOME)
    assert 60 < len(views) <= 82
    store = HistoryStore(history_folder(history._histories, HOME))
    objects = sum(1 for it in (store.folder / "objects").rglob("*") if it.is_file())
    assert objects <= 90, "contents that no checkpoint has are removed, once a day"
    for view in views:
        assert content(history, view.checkpoint_id, "project/main.py").isdigit()


def test_the_limit_of_a_history_counts_blocks_and_checkpoints(
    history: Kept, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tiny files and many checkpoints of them are on the disk as well."""
    monkeypatch.setattr("manager.adapters.directory_history.take.HISTORY_BYTES_MAX", 400_000)
    store = HistoryStore(history_folder(history._histories, HOME))
    for number in range(60):
        (project / "same.py").write_text(str(number % 2))
        taken(history)
    assert 1 < len(history.list(HOME)) < 55, "the contents are two, and the checkpoints alone are too much"
    for number in range(60):
        (project / f"{number}.py").write_text(str(number))
    taken(history)
    blocks = sum(it.stat().st_blocks * 512 for it in store.folder.rglob("*") if it.is_file())
    assert 0 < store.size() <= 400_000
    assert blocks <= store.size() + 3 * 4_096, "lock, size and the time of the last look"


def test_ten_minutes_are_kept_for_two_days_then_hours_days_and_weeks() -> None:
    now = 1_000 * DAY_S
    times = [now - step * 600.0 for step in range(150 * 144)]
    stay = kept(times, now)
    assert {at for at in times if now - at <= 2 * DAY_S} <= stay
    assert 100 < len([at for at in stay if 2 * DAY_S < now - at <= 7 * DAY_S]) <= 5 * 24 + 1
    assert 22 <= len([at for at in stay if 7 * DAY_S < now - at <= 30 * DAY_S]) <= 30
    assert 16 <= len([at for at in stay if now - at > 30 * DAY_S]) <= 19
    assert kept([1.0, 2.0], now) == {1.0, 2.0}, "a student who returns still finds the newest"


def test_a_purge_removes_the_history(history: Kept, project: Path, tmp_path: Path) -> None:
    (project / "main.py").write_text("mine")
    taken(history)
    DirectoryHomeVolumes(history.folder_of_homes, snapshots=tmp_path / "snapshots").purge(HOME)
    assert history.list(HOME) == ()
    assert not list((tmp_path / "snapshots").iterdir())


def test_what_was_damaged_is_said_in_words_and_the_rest_can_be_read(history: Kept, project: Path) -> None:
    (project / "main.py").write_text("one")
    (project / "other.py").write_text("two")
    view = taken(history)
    store = HistoryStore(history_folder(history._histories, HOME))
    entry = store.files(view.checkpoint_id)[0]
    (store.folder / "objects" / entry.digest[:2] / entry.digest[2:]).write_bytes(b"damage")
    with pytest.raises(ApraNovaError, match="what was kept is damaged"):
        content(history, view.checkpoint_id, "project/main.py")
    assert content(history, view.checkpoint_id, "project/other.py") == b"two"
    (store.folder / "checkpoints" / f"{view.checkpoint_id}.files").write_bytes(b"damage")
    (store.folder / "checkpoints" / f"{view.checkpoint_id}.json").write_bytes(b"damage")
    assert [it.checkpoint_id for it in history.list(HOME)] == [view.checkpoint_id]
    with pytest.raises(ApraNovaError, match="damaged"):
        history.folder(HOME, view.checkpoint_id, "project")
    (project / "main.py").write_text("three")
    assert content(history, taken(history).checkpoint_id, "project/main.py") == b"three"


# --- when ---


def test_who_works_gets_a_checkpoint_each_ten_minutes_and_who_is_away_none() -> None:
    workspace = running().workspace()
    since = workspace.running_since or 0.0
    policy = Policy()
    assert due(workspace, None, since + 3_000, policy) is None, "a start is no activity"
    worked = replace(workspace, activity=Activity(since + 300, "typed in the editor"))
    assert due(worked, None, since + 599, policy) is None
    assert due(worked, None, since + 600, policy) is Cause.WORK
    assert due(worked, since + 600, since + 1_200, policy) is None
    assert due(replace(worked, kind=WorkspaceKind.SUPERSET), None, since + 600, policy) is None
    assert due(replace(worked, state=WorkspaceState.STOPPING), None, since + 600, policy) is None, "its stop gets one"


def test_the_thread_takes_one_while_a_student_works_and_one_after_the_stop(history: Kept) -> None:
    school = running()
    school.world = replace(school.world, history=history)
    home_id = school.workspace().home_id or ""
    (history.folder_of_homes / home_id).mkdir()
    (history.folder_of_homes / home_id / "a.txt").write_text("one")
    thread = CheckpointThread(school.world)
    history.now = school.clock.now()
    thread.look()
    assert history.taken == []
    school.task().last_activity_at = school.clock.now() + 500
    school.settle(after_s=601)
    history.now = school.clock.now()
    thread.look()
    assert history.taken == [(home_id, Cause.WORK)]
    school.later(30)
    stop(school.world, ANNA)
    school.settle()
    history.now = school.clock.now()
    (history.folder_of_homes / home_id / "a.txt").write_text("two")
    thread.look()
    thread.look()
    assert history.taken == [(home_id, Cause.WORK), (home_id, Cause.STOP)]
    thread.stop()


def test_a_look_in_the_middle_of_a_stop_does_not_lose_sight_of_it(history: Kept) -> None:
    school = running()
    school.world = replace(school.world, history=history)
    home_id = school.workspace().home_id or ""
    (history.folder_of_homes / home_id).mkdir()
    (history.folder_of_homes / home_id / "a.txt").write_text("one")
    thread = CheckpointThread(school.world)
    thread.look()
    stop(school.world, ANNA)
    assert school.workspace().state is WorkspaceState.STOPPING
    thread.look()
    assert history.taken == []
    school.settle()
    history.now = school.clock.now()
    thread.look()
    assert history.taken == [(home_id, Cause.STOP)]
    thread.stop()


def test_a_session_between_two_looks_is_seen_a_minute_later(history: Kept) -> None:
    school = enrolled()
    school.world = replace(school.world, history=history)
    thread = CheckpointThread(school.world)
    thread.look()
    launch(school.world, ANNA)
    school.settle()
    stop(school.world, ANNA)
    school.settle()
    home_id = school.workspace().home_id or ""
    (history.folder_of_homes / home_id).mkdir()
    (history.folder_of_homes / home_id / "a.txt").write_text("one")
    school.later(60)
    history.now = school.clock.now()
    thread.look()
    assert history.taken == [(home_id, Cause.STOP)]
    thread.stop()


def test_a_home_that_cannot_be_read_is_not_tried_all_the_time(history: Kept) -> None:
    school = running()
    school.world = replace(school.world, history=history)
    stop(school.world, ANNA)
    school.settle()
    thread = CheckpointThread(school.world)
    real = DirectoryHomeHistory(history.folder_of_homes, history._histories)
    history.take = real.take  # type: ignore[method-assign]
    for _ in range(3):
        thread.look()
    assert school.metrics.counts["checkpoints_total"] == 1
    thread.stop()


def test_the_program_that_takes_one_says_what_it_did(history: Kept, project: Path) -> None:
    (project / "main.py").write_text("mine")
    real = DirectoryHomeHistory(history.folder_of_homes, history._histories)
    view = real.take(HOME, Cause.STOP)
    assert view is not None
    assert (view.cause, view.files) == (Cause.STOP, 1)
    assert real.take(HOME, Cause.WORK, wanted_now=True) is None
    full = DirectoryHomeHistory(history.folder_of_homes, history._histories, has_room=lambda _: False)
    with pytest.raises(ApraNovaError, match="nearly full"):
        full.take(HOME, Cause.WORK)
    request = WriteRequest("a" * 32, tuple(real.whole(HOME, view.checkpoint_id, ["project/main.py"])))
    (project / "main.py").unlink()
    assert "nearly full" in full.write(HOME, request).failure
    assert list(project.iterdir()) == []


# --- back ---


def put_back(history: Kept, view: CheckpointView, path: str) -> None:
    way = history.way_back(HOME, view.checkpoint_id, key_of(path))
    for piece in history.whole(HOME, view.checkpoint_id, way.keys):
        assert history.write(HOME, WriteRequest("a" * 32, (piece,))).left_out == ()


def asleep(history: Kept) -> tuple[School, Path]:
    school = running()
    school.world = replace(school.world, history=history)
    stop(school.world, ANNA)
    school.settle()
    assert school.workspace().state is WorkspaceState.STOPPED
    project = history.folder_of_homes / (school.workspace().home_id or "") / "project"
    project.mkdir(parents=True)
    return school, project


def ask(school: School, checkpoint: str, path: str, number: int = 1) -> PutBackAnswer:
    return PutBacks().put_back(school.world, PutBackRequest(ANNA, checkpoint, key_of(path), f"{number:032x}"))


def test_a_file_comes_back_and_what_was_there_becomes_a_checkpoint(history: Kept) -> None:
    school, project = asleep(history)
    (project / "main.py").write_text("good")
    (project / "main.py").chmod(0o755)
    (project / "other.py").write_text("other")
    first = history.take(project.parent.name, Cause.WORK)
    (project / "main.py").write_text("broken")
    (project / "later.py").write_text("later")
    answer = ask(school, first.checkpoint_id if first else "", "")
    assert answer == PutBackAnswer(PutBackState.DONE, files=1)
    assert (project / "main.py").read_text() == "good"
    assert (project / "main.py").stat().st_mode & 0o777 == 0o755
    assert (project / "later.py").read_text() == "later", "what is only there now stays"
    undo = list_history(school.world, ANNA).checkpoints[0]
    assert undo.cause is Cause.PUT_BACK
    assert ask(school, undo.checkpoint_id, "project/main.py", 2).files == 1
    assert (project / "main.py").read_text() == "broken"
    assert sorted(it.name for it in project.iterdir()) == ["later.py", "main.py", "other.py"]


def test_what_could_not_be_kept_first_is_not_replaced(history: Kept) -> None:
    school, project = asleep(history)
    (project / "data.csv").write_text("small")
    (project / "main.py").write_text("good")
    view = history.take(project.parent.name, Cause.WORK)
    with (project / "data.csv").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    (project / "main.py").write_text("broken")
    answer = ask(school, view.checkpoint_id if view else "", "")
    assert (answer.state, answer.files) == (PutBackState.DONE, 1)
    assert [it.name for it in answer.left_out] == ["project/data.csv"]
    assert "could not be kept first" in answer.left_out[0].reason
    assert (project / "data.csv").stat().st_size == FILE_BYTES_MAX + 1
    assert (project / "main.py").read_text() == "good"
    (project / "data.csv").rename(project / "large.csv")
    assert ask(school, view.checkpoint_id if view else "", "", 2).files == 1
    assert (project / "data.csv").read_text() == "small"


def test_in_a_workspace_that_runs_the_agent_writes_what_differs(history: Kept) -> None:
    school = running()
    school.world = replace(school.world, history=history)
    home = history.folder_of_homes / (school.workspace().home_id or "")
    home.mkdir()
    (home / "a.txt").write_text("one")
    (home / "b.txt").write_text("same")
    view = history.take(home.name, Cause.WORK)
    (home / "a.txt").write_text("two")
    assert ask(school, view.checkpoint_id if view else "", "") == PutBackAnswer(PutBackState.DONE, files=1)
    (request,) = school.agent.written
    assert [piece.key for piece in request.pieces] == ["a.txt"]
    assert (home / "a.txt").read_text() == "two", "only the agent writes"
    school.task().alive = False
    failed = ask(school, view.checkpoint_id if view else "", "", 2)
    assert failed.state is PutBackState.FAILED
    assert "does not answer" in failed.failure


def test_a_link_in_the_place_of_a_file_or_folder_leads_nowhere(history: Kept, tmp_path: Path) -> None:
    school, project = asleep(history)
    (project / "folder").mkdir()
    (project / "folder/a.txt").write_text("good")
    (project / "b.txt").write_text("good")
    (project / "c.txt").write_text("good")
    view = history.take(project.parent.name, Cause.WORK)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("the school's")
    (project / "folder").rename(project / "aside")
    (project / "folder").symlink_to(outside)
    (project / "b.txt").unlink()
    (project / "b.txt").symlink_to(outside / "a.txt")
    (project / "c.txt").unlink()
    (project / "c.txt").mkdir()
    answer = ask(school, view.checkpoint_id if view else "", "project")
    assert (outside / "a.txt").read_text() == "the school's"
    assert (project / "b.txt").read_text() == "good"
    assert not (project / "b.txt").is_symlink()
    assert answer.files == 1
    assert [it.name for it in answer.left_out] == ["project/c.txt", "project/folder/a.txt"]
    assert "is a folder now" in answer.left_out[0].reason
    assert "which is a link or a file now" in answer.left_out[1].reason


def test_a_large_file_comes_in_pieces_and_appears_whole(history: Kept) -> None:
    school, project = asleep(history)
    data = os.urandom(7_000_000)
    (project / "data.bin").write_bytes(data)
    view = history.take(project.parent.name, Cause.WORK)
    assert view is not None
    (project / "data.bin").write_bytes(b"small")
    home_id = project.parent.name
    pieces = tuple(history.whole(home_id, view.checkpoint_id, ["project/data.bin"]))
    assert len(pieces) == 3
    history.write(home_id, WriteRequest("b" * 32, pieces[:2]))
    assert (project / "data.bin").read_bytes() == b"small"
    damaged = replace(pieces[2], digest="0" * 64)
    assert history.write(home_id, WriteRequest("b" * 32, (damaged,))).left_out[0].reason == "arrived damaged"
    assert [it.name for it in project.iterdir()] == ["data.bin"], "nothing half is left"
    assert ask(school, view.checkpoint_id, "project/data.bin").files == 1
    assert (project / "data.bin").read_bytes() == data


def test_nothing_is_put_back_in_between_or_twice_at_once(history: Kept) -> None:
    school, project = asleep(history)
    (project / "a").write_text("x")
    view = history.take(project.parent.name, Cause.WORK)
    assert view is not None
    with pytest.raises(ApraNovaError, match="cannot be put back"):
        ask(school, NOW, "project/a")
    assert "nothing at this place" in ask(school, view.checkpoint_id, "project/b", 2).failure
    school.store.write(replace(school.workspace(), restoring="0" * 64))
    with pytest.raises(ApraNovaError, match="starting or stopping"):
        ask(school, view.checkpoint_id, "project/a", 3)
    jobs = PutBacks()
    school.store.write(replace(school.workspace(), restoring=None))
    request = PutBackRequest(ANNA, view.checkpoint_id, "project/a", "c" * 32)
    assert jobs.put_back(school.world, request) == jobs.put_back(school.world, request)
    with pytest.raises(ApraNovaError, match="another request has it"):
        jobs.put_back(school.world, replace(request, key=""))


def test_put_backs_leave_threads_for_launches_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    school = running()
    begun: list[Callable[[], None]] = []

    class Later(Inline):
        def run(self, work: Callable[[], None]) -> None:
            begun.append(work)

    school.world = replace(school.world, background=Later())
    monkeypatch.setattr("manager.use_cases.history.ANSWER_WITHIN_S", 0.0)
    jobs = PutBacks()
    workspaces = [ANNA]
    for number in range(AT_ONCE_MAX):
        workspaces.append(f"ws-{number}")
        school.store.write(replace(school.workspace(), workspace_id=workspaces[-1], version=0))
    requests = [PutBackRequest(it, "0" * 13 + "-" + "0" * 8, "a", f"{at:032x}") for at, it in enumerate(workspaces)]
    for request in requests[:-1]:
        assert jobs.put_back(school.world, request).state is PutBackState.WORKING
    with pytest.raises(ApraNovaError, match="are being put back right now"):
        jobs.put_back(school.world, replace(requests[0], put_back_id="d" * 32))
    with pytest.raises(ApraNovaError, match="Many files"):
        jobs.put_back(school.world, requests[-1])
    begun[0]()
    assert jobs.put_back(school.world, requests[-1]).state is PutBackState.WORKING


def test_a_home_is_looked_into_as_it_was_and_as_it_is(history: Kept) -> None:
    school, project = asleep(history)
    (project / "src").mkdir()
    (project / "src/a.py").write_text("one")
    (project / "b.py").write_text("two")
    view = history.take(project.parent.name, Cause.WORK)
    (project / "b.py").write_text("three")
    for checkpoint, size in ((view.checkpoint_id if view else "", 3), (NOW, 5)):
        found = read_folder(school.world, HistoryPathRequest(ANNA, checkpoint, "project")).entries
        assert [(it.name, it.is_folder) for it in found] == [("src", True), ("b.py", False)]
        assert found[1].size == size
    piece = read_piece(school.world, HistoryPathRequest(ANNA, NOW, "project/b.py", offset=2))
    assert (base64.b64decode(piece.content), piece.size) == (b"ree", 5)


def test_a_look_into_a_home_waits_for_no_pipe_and_reads_no_huge_file(history: Kept, project: Path) -> None:
    with (project / "big.bin").open("wb") as file:
        file.truncate(10**9)
    os.mkfifo(project / "pipe")
    (project / "socket").mkdir()
    (project / "link").symlink_to("big.bin")
    assert [it.name for it in history.folder(HOME, NOW, "project").entries] == ["socket", "big.bin"]
    for name, why in (("big.bin", "too large"), ("pipe", "too large, or"), ("link", "nothing at this place")):
        with pytest.raises(ApraNovaError, match=why):
            history.piece(HOME, NOW, key_of(f"project/{name}"), 0)


def test_a_file_that_goes_while_its_folder_is_listed_hides_no_other(
    history: Kept, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stays.py", "goes.tmp"):
        (project / name).write_text("x")
    scandir = os.scandir

    @contextmanager
    def goes_meanwhile(folder: int) -> Iterator[Iterator[os.DirEntry[str]]]:
        with scandir(folder) as found:
            entries = list(found)
        (project / "goes.tmp").unlink()
        yield iter(entries)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", goes_meanwhile)
        listed = history.folder(HOME, NOW, "project")
    assert [it.name for it in listed.entries] == ["stays.py"]


def test_a_workspace_that_was_never_opened_has_no_history() -> None:
    school = School()
    school.enrol(ANNA)
    assert list_history(school.world, ANNA).checkpoints == ()
    with pytest.raises(ApraNovaError, match="never opened"):
        read_folder(school.world, HistoryPathRequest(ANNA, NOW))


@pytest.mark.root
def test_what_root_writes_belongs_to_the_student(history: Kept, project: Path) -> None:
    os.chown(project.parent, 4_321, 4_321)
    (project / "new").mkdir()
    (project / "new/a.py").write_text("one")
    view = taken(history)
    subprocess.run(["rm", "-r", str(project)], check=True)
    taken(history)
    put_back(history, view, "")
    assert {it.stat().st_uid for it in (project, project / "new", project / "new/a.py")} == {4_321}


def test_a_checkpoints_process_loads_no_manager() -> None:
    """It is started for each home, each ten minutes."""
    code = "import sys, manager.adapters.directory_history.take; print([m for m in sys.modules if 'lifecycle' in m])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
