"""What a process remembers of the last minutes, and what the planner makes of it."""

from __future__ import annotations

from dataclasses import replace

from contract.manager import ExpectRequest
from contract.names import LaunchPath, WorkspaceKind, WorkspaceState
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, PoolPolicy, Shape
from manager.domain.pool.forecast import RECENT_S
from manager.tests.school import ANNA, School
from manager.use_cases.expect import expect
from manager.use_cases.launch import launch
from manager.use_cases.recent_launches import RecentLaunches

CODE = Shape(WorkspaceKind.VSCODE)
POLICY = Policy()


def running(name: str, came_at: float) -> Workspace:
    return Workspace(name, name, CODE.kind, state=WorkspaceState.RUNNING, arrivals=(came_at,))


def test_launches_are_remembered_for_ten_minutes_and_one_who_comes_again_counts_from_then_on() -> None:
    recent_launches = RecentLaunches()
    recent_launches.see([running("anna", 0.0), running("ben", 10.0)], 10.0, POLICY)
    recent_launches.see([running("anna", 300.0)], 300.0, POLICY)
    recent_launches.see([], 10.0 + RECENT_S, POLICY)
    assert recent_launches.recent().launches[CODE] == [10.0, 300.0]
    recent_launches.see([], 11.0 + RECENT_S, POLICY)
    assert recent_launches.recent().launches[CODE] == [300.0]
    recent_launches.see([], 301.0 + RECENT_S, POLICY)
    assert recent_launches.recent().launches == {}


def test_a_hint_adds_one_task_that_serves_anyone() -> None:
    school = School()
    school.enrol(ANNA)
    expect(school.world, ExpectRequest(ANNA, "signed in"))
    school.settle()
    assert launch(school.world, ANNA).launch_path is LaunchPath.WARM
    school.settle()
    assert [task for task in school.store.list_tasks(limit=10) if task.warm] == []
    expect(school.world, ExpectRequest(ANNA, "signed in"))  # she is there already
    assert school.world.recent_launches.recent().hints[CODE] == 0


def test_the_schedule_listens_to_no_hint() -> None:
    school = School()
    school.enrol(ANNA)
    school.world = replace(school.world, policy=replace(school.world.policy, pool_policy=PoolPolicy.SCHEDULE))
    expect(school.world, ExpectRequest(ANNA, "signed in"))
    assert school.world.recent_launches.recent().hints[CODE] == 0
