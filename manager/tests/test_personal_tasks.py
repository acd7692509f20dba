"""Tasks that are started ahead with a student's home: theirs alone, and never next to another."""

from __future__ import annotations

from dataclasses import replace

from contract.errors import ApraNovaError
from contract.manager import ExpectRequest
from contract.names import LaunchPath, StopReason, TaskState, WorkspaceKind, WorkspaceState
from manager.adapters.memory.clock import FakeClock
from manager.adapters.memory.runner import MemoryTaskRunner
from manager.domain.lifecycle.task import Task
from manager.domain.policy import PoolPolicy
from manager.tests.school import ANNA, BEN, School
from manager.use_cases.expect import expect
from manager.use_cases.launch import launch
from manager.use_cases.lifetime import delete
from manager.use_cases.reconcile_pass import observe, reconcile_pass
from manager.use_cases.stop import stop


def school_with_homes() -> School:
    """Fixed homes, no pool; Anna has been there before."""
    school = School(runner=MemoryTaskRunner(FakeClock(), late_binding=False))
    school.enrol(ANNA, BEN)
    launch(school.world, ANNA)
    school.settle()
    stop(school.world, ANNA)
    school.settle()
    assert school.workspace().state is WorkspaceState.STOPPED
    return school


def signs_in(school: School) -> Task:
    expect(school.world, ExpectRequest(ANNA, "signed in"))
    school.settle()
    held = school.store.find_task(school.workspace().personal_task_id or "")
    assert held is not None
    return held


def alive_with(school: School, home_id: str | None) -> list[str]:
    return [task.spec.task_id for task in school.runner.tasks.values() if task.alive and task.home_id == home_id]


def test_a_student_who_signs_in_finds_a_task_with_their_own_home() -> None:
    school = school_with_homes()
    held = signs_in(school)
    assert (held.state, held.home_id, held.because) == (TaskState.READY, school.workspace().home_id, "who signed in")
    launched = launch(school.world, ANNA)
    assert (launched.launch_path, launched.task_id) == (LaunchPath.WARM, held.task_id)


def test_a_task_kept_for_one_student_is_never_another_s() -> None:
    school = school_with_homes()
    held = signs_in(school)
    launched = launch(school.world, BEN)
    assert launched.task_id != held.task_id


def test_a_launch_asks_for_the_task_started_ahead_only_as_long_as_it_may_have_the_home() -> None:
    school = school_with_homes()
    signs_in(school)
    assert not school.workspace().personal_task_over
    school.settle(after_s=school.world.policy.hint_s)
    assert school.workspace().personal_task_over
    held = signs_in(school)
    assert not school.workspace().personal_task_over
    assert launch(school.world, ANNA).task_id == held.task_id
    assert school.workspace().personal_task_over


def test_a_second_hint_starts_no_second_task() -> None:
    school = school_with_homes()
    held = signs_in(school)
    assert signs_in(school).task_id == held.task_id
    assert len(alive_with(school, held.home_id)) == 1


def test_a_student_who_does_not_come_costs_minutes_and_the_reason_is_shown() -> None:
    school = school_with_homes()
    held = signs_in(school)
    school.settle(after_s=school.world.policy.hint_s)
    assert alive_with(school, held.home_id) == []
    decisions = (*school.world.recent_launches.decisions(), *school.store.find_outlook().decisions)
    assert any("did not come" in line for line in decisions)
    school.later(1.0)
    assert launch(school.world, ANNA).launch_path is LaunchPath.COLD


def test_between_two_looks_a_pass_reads_no_task_that_waits_for_its_student_before_that_expires() -> None:
    school = school_with_homes()
    held = signs_in(school)
    school.later(school.world.policy.waiting_look_s)
    looked = observe(school.world, school.clock.now())
    assert [task.task_id for task in looked.fleet.warm] == [held.task_id]
    seldom = replace(school.world, policy=replace(school.world.policy, waiting_look_s=3_600.0))
    school.later(1.0)
    assert observe(seldom, school.clock.now()).fleet.tasks == ()
    assert school.store.find_next_due_at() == held.expires_at
    school.later(school.world.policy.hint_s)
    assert [task.task_id for task in observe(seldom, school.clock.now()).fleet.warm] == [held.task_id]


