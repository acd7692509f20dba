"""One pass over tasks and workspaces, on plain data: its actions, and when the next is due."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract.agent import AgentPhase, AgentStatus
from contract.errors import ApraNovaError, Reason
from contract.manager import CohortRequest, CreateRequest
from contract.names import TaskState, WorkspaceKind, WorkspaceState
from manager.domain.lifecycle.actions import StopOrphan
from manager.domain.lifecycle.backup_health import BackupHealth
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.task import ObservedTask, Task
from manager.domain.lifecycle.workspace import Workspace
from manager.domain.policy import Policy, Shape
from manager.domain.pool.cohort import Cohort
from manager.domain.pool.demand import Demand
from manager.domain.pool.outlook import Outlook
from manager.domain.reconcile import Observation, Plan, reconcile
from manager.ports.workspace_store import VersionConflict
from manager.tests.school import ANNA, BEN, School
from manager.tests.test_records import PLAIN, TASK
from manager.use_cases import cohorts
from manager.use_cases.apply import apply
from manager.use_cases.ending import forget, record_gone
from manager.use_cases.finish_launch import fail_launch
from manager.use_cases.launch import launch
from manager.use_cases.lifetime import create
from manager.use_cases.records import get_task, retried
from manager.use_cases.stop import stop
from manager.use_cases.world import InFlight, ProcessMemory, Site

NOW = 5_000.0
POLICY = Policy()
SEEN = ObservedTask("t0", alive=True, started_at=NOW, control_address="k")
GONE = replace(SEEN, alive=False, ended_because="killed")
OURS = replace(PLAIN, workspace_id="w0", deadline=NOW + 1.0, due_at=NOW)
THEIRS = {"workspace_id": "w0", "state_since": NOW, "deadline": NOW + 1.0}


def status(phase: str, **more: Any) -> dict[str, AgentStatus]:
    return {"t0": AgentStatus("t0", AgentPhase(phase), **more)}


@pytest.mark.parametrize(
    ("task", "workspace", "seen", "statuses", "expected"),
    [
        ("stopped", None, SEEN, {}, ""),
        ("starting workspace_id=w0", None, SEEN, status("ready"), ""),  # its workspace has moved on
        ("claimed workspace_id=w0", None, GONE, {}, ""), ("claimed workspace_id=w0", None, SEEN, {}, ""),
        ("stopping", None, SEEN, {}, "EndTask"), ("stopping", None, None, {}, "RecordTaskGone"),
        ("stopping", None, GONE, {}, "RecordTaskGone killed"),
        ("starting deadline=9000", None, None, {}, "StartAgain"),
        ("starting state_since=4995.1 deadline=None", None, None, {}, ""),
        ("starting state_since=4995 deadline=None", None, None, {}, "StartAgain"),
        ("starting deadline=5000", None, None, {}, "GiveUpStart it could not be started in time"),
        ("starting deadline=5000.1 state_since=5000", None, None, {}, ""),
        ("starting deadline=5000", None, SEEN, status("warming"), "GiveUpStart it was not ready in time"),
        ("starting deadline=5000.1", None, SEEN, status("warming"), ""), ("starting deadline=None", None, SEEN, {}, ""),
        ("starting", None, SEEN, status("ready"), "MarkReady"),
        ("starting deadline=6000", None, replace(SEEN, control_address=""), status("ready"), ""),
        ("starting", None, SEEN, status("failed", failure="x"), "GiveUpStart x"),
        ("starting", None, SEEN, status("failed"), "GiveUpStart the application did not start"),
        ("ready", None, GONE, {}, "RecordTaskGone killed"), ("ready", None, SEEN, {}, ""),
        ("ready", None, replace(GONE, ended_because=""), {}, "RecordTaskGone it ended by itself"),
        ("ready", None, None, {}, "RecordTaskGone the engine no longer has it"),
        ("starting workspace_id=w0", {"state": "starting"}, SEEN, status("ready"), "FinishLaunch"),
        ("claimed", {"state": "starting"}, SEEN, {}, ""),
        ("claimed", {"state": "starting", "deadline": NOW}, SEEN, {}, "GiveUpStart the workspace did not open in time"),
        ("claimed state_since=4995", {"state": "starting"}, SEEN, {}, "FinishLaunch"),
        ("claimed state_since=4995.1", {"state": "starting"}, SEEN, {}, ""),
        ("claimed", {"state": "starting"}, SEEN, status("claimed", progress="Migrating"), "NoteProgress Migrating"),
        ("claimed", {"state": "starting"}, SEEN, status("claimed", progress="a step"), ""),  # it is among the steps
        ("claimed", {"state": "running"}, SEEN, status("claimed"), "ActOnUse"),
        ("claimed", {"state": "running", "due_at": NOW + 0.1}, SEEN, status("claimed"), ""),
        ("claimed", {"state": "running", "due_at": None}, SEEN, status("claimed"), ""),
        ("claimed", {"state": "running"}, GONE, {}, "RecordTaskGone killed"),
        ("stopped", {"state": "stopped", "task_id": None, "launch_wanted_at": NOW}, None, {}, "LaunchAgain"),
        ("stopped", {"state": "stopped", "restoring": "r"}, None, {}, "AskBackupWorker"),
        ("stopped", {"state": "stopped", "restoring": "r", "due_at": NOW + 0.1}, None, {}, ""),
        ("stopped", {"state": "deleted", "purge_at": NOW}, None, {}, "PurgeWorkspace"),
        ("stopped", {"state": "deleted", "purge_at": NOW + 0.1}, None, {}, ""),
        ("stopped", {"state": "deleted", "purge_at": None}, None, {}, ""),
        ("stopped state_since=4100", None, None, {}, "Forget"), ("stopped state_since=4100.1", None, None, {}, ""),
    ],
)  # fmt: skip
def test_what_follows_from_what_is_seen(
    task: str, workspace: dict[str, Any] | None, seen: ObservedTask | None, statuses: dict[str, Any], expected: str
) -> None:
    state, *changes = task.split()
    read = {name: value if name == "workspace_id" else None if value == "None" else float(value)
            for name, value in (change.split("=") for change in changes)}  # fmt: skip
    owned = THEIRS if workspace is not None and state in ("starting", "claimed") else {}
    default = {"state_since": NOW} if state == "stopped" else {}
    record = replace(TASK, state=TaskState(state), **{**default, **owned, **read})
    workspaces = ()
    if workspace is not None:
        workspaces = (replace(OURS, **{**workspace, "state": WorkspaceState(workspace["state"])}),)
    fleet = Fleet((record,), workspaces, () if seen is None else (seen,), statuses)
    plan = reconcile(Observation(fleet), NOW, POLICY)
    told = [
        " ".join(filter(None, [type(it).__name__, getattr(it, "because", getattr(it, "text", ""))]))
        for it in plan.actions
    ]
    assert told == ([expected] if expected else [])
    silent = reconcile(Observation(replace(fleet, observed=None)), NOW, POLICY)
    assert silent.look_again_at <= NOW + POLICY.engine_retry_s
    assert not {type(it).__name__ for it in silent.actions} & {
        "RecordTaskGone",
        "MarkReady",
        "FinishLaunch",
        "StartAgain",
    }


@pytest.mark.parametrize(
    ("task", "workspace", "wait_s"),
    [("ready", "running", 300.0), ("starting", "running", 0.1), ("ready", "starting", 0.1), ("ready", "stopping", 0.1)],
)
def test_a_pass_follows_soon_while_something_is_on_its_way(task: str, workspace: str, wait_s: float) -> None:
    record = replace(TASK, state=TaskState(task), deadline=None)
    other = replace(OURS, state=WorkspaceState(workspace), task_id=None)
    assert reconcile(Observation(Fleet((record,), (other,), (SEEN,))), NOW, POLICY).look_again_at == NOW + wait_s


def test_orphans_have_a_grace_and_late_ones_none() -> None:
    grace_s = POLICY.orphan_grace_s
    strangers = tuple(
        replace(SEEN, task_id=name, started_at=NOW - age) for name, age in (("old", grace_s), ("new", grace_s - 0.1))
    )
    fleet = Fleet(strangers=strangers, latecomers=(replace(SEEN, task_id="late"),))
    actions = reconcile(Observation(fleet), NOW, POLICY).actions
    assert [action.task_id for action in actions if hasattr(action, "task_id")] == ["old", "late"]


def test_what_a_process_remembers_ends_in_time() -> None:
    recent, flight = ProcessMemory(), InFlight()
    for name, at in (("a", 1.0), ("b", 2.0), ("c", 3.0)):
        recent.started(name, at)
        recent.claimed(name, at)
    recent.forget_start("c")
    recent.forget_claim("b")
    assert (recent.starts_since(1.0), recent.claims_since(1.0)) == (["b"], ["c"])
    assert (recent.starts_since(0.0), recent.claims_since(0.0)) == (["b"], ["c"])
    assert (flight.begin("k"), flight.begin("k")) == (True, False)
    with flight.holding("k") as begun, flight.holding("l") as other:
        assert (begun, other, flight.begin("l")) == (False, True, False)
    assert (flight.begin("k"), flight.begin("l")) == (False, True)


def test_records_that_are_read_late_are_a_conflict_and_conflicts_are_tried_again() -> None:
    school, tries = School(attempts_max=3), []
    school.enrol(ANNA, BEN)
    for state in TaskState:
        school.store.write(task := replace(TASK, task_id=f"t-{state}", state=state))
        owner = replace(school.workspace(), task_id=task.task_id)
        if state in (TaskState.STARTING, TaskState.CLAIMED):
            assert get_task(school.world, owner).task_id == task.task_id
        else:
            with pytest.raises(VersionConflict):
                get_task(school.world, owner)

    def attempt() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise VersionConflict("x")
        return len(tries)

    assert retried(school.world, attempt) == 3
    tries.clear()
    school.world = replace(school.world, policy=replace(school.world.policy, attempts_max=2))
    with pytest.raises(ApraNovaError) as refused:
        retried(school.world, attempt)
    assert (refused.value.reason, len(tries)) == (Reason.CONFLICT, 2)


def test_a_launch_that_waits_is_not_written_again_and_starts_are_forgotten_once_read_back() -> None:
    school = School(pool=1)
    school.enrol(ANNA)
    launch(school.world, ANNA)
    school.settle()
    assert school.world.memory.starts_since(0.0) == []
    stop(school.world, ANNA)
    assert launch(school.world, ANNA) == school.workspace()
    assert launch(school.world, ANNA) == school.workspace()
    assert school.workspace().launch_wanted_at == school.clock.now()


@pytest.mark.parametrize("changes", [{"state": WorkspaceState.RUNNING}, {"task_id": "another"}])
def test_only_the_launch_that_waits_for_a_task_fails_with_it(changes: dict[str, Any]) -> None:
    school = School()
    with pytest.raises(VersionConflict):
        fail_launch(school.world, replace(OURS, **{"state": WorkspaceState.STARTING, **changes}), TASK, "x")
    assert not school.metrics.counts


@pytest.mark.parametrize(("workspace_id", "owner_id"), [("ws-aaaaaaaaaa", ""), ("ws-a", "7"), ("", "7")])
def test_a_workspace_without_an_owner_or_a_proper_name_is_not_created(workspace_id: str, owner_id: str) -> None:
    with pytest.raises(ApraNovaError) as refused:
        create(School().world, CreateRequest(workspace_id, owner_id, WorkspaceKind.VSCODE))
    assert refused.value.reason is Reason.BAD_REQUEST


@pytest.mark.parametrize("changes", [{"owner_id": "another"}, {"kind": WorkspaceKind.SUPERSET}])
def test_a_workspace_is_created_once_and_for_one_owner(changes: dict[str, Any]) -> None:
    school, request = School(), CreateRequest(ANNA, "7", WorkspaceKind.VSCODE, "Anna", "a@x.org")
    first = create(school.world, request)
    assert create(school.world, request) == first
    renamed = create(school.world, replace(request, owner_name="Ann"))
    assert (renamed.owner_name, renamed.version) == ("Ann", first.version + 1)
    with pytest.raises(ApraNovaError) as refused:
        create(school.world, replace(request, **changes))
    assert refused.value.reason is Reason.WORKSPACE_EXISTS


def test_a_cohort_and_the_end_of_a_task_wake_the_manager() -> None:
    school, woken = School(), []
    school.world = replace(school.world, wake=lambda: woken.append(None))
    cohorts.put(school.world, CohortRequest("b", "Berlin-3", WorkspaceKind.VSCODE, (), ()))
    assert len(woken) == 1
    school.store.write(TASK)
    record_gone(school.world, replace(TASK, version=1), None, "killed")
    assert len(woken) == 2


def test_a_launch_is_counted_for_the_hour_of_its_claim() -> None:
    school = School()
    at = school.clock.now() - 7_200.0
    ended = replace(TASK, state=TaskState.STOPPED, workspace_id="w", created_at=at, version=0)
    tasks = (
        ended, replace(ended, task_id="t1", claimed_at=at + 3_600.0),
        replace(ended, task_id="t3", workspace_id=None),
    )  # fmt: skip
    for task in tasks:
        school.store.write(task)
    forget(school.world, tuple(school.store.list_tasks(limit=9)))
    demand = school.store.find_demand()
    assert sum(demand.by_shape().values()) == 2
    assert [demand.in_hour(Shape(WorkspaceKind.VSCODE), at + 3_600.0 * hour) for hour in (-1, 0, 1, 2)] == [0, 1, 1, 0]
    assert school.store.list_tasks(limit=9) == ()


def test_a_new_record_knows_nothing_but_what_it_is_made_of() -> None:
    kind = WorkspaceKind.VSCODE
    for made, given in (
        (Task("t", kind, "i", 1.0, "s"), {"task_id", "kind", "image", "created_at", "agent_token", "state"}),
        (Workspace("w", "o", kind), {"workspace_id", "owner_id", "kind", "state", "backup"}), (BackupHealth(), set()),
        (Outlook(), {"outlook_id"}), (Demand(), {"demand_id"}), (Cohort("c", "l", kind), {"cohort_id", "label", "kind"}),
        (SEEN, {"task_id", "alive", "started_at", "control_address"}),
    ):  # fmt: skip
        assert {name for name, value in vars(made).items() if value} == given
    assert (Outlook().outlook_id, Demand().demand_id) == ("outlook", "demand")


def test_the_limits_are_changed_on_purpose_only() -> None:
    """What one machine runs with: each number stands in docs/ or in the architecture document."""
    plain = {name: value for name, value in vars(POLICY).items() if isinstance(value, (int, float))}
    assert plain == {
        "idle_timeout_s": 1_800.0, "idle_warning_s": 300.0, "session_max_s": 43_200.0, "keep_running_max_s": 14_400.0,
        "busy_max_s": 7_200.0, "status_refresh_s": 60.0, "cold_start_worth_s": 4_500.0,
        "start_lead_s": 10.0, "hint_s": 300.0, "meter_s": 60.0, "cohorts_per_pass_max": 20, "warming_max": 2,
        "spare_memory_part": 0.0,
        "size_at_claim": True, "memory_max_mib": 32_768, "tasks_max": 200, "warm_memory_mib": 128,
        "refill_delay_s": 2.0, "warm_age_max_s": 21_600.0, "back_off_base_s": 5.0, "back_off_max_s": 600.0,
        "launch_timeout_s": 120.0, "takeover_s": 5.0, "save_timeout_s": 120.0, "save_retry_max_s": 15.0, "stop_grace_s": 5.0,
        "orphan_grace_s": 60.0, "orphan_scan_s": 60.0, "task_memory_s": 900.0,
        "home_bytes_max": 5_000_000_000, "home_files_max": 300_000, "home_near_part": 0.8, "home_grace_s": 1_800.0,
        "home_grace_growth_part": 0.2, "disk_reserve_bytes": 5_000_000_000, "disk_reserve_part_max": 0.05,
        "history_every_s": 600.0, "delete_grace_s": 604_800.0, "restore_retry_s": 60.0, "pass_interval_s": 300.0, "due_per_pass_max": 200,
        "records_max": 1_000, "describe_max": 100, "attempts_max": 10, "transient_tick_s": 0.1, "engine_retry_s": 1.0,
    }  # fmt: skip
    assert Site() == Site("ws.localhost:8080", "http://localhost:8080", "")


def test_an_action_that_fails_in_an_unexpected_way_is_counted_and_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    school = School()
    stopped: list[str] = []

    def stop_or_break(task_id: str, *, grace_s: float) -> None:
        if task_id == "task-broken":
            raise RuntimeError("nobody thought of it")
        stopped.append(f"{task_id} {grace_s}")

    monkeypatch.setattr(school.runner, "stop", stop_or_break)
    apply(school.world, Plan((StopOrphan("task-broken"), StopOrphan("task-other")), look_again_at=0.0))
    assert stopped == ["task-other 0.0"]
    assert {result: school.metrics.counts[f"actions_total/result={result}"] for result in ("error", "done")} == {
        "error": 1,
        "done": 1,
    }
    assert school.world.in_flight.begin("end:task-broken")
