"""Copies come from homes that run and from those at rest, never from one in between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contract.collect import CollectAnswer, CollectRequest, CollectState
from contract.names import WorkspaceState
from manager.adapters.directory_homes.homes import DirectoryHomeVolumes
from manager.adapters.memory.homes import MemoryHomeVolumes
from manager.adapters.memory.runner import MemoryTaskAgent
from manager.tests.school import ANNA, BEN, School, running
from manager.use_cases.collections import collect
from manager.use_cases.stop import stop

LESSON = CollectRequest("lesson-1", "copy-1")
HOME = "home-aaaaaaaaaaaaaaaa"


def asleep() -> School:
    school = running()
    stop(school.world, ANNA)
    school.settle()
    assert school.workspace().state is WorkspaceState.STOPPED
    return school


def test_a_home_that_runs_is_read_by_its_agent_and_cannot_say_that_it_was_at_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    school = running()
    lie = CollectAnswer(CollectState.DONE, files="x", unchanged_since=1.0)
    monkeypatch.setattr(MemoryTaskAgent, "collect", lambda *_: lie)
    assert collect(school.world, ANNA, LESSON).copy == replace(lie, unchanged_since=None)
    monkeypatch.undo()
    school.task().alive = False
    assert collect(school.world, ANNA, LESSON).copy is None


def test_a_home_at_rest_is_read_where_it_lies_and_says_since_when() -> None:
    school = asleep()
    copy = collect(school.world, ANNA, LESSON).copy
    assert copy == CollectAnswer(
        CollectState.DONE,
        files=f"lesson-1 of {school.workspace().home_id}",
        unchanged_since=school.workspace().state_since,
    )


def test_a_workspace_that_nobody_has_opened_is_not_said_to_be_starting() -> None:
    school = School()
    school.enrol(BEN)
    copy = collect(school.world, BEN, LESSON).copy
    assert copy == CollectAnswer(CollectState.FAILED, failure="The workspace was never opened, so there are no files.")


def test_there_is_no_copy_of_a_home_that_starts_or_is_put_back() -> None:
    school = asleep()
    assert collect(school.world, "ws-zzzzzzzzzz", LESSON).copy is None
    school.world.store.write(replace(school.workspace(), restoring="a-snapshot"))
    assert collect(school.world, ANNA, LESSON).copy is None
    school.world.store.write(replace(school.workspace(), restoring=None, state=WorkspaceState.STOPPING))
    assert collect(school.world, ANNA, LESSON).copy is None


def test_a_copy_is_worth_nothing_when_the_home_was_launched_while_it_was_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    school = asleep()
    read = MemoryHomeVolumes.copy_folder

    def launched_meanwhile(homes: MemoryHomeVolumes, home_id: str, request: CollectRequest) -> CollectAnswer | None:
        found = school.workspace()
        school.world.store.write(replace(found, state_since=found.state_since + 1.0))
        return read(homes, home_id, request)

    monkeypatch.setattr(MemoryHomeVolumes, "copy_folder", launched_meanwhile)
    assert collect(school.world, ANNA, LESSON).copy == CollectAnswer(CollectState.WORKING)


def test_a_home_on_the_disk_is_read_and_a_missing_one_has_no_copy(tmp_path: Path) -> None:
    homes = DirectoryHomeVolumes(tmp_path / "homes")
    assert homes.copy_folder(HOME, LESSON) is None
    homes.create(HOME)
    answer = homes.copy_folder(HOME, LESSON)
    assert answer == CollectAnswer(CollectState.FAILED, failure="There is no folder ~/project.")
    folder = tmp_path / "homes" / HOME / "project/lesson-1"
    folder.mkdir(parents=True)
    (folder / "main.py").write_text("1")
    answer = homes.copy_folder(HOME, LESSON)
    assert answer is not None
    assert answer.state is CollectState.DONE
    with pytest.raises(ValueError, match="not the id of a home"):
        homes.copy_folder("../../etc", LESSON)
