"""Whole stories of one workspace: how each ends, what its student reads, and everything that was
counted on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract.errors import ApraNovaError, Reason
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

    def __getattribute__(self, name: str) -> Any:
        if name in super().__getattribute__("silent"):
            raise AgentUnreachable("a planned fault")
        return super().__getattribute__(name)


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
    made = launched(pool=1)
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


def counted(made: School) -> dict[str, int]:
    """By label where there is one. Actions count only where they went wrong."""
    counts = made.metrics.counts
    labelled = {name.partition("/")[0] for name in counts if "/" in name}
    wrong = {name: count for name, count in counts.items() if name.startswith("actions_total/result=")}
    del wrong["actions_total/result=done"]
    others = (name for name in counts if name not in labelled and not name.startswith("actions_total"))
    return {name: counts[name] for name in others} | wrong


COLD = {"launches_total/path=cold": 1}
USED = {**COLD, "snapshots_total/result=taken": 1, "tasks_ended_total": 1}
BY_PERSON = {**USED, "stops_total/reason=by_person": 1}
BY_IDLENESS = {**USED, "stops_total/reason=idle": 1}
BY_RESTART = {**USED, "launches_total/path=cold": 2, "tasks_ended_total": 2, "stops_total/reason=restart": 1}
FAILED = {
    **COLD,
    "launch_failures_total/tried_again=no": 1,
    "stops_total/reason=launch_failed": 1,
    "tasks_ended_total": 1,
}
REFUSED = {**FAILED, "task_start_failures_total/reason=internal": 24, "actions_total/result=failed": 23}
UNSAVED = {**BY_PERSON, "save_failures_total/reason=save_failed": 10, "saves_given_up_total": 1}
HOMELESS = {**BY_PERSON, **FAILED, "launches_total/path=warm": 1, "tasks_ended_total": 2}
SAVED, LOST = "saving saved task_stopped", "saving task_stopped"
NOT_STARTED = "task_starting failed task_stopped"


@pytest.mark.parametrize(
    ("story", "end", "failure", "last_steps", "counts"),
    [
        (idles, "stopped idle", "", SAVED, BY_IDLENESS),
        (idles_while_its_agent_warns_nobody, "stopped idle", "", SAVED, {**BY_IDLENESS, "actions_total/result=failed": 1}),
        (takes_a_warm_task_twice, "running None", "", "task_claimed home_attached application_ready",
         {"launches_total/path=warm": 1, "launches_total/path=existing": 1}),
        (finds_no_room, "stopped launch_failed", "no room", NOT_STARTED,
         {**FAILED, "task_start_failures_total/reason=no_capacity": 1}),
        (fails_in_its_application, "stopped launch_failed", "could not start: the extension host crashed", NOT_STARTED, FAILED),
        (is_never_ready, "stopped launch_failed", "not ready in time", NOT_STARTED, FAILED),
        (is_never_started, "stopped launch_failed", "could not be started in time", NOT_STARTED, REFUSED),
        (never_opens, "stopped launch_failed", "did not open in time", "task_claimed failed task_stopped",
         {**FAILED, "agent_unreachable_total/call=claim": 24}),
        (dies, "stopped task_ended", "unexpectedly: it ended by itself", "application_ready task_stopped", USED),
        (lambda: dies("out of memory"), "stopped task_ended", "unexpectedly: out of memory", "task_stopped", USED),
        (lambda: dies(runner=RunnerThatLosesTasks(FakeClock())), "stopped task_ended", "the engine no longer has it",
         "task_stopped", USED),
        (dies_before_its_save, "stopped by_person", "ended before your last changes were saved", LOST,
         {**BY_PERSON, "save_failures_total/reason=save_failed": 1, "agent_unreachable_total/call=save": 1}),
        (cannot_save, "stopped by_person", "not be saved before the stop: the disk is full", LOST, UNSAVED),
        (lambda: cannot_save(silent=("save",)), "stopped by_person", "before the stop: the workspace does not answer", LOST,
         {**UNSAVED, "agent_unreachable_total/call=save": 11}),
        (loses_its_home, "stopped launch_failed", "cannot be reached", "task_claimed failed task_stopped", HOMELESS),
        (outlives_a_silent_engine, "running None", "", "application_ready", {**COLD, "engine_unreachable_total": 4}),
        (outlives_a_silent_agent, "running None", "", "application_ready", {**COLD, "agent_unreachable_total/call=status": 6}),
        (restarts_and_is_deleted, "deleted deleted", "", SAVED, {**BY_RESTART, "stops_total/reason=deleted": 1}),
    ],
)  # fmt: skip
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
    observed = made.metrics.observed
    assert len(observed["snapshot_seconds"]) == counts.get("snapshots_total/result=taken", 0)
    assert bool(observed["claim_seconds"]) is (workspace.home_created_at is not None)
    for name in ("claim_seconds", "snapshot_seconds", "sweep_seconds"):
        assert set(observed[name]) <= {0.0}  # the clock stands still meanwhile
