"""A pass over the tasks that an event names: it carries those on, and leaves the rest of the fleet
to the pass."""

from __future__ import annotations

from contract.names import StopReason, WorkspaceState
from manager.domain.lifecycle.task import Task
from manager.tests.school import ANNA, BEN, School, running
from manager.use_cases.launch import launch
from manager.use_cases.reconcile_pass import reconcile_named


def task_id_of(school: School, workspace_id: str) -> str:
    return str(school.workspace(workspace_id).task_id)


def failed_starts(school: School) -> list[Task]:
    return [task for task in school.store.list_warm_tasks(limit=100) if task.failed_start]


def test_only_the_named_launch_goes_on() -> None:
    school = School()
    school.enrol(ANNA, BEN)
    for workspace_id in (ANNA, BEN):
        launch(school.world, workspace_id)
    reconcile_named(school.world, [task_id_of(school, ANNA)])
    assert school.workspace(ANNA).state is WorkspaceState.RUNNING
    assert school.workspace(BEN).state is WorkspaceState.STARTING


def test_the_pool_stays_as_it_is() -> None:
    school = School(pool=3)
    school.enrol(ANNA)
    launch(school.world, ANNA)
    before = set(school.runner.tasks)
    reconcile_named(school.world, [task_id_of(school, ANNA)])
    assert set(school.runner.tasks) == before


def test_a_task_that_ended_is_recorded_with_its_workspace() -> None:
    school = running()
    school.runner.end(task_id_of(school, ANNA), "killed: out of memory")
    reconcile_named(school.world, [task_id_of(school, ANNA)])
    workspace = school.workspace(ANNA)
    assert (workspace.state, workspace.stop_reason) == (WorkspaceState.STOPPED, StopReason.TASK_ENDED)
    assert "out of memory" in workspace.failure


def test_a_start_that_succeeds_forgets_those_that_failed_before_it() -> None:
    school = School(pool=1)
    school.enrol(ANNA)
    school.reconcile_pass()
    (warm,) = school.runner.tasks
    school.runner.end(warm, "exited with code 3")
    school.reconcile_pass()
    assert [task.task_id for task in failed_starts(school)] == [warm]
    launch(school.world, ANNA)
    reconcile_named(school.world, [task_id_of(school, ANNA)])
    assert school.workspace(ANNA).state is WorkspaceState.RUNNING
    assert failed_starts(school) == []


def test_names_that_nobody_knows_are_no_reason_for_anything() -> None:
    school = School(pool=2)
    assert reconcile_named(school.world, ["task-aaaaaaaaaaaaaaaa"]).actions == ()
    assert school.runner.tasks == {}
