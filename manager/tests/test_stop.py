"""Stopping: by a person, by the idle rule, by force, and what is saved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.agent import AgentStatus
from contract.errors import ApraNovaError, Reason
from contract.names import StopReason, WorkspaceState
from manager.adapters.memory.clock import FakeClock
from manager.adapters.memory.runner import MemoryTaskAgent, RunnerThatDoesNotAnswer, RunnerThatLosesTasks
from manager.ports.task_agent import AgentUnreachable
from manager.tests.school import ANNA, School, running
from manager.use_cases import lifetime
from manager.use_cases.launch import launch
from manager.use_cases.reconcile_pass import reconcile_named
from manager.use_cases.stop import keep_running, stop


def test_a_stop_answers_stopping_and_the_pass_saves_then_ends() -> None:
    school = running()
    task = school.task()
    assert stop(school.world, ANNA).state is WorkspaceState.STOPPING
    assert task.alive
    school.settle()
    assert (task.saves, task.alive) == (1, False)
    workspace = school.workspace()
    assert (workspace.state, workspace.stop_reason) == (WorkspaceState.STOPPED, StopReason.BY_PERSON)
    assert [step.name for step in workspace.steps][-3:] == ["saving", "saved", "task_stopped"]


@pytest.mark.parametrize("dies", [False, True])
def test_stopped_is_recorded_only_when_the_home_is_back_at_rest(dies: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    school = running()
    task, released = school.task(), []

    def release(task_id: str) -> None:
        assert not task.alive
        released.append(task_id)
        if len(released) < 3:
            raise ApraNovaError(Reason.INTERNAL, "the mover does not answer")

    monkeypatch.setattr(school.runner, "release", release)
    if dies:
        school.runner.end(task.spec.task_id, "killed")
    else:
        stop(school.world, ANNA)
    for _ in range(2):
        school.reconcile_pass()
        assert school.workspace().state is not WorkspaceState.STOPPED
        school.later(60.0)
    school.settle()
    assert school.workspace().state is WorkspaceState.STOPPED
    assert set(released) == {task.spec.task_id}


def test_a_repeated_stop_changes_nothing() -> None:
    school = running()
    first = stop(school.world, ANNA)
    assert stop(school.world, ANNA) == first
    school.settle()
    stopped = school.workspace()
    assert stop(school.world, ANNA) == stopped


def test_a_save_that_fails_is_retried_and_reported_and_the_task_kept_until_the_hard_limit() -> None:
    school = running()
    task = school.task()
    school.agent.save_failure = "the disk is full"
    stop(school.world, ANNA)
    for _ in range(11):
        school.reconcile_pass()
        assert task.alive
        assert "could not be saved yet, trying again: the disk is full" in school.workspace().failure
        school.later(10.0)
    school.later(10.0)
    school.reconcile_pass()
    assert not task.alive
    assert school.workspace().state is WorkspaceState.STOPPED
    assert "could not be saved before the stop" in school.workspace().failure
    assert school.metrics.counts["save_failures_total"] >= 5


def test_a_save_that_works_at_last_clears_the_report() -> None:
    school = running()
    school.agent.save_failure = "the disk is full"
    stop(school.world, ANNA)
    school.reconcile_pass()
    school.agent.save_failure = ""
    school.settle(after_s=2.0)
    assert (school.workspace().state, school.workspace().failure) == (WorkspaceState.STOPPED, "")


class AgentThatFallsSilentAfterASave(MemoryTaskAgent):
    silent_for = 0

    def status(self, control_address: str, agent_token: str) -> AgentStatus:
        saved = any(task.saves for task in self.runner.tasks.values())
        if saved and self.silent_for > 0:
            self.silent_for -= 1
            raise AgentUnreachable("it did not answer in time")
        return super().status(control_address, agent_token)


@pytest.mark.parametrize("silent_for", [1, 1_000])
def test_an_agent_that_falls_silent_after_its_save_is_asked_again_until_the_deadline(silent_for: int) -> None:
    """The work is saved, so nobody hears otherwise."""
    school = running()
    agent = AgentThatFallsSilentAfterASave(school.runner)
    school.world = replace(school.world, agent=agent)
    school.later(school.world.policy.idle_timeout_s)
    agent.silent_for = silent_for
    school.reconcile_pass(2)
    assert (school.workspace().state, school.workspace().failure) == (WorkspaceState.STOPPING, "")
    school.settle(after_s=school.world.policy.save_timeout_s)
    workspace = school.workspace()
    assert (workspace.state, workspace.stop_reason, workspace.failure) == (
        WorkspaceState.STOPPED,
        StopReason.IDLE,
        "",
    )
    assert school.metrics.counts["saves_given_up_total"] == 0


def test_idle_is_warned_then_saved_then_stopped_and_the_reason_is_kept() -> None:
    school = running()
    task = school.task()
    school.settle(after_s=1500.0)
    assert len(task.warnings) == 1
    assert school.workspace().warned_at is not None
    school.settle(after_s=299.0)
    assert school.workspace().state is WorkspaceState.RUNNING
    school.settle(after_s=1.0)
    assert task.saves == 1
    assert (school.workspace().state, school.workspace().stop_reason) == (WorkspaceState.STOPPED, StopReason.IDLE)


def test_a_student_who_comes_back_in_the_warning_time_is_not_stopped() -> None:
    school = running()
    school.settle(after_s=1500.0)
    school.task().last_activity_at = school.clock.now()
    school.task().activity_reason = "typed in the editor"
    school.settle(after_s=60.0)
    workspace = school.workspace()
    assert (workspace.state, workspace.warned_at) == (WorkspaceState.RUNNING, None)
    assert workspace.activity is not None
    assert workspace.activity.reason == "typed in the editor"


def test_keep_running_moves_the_stop_at_once_and_is_capped() -> None:
    school = running()
    now = school.clock.now()
    kept = keep_running(school.world, ANNA, now + 1e9)
    assert kept.keep_running_until == kept.stops_at == now + school.world.policy.keep_running_max_s
    school.settle(after_s=7200.0)
    assert school.workspace().state is WorkspaceState.RUNNING
    assert keep_running(school.world, ANNA, 0.0).keep_running_until is None
    school.settle()
    assert school.workspace().state is WorkspaceState.STOPPED


def test_keep_running_needs_a_running_workspace() -> None:
    school = School()
    school.enrol(ANNA)
    with pytest.raises(ApraNovaError) as refused:
        keep_running(school.world, ANNA, school.clock.now() + 60.0)
    assert refused.value.reason is Reason.WRONG_STATE


@pytest.mark.parametrize("forgetful", [False, True])
@pytest.mark.parametrize("told", [False, True])
def test_a_task_that_ends_by_itself_leaves_its_workspace_stopped_with_the_cause(forgetful: bool, told: bool) -> None:
    """At once where an event of the engine names it, else when the workspace is due."""
    school = running(runner=RunnerThatLosesTasks(FakeClock())) if forgetful else running()
    ended = school.workspace().task_id or ""
    school.runner.end(ended, "killed: out of memory")
    if told:
        reconcile_named(school.world, (ended,))
    else:
        school.settle(after_s=school.world.policy.status_refresh_s)
    workspace = school.workspace()
    assert (workspace.state, workspace.stop_reason) == (WorkspaceState.STOPPED, StopReason.TASK_ENDED)
    assert ("the engine no longer has it" if forgetful else "out of memory") in workspace.failure
    assert launch(school.world, ANNA).state is WorkspaceState.STARTING


def test_an_engine_that_does_not_answer_stops_nothing_and_launches_go_on_afterwards() -> None:
    runner = RunnerThatDoesNotAnswer(FakeClock())
    runner.silent = False
    school = running(runner=runner, pool=1)
    runner.silent = True
    school.later(600.0)
    school.reconcile_pass(3)
    assert school.workspace().state is WorkspaceState.RUNNING
    assert all(task.alive for task in runner.tasks.values())
    assert launch(school.world, ANNA).state is WorkspaceState.RUNNING


def test_a_delete_stops_and_saves_first_and_purges_only_after_the_grace_period() -> None:
    school = running(delete_grace_s=1000.0)
    task, home = school.task(), school.task().home_id or ""
    lifetime.delete(school.world, ANNA)
    school.settle()
    assert (task.saves, school.workspace().state) == (1, WorkspaceState.DELETED)
    school.settle(after_s=999.0)
    assert school.homes.exists(home)
    school.settle(after_s=1.0)
    assert not school.homes.exists(home)
    assert school.store.find_workspace(ANNA) is None


def test_an_undelete_keeps_home_and_record() -> None:
    school = running(delete_grace_s=1000.0)
    home = school.task().home_id
    lifetime.delete(school.world, ANNA)
    school.settle()
    with pytest.raises(ApraNovaError) as refused:
        launch(school.world, ANNA)
    assert refused.value.reason is Reason.WORKSPACE_DELETED
    assert lifetime.undelete(school.world, ANNA).state is WorkspaceState.STOPPED
    school.settle(after_s=5000.0)
    launch(school.world, ANNA)
    school.settle()
    assert school.task().home_id == home