def test_tasks_that_wait_are_counted_in_what_the_pool_costs_also_by_passes_that_do_not_read_them() -> None:
    school = school_with_homes()
    signs_in(school)
    school.later(school.world.policy.waiting_look_s)
    assert [note.warm for note in (reconcile_pass(school.world).pool, reconcile_pass(school.world).pool) if note] == [
        1,
        1,
    ]


def test_a_task_that_dies_while_it_waits_is_found_with_the_next_look_though_no_event_tells() -> None:
    school = school_with_homes()
    held = signs_in(school)
    school.settle(after_s=school.world.policy.waiting_look_s)
    school.runner.tasks[held.task_id].alive = False
    school.settle()
    assert school.store.find_task(held.task_id) == held
    school.settle(after_s=school.world.policy.waiting_look_s)
    found = school.store.find_task(held.task_id)
    assert found is not None
    assert found.state is TaskState.STOPPED
    assert school.workspace().personal_task_over


def test_a_launch_waits_until_a_task_of_an_old_image_has_let_the_home_go() -> None:
    school = school_with_homes()
    held = signs_in(school)
    school.runner.images[WorkspaceKind.VSCODE] = "vscode-next"
    waiting = launch(school.world, ANNA)
    assert (waiting.state, waiting.launch_wanted_at) == (WorkspaceState.STOPPED, school.clock.now())
    assert launch(school.world, ANNA).launch_wanted_at is not None
    school.settle()
    assert school.workspace().state is WorkspaceState.RUNNING
    assert school.workspace().task_id != held.task_id
    assert len(alive_with(school, held.home_id)) == 1


def test_a_launch_that_waits_has_put_the_failure_before_it_behind() -> None:
    """Found by a soak: a stop or a delete meanwhile left a launch that had failed, and nobody said
    why."""
    school = school_with_homes()
    signs_in(school)
    school.store.write(replace(school.workspace(), stop_reason=StopReason.LAUNCH_FAILED, failure="no room"))
    school.runner.images[WorkspaceKind.VSCODE] = "vscode-next"
    waiting = launch(school.world, ANNA)
    assert waiting.launch_wanted_at is not None
    assert (waiting.stop_reason, waiting.failure) == (None, "")
    assert delete(school.world, ANNA).stop_reason is None


def test_a_deleted_workspace_s_task_ends_with_it() -> None:
    school = school_with_homes()
    held = signs_in(school)
    delete(school.world, ANNA)
    school.settle()
    assert alive_with(school, held.home_id) == []


def test_a_home_that_is_missing_is_not_replaced_by_an_empty_one() -> None:
    school = school_with_homes()
    home_id = school.workspace().home_id
    school.homes.files.pop(home_id)
    expect(school.world, ExpectRequest(ANNA, "signed in"))
    for _ in range(3):
        school.reconcile_pass()
    assert home_id not in school.homes.files


def test_the_schedule_listens_to_no_hint() -> None:
    school = school_with_homes()
    school.world = replace(school.world, policy=replace(school.world.policy, pool_policy=PoolPolicy.SCHEDULE))
    expect(school.world, ExpectRequest(ANNA, "signed in"))
    assert school.workspace().expected is None


def test_with_late_binding_homes_a_hint_adds_one_task_that_serves_anyone() -> None:
    school = School()
    school.enrol(ANNA)
    expect(school.world, ExpectRequest(ANNA, "signed in"))
    school.settle()
    assert launch(school.world, ANNA).launch_path is LaunchPath.WARM
    school.settle()
    assert [task for task in school.store.list_tasks(limit=10) if task.warm] == []


def test_nothing_of_this_raises_for_a_student_who_is_there_already() -> None:
    school = school_with_homes()
    launch(school.world, ANNA)
    try:
        expect(school.world, ExpectRequest(ANNA, "signed in"))
    except ApraNovaError as error:
        raise AssertionError from error
