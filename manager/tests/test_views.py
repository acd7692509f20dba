"""What the backend and an operator are told of records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.errors import ApraNovaError, Reason
from contract.manager import Activity, Endpoint, KindView, MemoryView, TaskView, WorkspaceView
from contract.names import StopReason, TaskState, WorkspaceKind, WorkspaceState
from contract.show import ShowRequest
from manager.domain.policy import Policy
from manager.domain.pool.outlook import Outlook, Target
from manager.tests.school import ANNA, School, running
from manager.tests.test_records import FILLED, THEN
from manager.use_cases.views import Kinds, activity, describe, end_visits, fleet, ports, programs, show, view

AS_RECORDED = (
    *("workspace_id", "owner_id", "kind", "version", "steps", "launch_path", "launch_requested_at", "running_since"),
    *("activity", "keep_running_until", "stopped_at", "deleted_at", "purge_at", "snapshot_at", "restoring"),
)
RECORD = replace(
    FILLED,
    version=3,
    stopped_at=THEN,
    deleted_at=THEN,
    purge_at=THEN,
    snapshot_at=THEN,
    restoring="r",
    second_try=False,
)
RUNS = {"stops_at": THEN, "stops_because": "no activity for 30 minutes", "stops_reason": StopReason.IDLE, "warned": True,
        "endpoint": Endpoint("c0", "a0", "s0")}  # fmt: skip
WAITS = {"state": WorkspaceState.STARTING, "failure": "", "stop_reason": None}


@pytest.mark.parametrize(
    ("state", "changes", "told"),
    [
        ("running", {}, RUNS), ("running", {"warned_at": None}, {**RUNS, "warned": False}),
        ("stopping", {}, {}), ("stopping", {"second_try": True}, WAITS), ("stopped", {}, WAITS),
        ("stopped", {"launch_wanted_at": None}, {}),
        ("stopped", {"launch_wanted_at": None, "restoring": None}, {"resting_home": "h0"}),
        ("stopped", {"launch_wanted_at": None, "restoring": None, "home_created_at": None}, {"has_home": False}),
        ("deleted", {"home_created_at": None}, {"has_home": False}),
    ],
)  # fmt: skip
def test_a_workspace_is_told_by_its_state(state: str, changes: dict[str, object], told: dict[str, object]) -> None:
    record, policy = replace(RECORD, state=WorkspaceState(state), **changes), Policy()
    plain = {
        **{name: getattr(record, name) for name in AS_RECORDED},
        "state": record.state, "idle_timeout_s": policy.idle_timeout_s, "keep_running_max_s": policy.keep_running_max_s,
        "stop_reason": StopReason.LAUNCH_FAILED, "failure": "f0", "has_home": True,
    }  # fmt: skip
    assert view(record, policy) == WorkspaceView(**{**plain, **told})


def test_kinds_are_asked_for_once_a_second_and_one_that_fails_is_told() -> None:
    school, asked = School(), []

    def status(kind: WorkspaceKind) -> KindView:
        asked.append(kind)
        raise ApraNovaError(Reason.INTERNAL, "the engine does not answer")

    school.runner.kind_status = status  # type: ignore[method-assign]
    kinds = Kinds(school.world)
    for wait_s, calls in ((0.0, 2), (0.9, 2), (0.2, 4), (-5.0, 6)):
        school.later(wait_s)
        answer = describe(school.world, (), kinds)
        assert len(asked) == calls
    assert answer.kinds[0] == KindView(WorkspaceKind.VSCODE, ready=False, text="the engine does not answer")
    school.enrol(ANNA)
    assert [it.workspace_id for it in describe(school.world, (ANNA,) * 100, kinds).workspaces] == [ANNA]
    with pytest.raises(ApraNovaError) as refused:
        describe(school.world, (ANNA,) * 101, kinds)
    assert refused.value.reason is Reason.BAD_REQUEST


def test_an_operator_sees_tasks_pool_and_what_is_enforced() -> None:
    school = School(pool=1)
    school.enrol(ANNA)
    assert fleet(school.world, Kinds(school.world), last_sweep_at=None).pool_target == 1
    school.settle()
    (task,) = school.store.list_tasks(limit=9)
    now = school.clock.now()
    outlook = Outlook(targets=(Target(WorkspaceKind.VSCODE, 7, "x"),), spent_s=7_200.0)
    outlook = replace(outlook, day="2026-09-21", decisions=("earlier",), version=school.store.find_outlook().version)
    school.store.write(outlook)
    answer = fleet(school.world, Kinds(school.world), last_sweep_at=5.0)
    assert [it.workspace_id for it in answer.workspaces] == [ANNA]
    assert answer.tasks == (TaskView(task.task_id, task.kind, TaskState.READY, None, started_at=now, image="vscode-1"),)
    assert (answer.pool_target, answer.isolation, answer.last_sweep_at) == (7, "memory", 5.0)
    assert (answer.enforced, answer.snapshots) == (
        {"memory": "not enforced: nothing runs", "homes": school.world.home_limits},
        school.world.backup_worker.status(),
    )
    assert (answer.pool.policy, answer.pool.targets, answer.pool.spent_h) == ("predicted", {"vscode": 7}, 2.0)
    assert answer.pool.decisions[0] == "VS Code: 7 wanted, x"
    assert answer.pool.decisions[-1] == "earlier"

    def enforced() -> dict[str, str]:
        raise ApraNovaError(Reason.INTERNAL, "silence")

    school.runner.enforced = enforced  # type: ignore[method-assign]
    assert fleet(school.world, Kinds(school.world), last_sweep_at=None).enforced["engine"] == "not known: silence"


def test_visits_end_in_the_running_task_and_nowhere_else() -> None:
    school = running()
    end_visits(school.world, ANNA, 3000)
    assert school.task().visits_ended == [3000]
    school.task().alive = False
    with pytest.raises(ApraNovaError) as silent:
        end_visits(school.world, ANNA, 3000)
    assert silent.value.reason is Reason.MANAGER_UNAVAILABLE
    stopped = School()
    stopped.enrol(ANNA)
    end_visits(stopped.world, ANNA, 3000)


def test_what_people_say_reaches_the_tasks_that_run_and_answer() -> None:
    school = running()
    said = ShowRequest(news="Five more minutes")
    show(school.world, (ANNA, "ws-zzzzzzzzzz"), said)
    assert school.task().shown == [said]
    school.task().alive = False
    show(school.world, (ANNA,), said)
    stopped = School()
    stopped.enrol(ANNA)
    show(stopped.world, (ANNA,), said)
    with pytest.raises(ApraNovaError, match="at most"):
        show(stopped.world, (ANNA,) * (stopped.world.policy.describe_max + 1), said)


def test_the_activity_of_a_class_is_what_its_agents_know_now() -> None:
    school = running()
    school.later(30)
    now = school.clock.now()
    school.task().last_activity_at = now - 3
    school.task().activity_reason = "typed in the editor"
    assert activity(school.world, (ANNA, "ws-zzzzzzzzzz")).activity[ANNA] == Activity(now - 3, "typed in the editor")
    school.task().last_activity_at = now + 500
    assert activity(school.world, (ANNA,)).activity[ANNA].at == now, "a clock ahead of ours changes nothing"
    school.task().alive = False
    assert activity(school.world, (ANNA,)).activity == {}
    assert activity(school.world, (ANNA,)).memory == {}
    with pytest.raises(ApraNovaError, match="at most"):
        activity(school.world, (ANNA,) * (school.world.policy.describe_max + 1))


@pytest.mark.parametrize(("says", "told"), [(0, None), (-5, None), (300 << 20, 300 << 20), (10**30, 1536 << 20)])
def test_what_programs_hold_is_told_as_far_as_the_workspace_may_hold_it(says: int, told: int | None) -> None:
    """The story: an agent is in its student's hands, and may say any number."""
    school = running()
    limit = school.world.policy.limits(school.workspace().size).memory_bytes
    school.task().memory_bytes = says
    expected = {} if told is None else {ANNA: MemoryView(min(told, limit), limit)}
    assert activity(school.world, (ANNA,)).memory == expected


