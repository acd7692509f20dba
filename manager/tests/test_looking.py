"""A home that runs on AWS is read by its agent, and the answer is not believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.errors import ApraNovaError, Reason
from contract.history import (
    FILE_BYTES_MAX,
    NOW,
    HistoryEntry,
    HistoryFolder,
    HistoryPathRequest,
    HistoryPiece,
    LookAnswer,
    LookRequest,
)
from contract.names import WorkspaceState
from manager.tests.school import ANNA, School, running
from manager.use_cases import history

FOLDER = HistoryPathRequest(ANNA, NOW, "project")
FILE = HistoryPathRequest(ANNA, NOW, "project/main.py", 3)


@pytest.fixture
def school() -> School:
    school = running()
    assert not school.world.history.offered, "as on AWS"
    return school


def reason(school: School, request: HistoryPathRequest = FOLDER) -> tuple[Reason, str]:
    with pytest.raises(ApraNovaError) as error:
        (history.read_folder if request is FOLDER else history.read_piece)(school.world, request)
    return error.value.reason, error.value.message


def test_the_agent_is_asked_for_what_is_there_now(school: School) -> None:
    entry = HistoryEntry("project/main.py", "main.py", is_folder=False, size=5)
    school.agent.seen = LookAnswer(folder=HistoryFolder((entry,)))
    assert history.read_folder(school.world, FOLDER).entries == (entry,)
    school.agent.seen = LookAnswer(piece=HistoryPiece("bWluZQ==", 4, "claimed"))
    assert history.read_piece(school.world, FILE) == HistoryPiece("bWluZQ==", 4)
    assert school.agent.looked == [LookRequest("project"), LookRequest("project/main.py", 3)]


@pytest.mark.parametrize("key", ["", "..", "other/x", "project", "project/a/b", "project/../x", "/etc", "é"])
def test_an_entry_that_is_not_in_the_folder_is_left_out(school: School, key: str) -> None:
    school.agent.seen = LookAnswer(folder=HistoryFolder((HistoryEntry(key, "x", is_folder=True),)))
    assert history.read_folder(school.world, FOLDER).entries == ()


def test_names_are_printable_and_a_list_without_end_is_cut(school: School) -> None:
    entries = tuple(HistoryEntry(f"project/{number}", "a\nb", is_folder=False) for number in range(1_500))
    school.agent.seen = LookAnswer(folder=HistoryFolder(entries))
    found = history.read_folder(school.world, FOLDER)
    assert (len(found.entries), found.cut, found.entries[0].name) == (1_000, True, "a?b")


def test_what_cannot_be_is_refused_in_words(school: School) -> None:
    for seen in (
        LookAnswer(),
        LookAnswer(piece=HistoryPiece("", FILE_BYTES_MAX + 1)),
        LookAnswer(piece=HistoryPiece("", -1)),
    ):
        school.agent.seen = seen
        assert reason(school, FILE) == (Reason.INTERNAL, "This cannot be read now")
    assert reason(school) == (Reason.INTERNAL, "This cannot be read now")
    school.agent.seen = LookAnswer(gone="There is nothing\n" + "x" * 1_000)
    found, words = reason(school)
    assert (found, words[:17], len(words)) == (Reason.SNAPSHOT_NOT_FOUND, "There is nothing?", 200)
    school.agent.seen = LookAnswer(failure="The disk is away")
    assert reason(school) == (Reason.INTERNAL, "The disk is away")


def test_who_looks_hears_of_an_agent_that_does_not_answer(school: School) -> None:
    school.task().alive = False
    found, words = reason(school)
    assert (found, "does not answer" in words) == (Reason.WRONG_STATE, True)


def test_a_home_in_between_is_not_read(school: School) -> None:
    school.world.store.write(replace(school.workspace(), state=WorkspaceState.STOPPING))
    assert reason(school) == (Reason.WRONG_STATE, "This workspace is starting or stopping. Try again in a moment")
    assert school.agent.looked == []
