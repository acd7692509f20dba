"""Rules whose exact bounds no run shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.names import StopReason, WorkspaceKind, WorkspaceState
from manager.ports.task_runner import TaskSpec
from simulator.engine import Instance, TaskLife
from simulator.fleet import SimulatedFleet
from simulator.invariants import Violation
from simulator.profile import Profile

HOUR_S = 3_600.0


def a_student_who_came_back(
    *, before_the_write_s: float, write_under_way_s: float = 0.0
) -> tuple[SimulatedFleet, Instance]:
    """The first student of the fleet, after an hour's absence."""
    fleet = SimulatedFleet(1, Profile(), traced=False)
    now = fleet.loop.now
    fleet.loop.called_at = now - write_under_way_s
    instance = Instance(
        TaskSpec("task-1", WorkspaceKind.VSCODE, "vscode-1", "token"),
        TaskLife(ready_after_s=0.0),
        started=now - HOUR_S,
        started_at=now - HOUR_S,
        ready_at=now - HOUR_S,
        visible_at=now - HOUR_S,
        home_id="home-1",
        active_at=fleet.loop.called_at - before_the_write_s,
    )
    return fleet, instance


def stop_as_idle(fleet: SimulatedFleet, instance: Instance) -> None:
    """The record as it is when that write takes effect."""
    before = next(iter(fleet.store.workspaces.values()))
    running = replace(before, state=WorkspaceState.RUNNING, task_id=instance.task_id)
    fleet.engine.instances[instance.task_id] = instance
    fleet.rules._changed_state(running, running.stopping(now=fleet.loop.now, reason=StopReason.IDLE))


def saved(fleet: SimulatedFleet, instance: Instance, *, launched_again: bool) -> None:
    workspace = next(iter(fleet.store.workspaces.values()))
    wanted_at = fleet.loop.now if launched_again else None
    fleet.rules._saved(replace(workspace, stop_reason=StopReason.IDLE, launch_wanted_at=wanted_at), instance)


def test_nobody_sees_in_time_who_comes_back_as_the_stop_is_written() -> None:
    stop_as_idle(*a_student_who_came_back(before_the_write_s=1.0))


def test_nobody_sees_in_time_who_comes_back_while_the_stop_is_on_its_way() -> None:
    stop_as_idle(*a_student_who_came_back(before_the_write_s=-80.0, write_under_way_s=97.0))


def test_a_stop_of_a_student_who_had_come_back_long_before_is_a_violation() -> None:
    with pytest.raises(Violation, match="stopped as idle after 3 s"):
        stop_as_idle(*a_student_who_came_back(before_the_write_s=3.0))


def test_who_was_seen_too_late_has_the_workspace_again() -> None:
    fleet, instance = a_student_who_came_back(before_the_write_s=1.0)
    saved(fleet, instance, launched_again=True)
    with pytest.raises(Violation, match="not launched again after 1 s"):
        saved(fleet, instance, launched_again=False)


def test_what_is_typed_after_the_last_question_is_not_seen() -> None:
    fleet, instance = a_student_who_came_back(before_the_write_s=-1.0, write_under_way_s=2.0)
    saved(fleet, instance, launched_again=False)
