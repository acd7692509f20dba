"""Rules whose exact bounds no run shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.names import StopReason, WorkspaceKind
from manager.domain.workspace import Workspace
from manager.ports.task_runner import TaskSpec
from simulator.engine import Instance, TaskLife
from simulator.fleet import Fleet
from simulator.invariants import Violation
from simulator.profile import Profile

HOUR_S = 3_600.0


def a_student_who_came_back(*, answered_s_ago: float, called_s_ago: float = 0.0) -> tuple[Fleet, Workspace, Instance]:
    """Away for an hour, then back as soon as the agent had answered."""
    fleet = Fleet(1, Profile(), traced=False)
    now = fleet.loop.now
    fleet.loop.called_at = now - called_s_ago
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
    return fleet, replace(workspace, stop_reason=StopReason.IDLE), instance


def test_nobody_sees_in_time_who_comes_back_between_the_answer_and_the_stop_that_follows_at_once() -> None:
    fleet, workspace, instance = a_student_who_came_back(answered_s_ago=1.0)
    fleet.watch._idle(workspace, instance)


def test_nobody_sees_in_time_who_comes_back_while_the_stop_is_on_its_way() -> None:
    fleet, workspace, instance = a_student_who_came_back(answered_s_ago=98.0, called_s_ago=97.0)
    fleet.watch._idle(workspace, instance)


def test_a_stop_long_after_the_answer_is_a_violation_when_the_student_has_come_back() -> None:
    fleet, workspace, instance = a_student_who_came_back(answered_s_ago=3.0)
    with pytest.raises(Violation, match="stopped as idle after 0 s"):
        fleet.watch._idle(workspace, instance)


def test_who_was_seen_too_late_has_the_workspace_again() -> None:
    fleet, workspace, instance = a_student_who_came_back(answered_s_ago=1.0)
    fleet.watch._idle(workspace, instance)
    fleet.watch._saved(replace(workspace, launch_wanted_at=fleet.loop.now), instance)
    with pytest.raises(Violation, match="not launched again"):
        fleet.watch._saved(workspace, instance)


def test_what_is_typed_after_the_last_question_is_not_seen() -> None:
    fleet, workspace, instance = a_student_who_came_back(answered_s_ago=1.0)
    fleet.watch._idle(workspace, instance)
    instance.asked_at = fleet.loop.now
    fleet.watch._saved(workspace, instance)
