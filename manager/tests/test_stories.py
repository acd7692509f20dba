"""Whole stories of one workspace: how each ends, what its student reads, and everything that was counted on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract.agent import AgentStatus, ClaimRequest, SaveAnswer, WarnRequest
from contract.errors import ApraNovaError, Reason
from contract.manager import ExpectRequest
from manager.adapters.memory.clock import FakeClock
from manager.adapters.memory.runner import (
    MemoryTaskAgent,
    MemoryTaskRunner,
    RunnerThatDoesNotAnswer,
    RunnerThatLosesTasks,
    RunnerWithoutRoom,
)
from manager.ports.task_agent import AgentUnreachable
from manager.ports.task_runner import TaskSpec
from manager.tests.school import ANNA, School
from manager.use_cases.expect import expect
from manager.use_cases.launch import launch
from manager.use_cases.lifetime import delete
from manager.use_cases.stop import restart, stop


class RunnerThatRefuses(MemoryTaskRunner):
    """Its starts fail for a reason that may pass."""

    def start(self, spec: TaskSpec) -> None:
        raise ApraNovaError(Reason.INTERNAL, "the engine is confused")


class SilentAgent(MemoryTaskAgent):
    """Does not answer the calls that are named."""

    silent: tuple[str, ...] = ()

    def _answers(self, call: str) -> None:
        if call in self.silent:
            raise AgentUnreachable("a planned fault")

    def status(self, control_address: str, agent_token: str) -> AgentStatus:
        self._answers("status")
        return super().status(control_address, agent_token)

    def claim(self, control_address: str, agent_token: str, request: ClaimRequest) -> AgentStatus:
        self._answers("claim")
        return super().claim(control_address, agent_token, request)

    def save(self, control_address: str, agent_token: str) -> SaveAnswer:
        self._answers("save")
        return super().save(control_address, agent_token)

    def warn(self, control_address: str, agent_token: str, request: WarnRequest) -> None:
        self._answers("warn")
        super().warn(control_address, agent_token, request)


def school(*, silent: tuple[str, ...] = (), runner: MemoryTaskRunner | None = None, **options: Any) -> School:
    made = School(runner=runner, **options)
    agent = SilentAgent(made.runner)
    agent.silent = silent
    made.agent = agent
    made.world = replace(made.world, agent=agent)
    made.enrol(ANNA)
    return made


def launched(**options: Any) -> School:
    made = school(**options)
    launch(made.world, ANNA)
    made.settle()
    return made


def goes_on(made: School, seconds: float, every: float = 5.0) -> School:
    for _ in range(int(seconds / every)):
        made.later(every)
        made.reconcile_pass()
    return made


def idles() -> School:
    made = launched()
    return goes_on(made, made.world.policy.idle_timeout_s + 10.0)


def idles_while_its_agent_warns_nobody() -> School:
    made = launched(silent=("warn",))
    return goes_on(made, made.world.policy.idle_timeout_s + 10.0)


def takes_a_warm_task_twice() -> School:
    made = school(pool=1)
    made.settle()
    launch(made.world, ANNA)
    launch(made.world, ANNA)
    made.settle()
    return made


def finds_no_room() -> School:
    return launched(runner=RunnerWithoutRoom(FakeClock()))


def fails_in_its_application() -> School:
    made = school(runner=MemoryTaskRunner(FakeClock(), ready_after_s=10.0))
    launch(made.world, ANNA)
    made.reconcile_pass()
    made.task().failure = "the extension host crashed"
    return goes_on(made, 10.0)


def is_never_ready() -> School:
    made = school(runner=MemoryTaskRunner(FakeClock(), ready_after_s=1e9))
    launch(made.world, ANNA)
    return goes_on(made, made.world.policy.launch_timeout_s + 10.0)


def is_never_started() -> School:
    made = school(runner=RunnerThatRefuses(FakeClock()))
    with pytest.raises(ApraNovaError):
        launch(made.world, ANNA)
    return goes_on(made, made.world.policy.launch_timeout_s + 10.0)


def never_opens() -> School:
    made = launched(silent=("claim",))
    return goes_on(made, made.world.policy.launch_timeout_s + 10.0)


def dies(because: str = "", runner: MemoryTaskRunner | None = None) -> School:
    made = launched(runner=runner)
    made.runner.end(made.workspace().task_id or "", because)
    return goes_on(made, made.world.policy.status_refresh_s)


def dies_before_its_save() -> School:
    made = launched(silent=("save",))
    stop(made.world, ANNA)
    made.reconcile_pass()
    made.runner.end(made.workspace().task_id or "", "killed")
    return goes_on(made, 20.0)


def cannot_save(**options: Any) -> School:
    made = launched(**options)
    made.agent.save_failure = "" if options else "the disk is full"
    stop(made.world, ANNA)
    return goes_on(made, made.world.policy.save_timeout_s + 5.0)


def loses_its_home() -> School:
    made = launched()
    stop(made.world, ANNA)
    made.settle()
    made.homes.files.clear()
    launch(made.world, ANNA)
    made.settle()
    assert made.homes.files == {}  # never replaced by an empty one
    return made


def outlives_a_silent_engine() -> School:
    runner = RunnerThatDoesNotAnswer(FakeClock())
    runner.silent = False
    made = launched(runner=runner)
    runner.silent = True
    goes_on(made, 120.0, every=60.0)
    runner.silent = False
    return goes_on(made, 60.0)


def outlives_a_silent_agent() -> School:
    made = launched(silent=("status",))  # a task that nobody can ask is not ready
    made.agent.silent = ()  # type: ignore[attr-defined]
    made.settle()
    made.agent.silent = ("status",)  # type: ignore[attr-defined]
    return goes_on(made, 300.0, every=60.0)


def restarts_and_is_deleted() -> School:
    made = launched(delete_grace_s=100.0)
    restart(made.world, ANNA)
    made.settle()
    delete(made.world, ANNA)
    return goes_on(made, 90.0)


def is_expected_and_does_not_come() -> School:
    made = launched(runner=MemoryTaskRunner(FakeClock(), late_binding=False))
    stop(made.world, ANNA)
    made.settle()
    expect(made.world, ExpectRequest(ANNA, "signed in"))
    return goes_on(made, made.world.policy.hint_s + 10.0)


def counted(made: School) -> dict[str, int]:
    """By label where there is one. Actions count only where they went wrong."""
    counts = made.metrics.counts
    labelled = {name.partition("/")[0] for name in counts if "/" in name}
    wrong = {name: count for name, count in counts.items() if name.startswith("actions_total/result=")}
    del wrong["actions_total/result=done"]
    others = (name for name in counts if name not in labelled and not name.startswith("actions_total"))
    return {name: counts[name] for name in others} | wrong


COLD = {"launches_total/path=cold": 1}
SNAPSHOT = {"snapshots_total/result=taken": 1, "tasks_ended_total": 1}
STOPPED_BY_PERSON = {**COLD, **SNAPSHOT, "stops_total/reason=by_person": 1}
FAILED = {
    **COLD,
    "launch_failures_total/tried_again=no": 1,
    "stops_total/reason=launch_failed": 1,
    "tasks_ended_total": 1,
}
NO_ROOM = {**FAILED, "task_start_failures_total/reason=no_capacity": 1}
NOT_STARTED = {**FAILED, "task_start_failures_total/reason=internal": 24, "actions_total/result=failed": 23}
NEVER_SAVED = {**STOPPED_BY_PERSON, "save_failures_total/reason=save_failed": 10, "saves_given_up_total": 1}
HOMELESS = {
    **FAILED,
    **SNAPSHOT,
    "launches_total/path=cold": 2,
    "stops_total/reason=by_person": 1,
    "tasks_ended_total": 2,
}
RESTARTED = {**COLD, **SNAPSHOT, "launches_total/path=cold": 2, "stops_total/reason=restart": 1, "tasks_ended_total": 2}


@pytest.mark.parametrize(
    ("story", "end", "failure", "last_steps", "counts"),
    [
        (idles, "stopped idle", "", "saving saved task_stopped", {**COLD, **SNAPSHOT, "stops_total/reason=idle": 1}),
        (
            idles_while_its_agent_warns_nobody,
            "stopped idle",
            "",
            "saving saved task_stopped",
            {**COLD, **SNAPSHOT, "stops_total/reason=idle": 1, "actions_total/result=failed": 1},
        ),
        (
            takes_a_warm_task_twice,
            "running None",
            "",
            "task_claimed home_attached application_ready",
            {"launches_total/path=warm": 1, "launches_total/path=existing": 1},
        ),
        (finds_no_room, "stopped launch_failed", "no room", "task_starting failed task_stopped", NO_ROOM),
        (
            fails_in_its_application,
            "stopped launch_failed",
            "could not start: the extension host crashed",
            "task_starting failed task_stopped",
            FAILED,
        ),
        (is_never_ready, "stopped launch_failed", "not ready in time", "task_starting failed task_stopped", FAILED),
        (
            is_never_started,
            "stopped launch_failed",
            "could not be started in time",
            "task_starting failed task_stopped",
            NOT_STARTED,
        ),
        (
            never_opens,
            "stopped launch_failed",
            "did not open in time",
            "task_claimed failed task_stopped",
            {**FAILED, "agent_unreachable_total/call=claim": 24},
        ),
        (
            dies,
            "stopped task_ended",
            "unexpectedly: it ended by itself",
            "application_ready task_stopped",
            {**COLD, **SNAPSHOT},
        ),
        (
            lambda: dies("killed: out of memory"),
            "stopped task_ended",
            "unexpectedly: killed: out of memory",
            "application_ready task_stopped",
            {**COLD, **SNAPSHOT},
        ),
        (
            lambda: dies(runner=RunnerThatLosesTasks(FakeClock())),
            "stopped task_ended",
            "unexpectedly: the engine no longer has it",
            "application_ready task_stopped",
            {**COLD, **SNAPSHOT},
        ),
        (
            dies_before_its_save,
            "stopped by_person",
            "ended before your last changes were saved",
            "saving task_stopped",
            {**STOPPED_BY_PERSON, "save_failures_total/reason=save_failed": 1, "agent_unreachable_total/call=save": 1},
        ),
        (
            cannot_save,
            "stopped by_person",
            "could not be saved before the stop: the disk is full",
            "saving task_stopped",
            NEVER_SAVED,
        ),
        (
            lambda: cannot_save(silent=("save",)),
            "stopped by_person",
            "could not be saved before the stop: the workspace does not answer",
            "saving task_stopped",
            {**NEVER_SAVED, "agent_unreachable_total/call=save": 11},
        ),
        (loses_its_home, "stopped launch_failed", "cannot be reached", "task_claimed failed task_stopped", HOMELESS),
        (
            outlives_a_silent_engine,
            "running None",
            "",
            "application_ready",
            {**COLD, "engine_unreachable_total": 4},
        ),
        (
            outlives_a_silent_agent,
            "running None",
            "",
            "application_ready",
            {**COLD, "agent_unreachable_total/call=status": 6},
        ),
        (
            restarts_and_is_deleted,
            "deleted deleted",
            "",
            "saving saved task_stopped",
            {**RESTARTED, "stops_total/reason=deleted": 1},
        ),
        (
            is_expected_and_does_not_come,
            "stopped by_person",
            "",
            "saving saved task_stopped",
            {**STOPPED_BY_PERSON, "hints_total": 1, "tasks_ended_total": 2},
        ),
    ],
)
def test_a_story_ends_as_it_should_and_everything_in_it_is_counted(
    story: Callable[[], School], end: str, failure: str, last_steps: str, counts: dict[str, int]
) -> None:
    made = story()
    workspace = made.workspace()
    assert f"{workspace.state} {workspace.stop_reason}" == end
    assert failure in workspace.failure if failure else workspace.failure == ""
    names = last_steps.split()
    assert [str(step.name) for step in workspace.steps][-len(names) :] == names
    assert counted(made) == counts
    for name in ("claim_seconds", "snapshot_seconds", "sweep_seconds"):
        assert sum(made.metrics.observed[name]) == 0.0  # the clock stands still meanwhile
