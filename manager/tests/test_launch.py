"""Launching: existing, warm, cold, and everything that may come between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.agent import AgentStatus, ClaimRequest
from contract.errors import ApraNovaError, Reason
from contract.manager import LaunchRequest
from contract.names import LaunchPath, StopReason, WorkspaceSize, WorkspaceState
from contract.sizes import ON_ONE_MACHINE
from manager.adapters.memory.clock import FakeClock
from manager.adapters.memory.runner import MemoryTaskAgent, MemoryTaskRunner
from manager.ports.task_agent import AgentUnreachable
from manager.tests.school import ANNA, BEN, School, enrolled, running
from manager.use_cases.launch import launch
from manager.use_cases.lifetime import delete, undelete
from manager.use_cases.stop import restart, stop
from manager.use_cases.views import view


def test_a_cold_launch_answers_starting_at_once_and_runs_after_the_next_pass() -> None:
    school = School()
    school.enrol(ANNA)
    assert launch(school.world, ANNA).state is WorkspaceState.STARTING
    school.settle()
    workspace = school.workspace()
    assert workspace.state is WorkspaceState.RUNNING
    assert workspace.launch_path is LaunchPath.COLD
    assert [step.name for step in workspace.steps] == [
        "requested", "task_starting", "task_ready", "task_claimed", "home_attached", "application_ready",
    ]  # fmt: skip
    assert school.task().claim is not None
    assert school.task().claim.launch_secret == workspace.launch_secret


def test_a_warm_launch_is_complete_when_it_answers() -> None:
    school = enrolled(pool=1)
    workspace = launch(school.world, ANNA)
    assert workspace.state is WorkspaceState.RUNNING
    assert workspace.launch_path is LaunchPath.WARM
    assert workspace.cluster == workspace.task_id


def test_an_existing_workspace_is_answered_without_a_write() -> None:
    school = enrolled(pool=1)
    first = launch(school.world, ANNA)
    again = launch(school.world, ANNA)
    assert (again.launch_path, again.task_id) == (LaunchPath.EXISTING, first.task_id)
    assert school.workspace().version == first.version


def test_a_launch_takes_a_warm_task_that_is_still_starting_rather_than_a_new_one() -> None:
    school = School(pool=1, runner=MemoryTaskRunner(FakeClock(), ready_after_s=1.0))
    school.enrol(ANNA)
    school.reconcile_pass()
    launch(school.world, ANNA)
    assert len(school.runner.tasks) == 1
    school.settle(after_s=1.0)
    assert school.workspace().state is WorkspaceState.RUNNING


def test_a_launch_of_a_workspace_whose_task_has_died_starts_a_new_one() -> None:
    school = running()
    dead = school.workspace().task_id
    assert dead
    school.runner.end(dead, "killed: out of memory")
    assert launch(school.world, ANNA).task_id != dead
    school.settle()
    assert school.workspace().state is WorkspaceState.RUNNING


def test_a_resumed_workspace_keeps_its_home() -> None:
    school = enrolled(pool=1)
    launch(school.world, ANNA)
    home = school.task().home_id
    stop(school.world, ANNA)
    school.settle()
    assert school.workspace().state is WorkspaceState.STOPPED
    launch(school.world, ANNA)
    assert school.task().home_id == home


def test_a_warm_task_that_has_died_unseen_is_replaced_without_a_click() -> None:
    school = enrolled(pool=1)
    dead = next(iter(school.runner.tasks))
    school.runner.end(dead, "killed: out of memory")
    waits = view(launch(school.world, ANNA), school.world.policy)
    assert (waits.state, waits.failure, waits.stop_reason) == (WorkspaceState.STARTING, "", None)
    school.settle()
    workspace = school.workspace()
    assert (workspace.state, workspace.second_try) == (WorkspaceState.RUNNING, False)
    assert workspace.task_id != dead
    names = [step.name for step in workspace.steps]
    assert names[:4] == ["requested", "task_claimed", "task_failed", "task_cleaned_up"]
    assert school.metrics.counts["launch_failures_total/tried_again=yes"] == 1


def test_a_second_try_that_is_refused_says_why() -> None:
    school = enrolled(pool=1)
    school.runner.end(next(iter(school.runner.tasks)), "killed: out of memory")
    launch(school.world, ANNA)
    school.runner.images.clear()
    school.settle()
    shown = view(school.workspace(), school.world.policy)
    assert (shown.state, shown.stop_reason) == (WorkspaceState.STOPPED, StopReason.LAUNCH_FAILED)
    assert shown.failure


def test_a_launch_is_tried_again_once_and_then_says_why_it_failed() -> None:
    school = School(pool=1)
    school.world = replace(school.world, agent=AgentThatRefuses(school.runner))
    school.enrol(ANNA)
    school.settle()
    launched = launch(school.world, ANNA)
    assert view(launched, school.world.policy).state is WorkspaceState.STARTING
    school.settle()
    workspace = school.workspace()
    assert (workspace.state, workspace.stop_reason) == (WorkspaceState.STOPPED, StopReason.LAUNCH_FAILED)
    assert (workspace.failure, workspace.launch_wanted_at) == ("the editor did not open", None)
    assert school.metrics.counts["launch_failures_total/tried_again=yes"] == 1
    assert school.metrics.counts["launch_failures_total/tried_again=no"] == 1


def test_a_stop_ends_a_launch_that_is_tried_again() -> None:
    school = School(pool=1)
    school.world = replace(school.world, agent=AgentThatRefuses(school.runner))
    school.enrol(ANNA)
    school.settle()
    launch(school.world, ANNA)
    stop(school.world, ANNA)
    assert view(school.workspace(), school.world.policy).state is WorkspaceState.STOPPING
    launch(school.world, ANNA)  # a new launch, with two tries of its own
    stop(school.world, ANNA)
    school.settle()
    workspace = school.workspace()
    assert (workspace.state, workspace.stop_reason) == (WorkspaceState.STOPPED, StopReason.BY_PERSON)
    assert workspace.failure == ""


def test_a_delete_ends_a_launch_that_is_tried_again_and_an_undelete_brings_no_try_back() -> None:
    school = enrolled(pool=1)
    school.runner.end(next(iter(school.runner.tasks)), "killed: out of memory")
    launch(school.world, ANNA)
    delete(school.world, ANNA)
    school.settle()
    assert school.workspace().state is WorkspaceState.DELETED
    undelete(school.world, ANNA)
    launch(school.world, ANNA)
    assert school.workspace().steps[0].name == "requested"
    assert not school.workspace().second_try
    school.settle()
    assert school.workspace().state is WorkspaceState.RUNNING


def test_no_launch_goes_beyond_the_limit_of_tasks() -> None:
    school = School(memory_max_mib=1_000)
    school.enrol(ANNA, BEN)
    launch(school.world, ANNA)
    with pytest.raises(ApraNovaError) as refused:
        launch(school.world, BEN)
    assert refused.value.reason is Reason.NO_CAPACITY
    assert school.workspace(BEN).state is WorkspaceState.STOPPED


def test_warm_tasks_keep_nobody_from_the_last_place() -> None:
    """On a machine of 4 GB, they would have kept a large workspace from starting for ever."""
    school = School(pool=3, memory_max_mib=ON_ONE_MACHINE[WorkspaceSize.LARGE].memory_mib)
    school.enrol(ANNA, BEN)
    school.settle()
    assert len(school.store.list_warm_tasks(limit=10)) == 3
    launch(school.world, ANNA, LaunchRequest(ANNA, WorkspaceSize.LARGE))
    assert school.workspace().state is WorkspaceState.RUNNING
    with pytest.raises(ApraNovaError, match="All places are taken"):
        launch(school.world, BEN)


def test_a_restart_saves_stops_and_launches_again() -> None:
    school = running()
    old = school.task()
    restart(school.world, ANNA)
    school.settle()
    assert (old.saves, old.alive) == (1, False)
    assert school.workspace().state is WorkspaceState.RUNNING
    assert school.task() is not old


def test_a_launch_while_stopping_is_carried_out_when_the_stop_is_done() -> None:
    school = running()
    stop(school.world, ANNA)
    assert launch(school.world, ANNA).state is WorkspaceState.STOPPING
    school.settle()
    assert school.workspace().state is WorkspaceState.RUNNING


class AgentThatRefuses(MemoryTaskAgent):
    def claim(self, control_address: str, agent_token: str, request: ClaimRequest) -> AgentStatus:
        raise ApraNovaError(Reason.LAUNCH_FAILED, "the editor did not open")


class AgentWhoseClaimTakesLong(MemoryTaskAgent):
    """An old home is migrated: the claim answers too late twice, and says meanwhile what it is
    doing."""

    waits = 2
    doing = ""

    def claim(self, control_address: str, agent_token: str, request: ClaimRequest) -> AgentStatus:
        if self.waits:
            self.waits -= 1
            self.doing = f"Migrating, part {2 - self.waits}"
            raise AgentUnreachable("it did not answer in time")
        self.doing = ""
        return super().claim(control_address, agent_token, request)

    def status(self, control_address: str, agent_token: str) -> AgentStatus:
        return replace(super().status(control_address, agent_token), progress=self.doing)


def test_a_claim_that_takes_long_tells_what_it_does_and_is_carried_on() -> None:
    school = enrolled(pool=1)
    school.world = replace(school.world, agent=AgentWhoseClaimTakesLong(school.runner))
    assert launch(school.world, ANNA).state is WorkspaceState.STARTING
    for _ in range(4):
        school.reconcile_pass()
        school.later(school.world.policy.takeover_s)
    workspace = school.workspace()
    assert workspace.state is WorkspaceState.RUNNING
    updated = [step.text for step in workspace.steps if step.name == "progress"]
    assert updated == ["Migrating, part 1", "Migrating, part 2"]
