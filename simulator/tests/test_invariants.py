"""Rules whose exact bounds no run shows."""

from __future__ import annotations

import pytest

from contract.names import WorkspaceKind
from manager.ports.task_runner import TaskSpec
from simulator.engine import Instance, TaskLife
from simulator.fleet import Fleet
from simulator.invariants import Violation
from simulator.profile import Profile

HOUR_S = 3_600.0


def judge_a_stop(*, answered_s_ago: float) -> None:
    """Of a student who had been away for an hour, and came back as soon as the agent had answered."""
    fleet = Fleet(1, Profile(), traced=False)
    now = fleet.loop.now
    instance = Instance(
        TaskSpec("task-1", WorkspaceKind.VSCODE, "vscode-1", "token", "home-1"),
        TaskLife(ready_after_s=0.0),
        started=now - HOUR_S,
        started_at=now - HOUR_S,
        ready_at=now - HOUR_S,
        visible_at=now - HOUR_S,
        home_id="home-1",
        active_at=now,
        asked_at=now - answered_s_ago,
        told_active_at=now - HOUR_S,
    )
    workspace = next(iter(fleet.store.workspaces.values()))
    fleet.watch._idle(workspace, instance)


def test_nobody_sees_in_time_who_comes_back_between_the_answer_and_the_stop_that_follows_at_once() -> None:
    judge_a_stop(answered_s_ago=1.0)


def test_a_stop_long_after_the_answer_is_a_violation_when_the_student_has_come_back() -> None:
    with pytest.raises(Violation, match="stopped as idle after 0 s"):
        judge_a_stop(answered_s_ago=3.0)
