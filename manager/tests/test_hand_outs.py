"""Assignments reach the homes of workspaces that run and answer, and no others."""

from __future__ import annotations

import pytest

from contract.errors import ApraNovaError
from contract.hand_out import HandOutAnswer, HandOutRequest, HandOutState
from manager.tests.school import ANNA, BEN, School, running
from manager.use_cases.hand_outs import WORKSPACES_MAX, hand_out

LESSON = HandOutRequest("assignment-1", 1, "lesson-1", "")


def test_a_hand_out_reaches_who_runs_and_leaves_out_who_sleeps_or_is_silent() -> None:
    school = running()
    school.enrol(BEN)
    answer = hand_out(school.world, (ANNA, BEN, "ws-zzzzzzzzzz"), LESSON)
    assert answer.answers == {ANNA: HandOutAnswer(HandOutState.DONE)}
    assert school.task().handed_out == [LESSON]
    school.task().alive = False
    assert hand_out(school.world, (ANNA,), LESSON).answers == {}


def test_more_than_can_be_answered_in_time_are_refused() -> None:
    with pytest.raises(ApraNovaError, match="at most"):
        hand_out(School().world, (ANNA,) * (WORKSPACES_MAX + 1), LESSON)


def test_a_workspace_whose_task_has_just_lost_its_record_is_left_out() -> None:
    school = running()
    task = school.store.find_task(school.workspace().task_id or "")
    assert task is not None
    school.store.write(delete=(task,))
    assert hand_out(school.world, (ANNA,), LESSON).answers == {}