def test_ports_are_those_of_programs_in_a_task_that_runs_and_answers() -> None:
    school = running()
    school.task().ports = (3000, 5173)
    assert ports(school.world, (ANNA, "ws-zzzzzzzzzz")).ports == {ANNA: (3000, 5173)}
    assert ports(school.world, ()).ports == {}
    school.task().alive = False
    assert ports(school.world, (ANNA,)).ports == {}
    stopped = School()
    stopped.enrol(ANNA)
    assert ports(stopped.world, (ANNA,)).ports == {}
    with pytest.raises(ApraNovaError, match="at most"):
        ports(stopped.world, (ANNA,) * (stopped.world.policy.describe_max + 1))


def test_programs_are_told_before_a_stop_and_silence_is_not_taken_for_none() -> None:
    school = running()
    school.enrol("ws-cccccccccc")
    school.task().programs = ("npm run dev",)
    asked = (ANNA, "ws-cccccccccc", "ws-unknownnnn")
    assert programs(school.world, asked).programs == {ANNA: ("npm run dev",), "ws-cccccccccc": ()}
    school.task().programs = ("\n" + "x" * 50_000,) * 50
    [told, *others] = programs(school.world, (ANNA,)).programs[ANNA]
    assert (told, len(others)) == ("?" + "x" * 99, 9), "student code may answer in the agent's place"
    school.task().alive = False
    assert programs(school.world, asked).programs == {"ws-cccccccccc": ()}
