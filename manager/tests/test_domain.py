"""Transition tables, the pool and reconcile on plain data."""

from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo
from dataclasses import replace

import pytest

from contract.agent import AgentPhase, AgentStatus
from contract.manager import LaunchStep
from contract.names import LaunchPath, StepName, StopReason, TaskState, WorkspaceKind, WorkspaceSize, WorkspaceState
from manager.domain.lifecycle import binding
from manager.domain.lifecycle.actions import Forget
from manager.domain.lifecycle.fleet import Fleet
from manager.domain.lifecycle.starts import back_off_until
from manager.domain.lifecycle.task import TASK_TRANSITIONS, IllegalTransition, ObservedTask, Task
from manager.domain.lifecycle.workspace import STEPS_MAX, WORKSPACE_TRANSITIONS, Workspace
from manager.domain.policy import Policy, PoolSchedule
from manager.domain.pool.reconcile import PoolFacts
from manager.domain.reconcile import Observation, reconcile

NOW = 1_790_000_000.0
POOL = PoolFacts({WorkspaceKind.VSCODE: "vscode-2"})
ANNA = Workspace("ws-aaaaaaaaaa", "7", WorkspaceKind.VSCODE)
NO_POOL = Policy(schedule=PoolSchedule(base=0, peak=0, off=0, weekend=0), refill_delay_s=0.0)


def task(number: int = 1, **changes: object) -> Task:
    plain = Task(f"task-{number}", WorkspaceKind.VSCODE, "vscode-2", NOW, "token", state_since=NOW)
    return replace(plain, **changes)


def seen(task_id: str = "task-1", **changes: object) -> ObservedTask:
    return replace(ObservedTask(task_id, alive=True, started_at=NOW, control_address="unix:/x", cluster="c"), **changes)


def actions(policy: Policy = NO_POOL, now: float = NOW, facts: PoolFacts = POOL, **fleet: object) -> list[type]:
    observation = Observation(Fleet(**fleet), facts)  # type: ignore[arg-type]
    return [type(action) for action in reconcile(observation, now, policy).actions]


def change(workspace: Workspace, state: WorkspaceState) -> Workspace:
    step = LaunchStep(StepName.REQUESTED, NOW, "x")
    match state:
        case WorkspaceState.STARTING:
            return workspace.starting(
                now=NOW, task_id="t", home_id="h", launch_secret="s", path=LaunchPath.COLD, deadline=NOW, step=step
            )
        case WorkspaceState.RUNNING:
            return workspace.running(now=NOW, cluster="", address="", step=step)
        case WorkspaceState.STOPPING:
            return workspace.stopping(now=NOW, reason=StopReason.IDLE)
        case WorkspaceState.STOPPED if workspace.state is WorkspaceState.DELETED:
            return workspace.undeleted(now=NOW)
        case WorkspaceState.STOPPED:
            return replace(workspace, deleted_at=None).ended(now=NOW, step=step)
        case WorkspaceState.DELETED if workspace.state is WorkspaceState.STOPPED:
            return workspace.request_deletion(now=NOW, grace_s=1.0)
        case WorkspaceState.DELETED:
            return replace(workspace, deleted_at=NOW).ended(now=NOW, step=step)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(WorkspaceState, WorkspaceState)))
def test_a_workspace_changes_only_along_its_table(before: WorkspaceState, after: WorkspaceState) -> None:
    workspace = replace(ANNA, state=before)
    if after in WORKSPACE_TRANSITIONS[before]:
        assert change(workspace, after).state is after
    else:
        with pytest.raises(IllegalTransition):
            change(workspace, after)


def test_no_task_ever_comes_back() -> None:
    order = [TaskState.STARTING, TaskState.READY, TaskState.CLAIMED, TaskState.STOPPING, TaskState.STOPPED]
    for before, allowed in TASK_TRANSITIONS.items():
        assert all(order.index(after) > order.index(before) for after in allowed)


def test_a_task_of_one_workspace_is_refused_to_another() -> None:
    reserved = task().reserved("ws-aaaaaaaaaa", now=NOW, deadline=NOW)
    with pytest.raises(IllegalTransition):
        reserved.claimed("ws-bbbbbbbbbb", now=NOW)
    with pytest.raises(IllegalTransition):
        reserved.reserved("ws-bbbbbbbbbb", now=NOW, deadline=NOW)


def test_a_workspace_is_refused_another_home() -> None:
    with pytest.raises(IllegalTransition):
        change(replace(ANNA, home_id="mine"), WorkspaceState.STARTING)


def test_secrets_do_not_show_in_a_repr() -> None:
    assert "token" not in repr(task(agent_token="token"))
    assert "s3cret" not in repr(replace(ANNA, launch_secret="s3cret"))


def test_steps_are_bounded() -> None:
    workspace = ANNA
    for number in range(50):
        workspace = workspace.with_step(LaunchStep(StepName.SAVING, NOW, str(number)))
    assert (len(workspace.steps), workspace.steps[-1].text) == (STEPS_MAX, "49")


@pytest.mark.parametrize(
    ("day", "hour", "size"),
    [(23, 9, 5), (23, 20, 5), (23, 21, 3), (23, 8, 3), (23, 7, 3), (23, 6, 1), (23, 23, 1), (28, 12, 2), (29, 8, 2), (29, 3, 1)],
)  # fmt: skip
def test_the_schedule_follows_the_school_s_clock(day: int, hour: int, size: int) -> None:
    """23 November 2026 is a Monday."""
    for zone in ("UTC", "Europe/Vienna", "America/New_York"):
        at = dt.datetime(2026, 11, day, hour, 30, tzinfo=zoneinfo.ZoneInfo(zone)).timestamp()
        assert PoolSchedule(time_zone=zone).target(at) == size


def test_candidates_put_ready_before_starting_and_leave_old_images_out() -> None:
    offered = [task(1), task(2, state=TaskState.READY), task(3, state=TaskState.READY, image="vscode-1")]
    assert [item.task_id for item in binding.candidates(offered, ANNA, image="vscode-2", policy=NO_POOL)] == [
        "task-2",
        "task-1",
    ]


def test_failures_double_the_wait_and_a_success_ends_it() -> None:
    failed = [task(n, state=TaskState.STOPPED, failure="x", state_since=NOW + n) for n in range(3)]
    success = task(9, state=TaskState.READY)

    def until(*tasks: Task) -> float:
        return back_off_until(Fleet(tasks), NOW, Policy())

    assert until(*failed) == NOW + 2 + 20
    assert until(*failed * 10) == NOW + 2 + 600
    assert until(*failed, replace(success, ready_at=NOW + 1)) == NOW + 2 + 5
    assert until(*failed, replace(success, ready_at=NOW + 5)) == 0.0


def test_a_success_forgets_the_failures_before_it_and_none_after() -> None:
    """Whether the pass sees its record or its agent. What failed later still holds the pool up."""
    failed = [task(n, state=TaskState.STOPPED, failure="x", state_since=NOW + n) for n in range(4)]
    success = task(9, state=TaskState.READY, ready_at=NOW + 2)
    starting = task(9, state=TaskState.STARTING)
    saw_it = {"task-9": AgentStatus("task-9", AgentPhase.READY)}

    def forgotten(now: float, *tasks: Task, **seen_of_them: object) -> list[tuple[str, ...]]:
        fleet = Fleet((*failed, *tasks), **seen_of_them)  # type: ignore[arg-type]
        plan = reconcile(Observation(fleet), now, NO_POOL)
        return [tuple(it.task_id for it in action.tasks) for action in plan.actions if isinstance(action, Forget)]

    assert forgotten(NOW + 5) == []
    assert forgotten(NOW + 5, success) == [("task-0", "task-1", "task-2")]
    assert forgotten(NOW + 1, starting, statuses=saw_it, observed=(seen("task-9"),)) == [("task-0", "task-1")]
    claimed = task(9, state=TaskState.CLAIMED, workspace_id="ws-a", ready_at=NOW - 9)  # its start is no news
    assert forgotten(NOW + 5, claimed, statuses=saw_it, observed=(seen("task-9"),)) == []


def test_a_converged_fleet_needs_nothing() -> None:
    ready = task(state=TaskState.READY)
    policy = replace(NO_POOL, schedule=PoolSchedule(1, 1, 1, 1))
    assert actions(policy, tasks=(ready,), observed=(seen(),)) == []


def test_a_pass_that_acts_is_followed_by_another_soon_even_if_no_event_tells_of_what_it_did() -> None:
    """A warm start was refused once, the event was lost, and at the next pass the deadline had
    passed untried."""
    policy = Policy(schedule=PoolSchedule(base=1, peak=1, off=1, weekend=1), refill_delay_s=0.0)
    begun = reconcile(Observation(Fleet(), POOL), NOW, policy)
    assert len(begun.actions) == 1
    assert begun.look_again_at == NOW + policy.transient_tick_s
    quiet = reconcile(Observation(Fleet(), POOL), NOW, NO_POOL)
    assert quiet.look_again_at == NOW + policy.pass_interval_s


def test_a_failed_look_up_kills_nothing_and_starts_nothing() -> None:
    running = replace(
        change(change(ANNA, WorkspaceState.STARTING), WorkspaceState.RUNNING), due_at=None, task_id="task-1"
    )
    records = (
        task(1, state=TaskState.CLAIMED, workspace_id=ANNA.workspace_id),
        task(2, state=TaskState.READY, image="vscode-1"),
        task(3, deadline=NOW - 1),
    )
    policy = replace(NO_POOL, schedule=PoolSchedule(5, 5, 5, 5))
    assert actions(policy, tasks=records, workspaces=(running,), observed=None) == []


def test_whom_a_task_can_serve() -> None:
    for anyone in (ANNA, replace(ANNA, home_id="home-1")):
        assert binding.can_serve(task(), anyone, NO_POOL)
    assert not binding.can_serve(task(), replace(ANNA, kind=WorkspaceKind.SUPERSET), NO_POOL)
    assert not binding.can_serve(task().reserved("ws-bbbbbbbbbb", now=NOW, deadline=NOW), ANNA, NO_POOL)
    assert not binding.can_serve(task(state=TaskState.STOPPING), ANNA, NO_POOL)


def test_a_warm_task_serves_every_size_where_the_claim_gives_it_and_its_own_where_the_start_did() -> None:
    large = replace(ANNA, size=WorkspaceSize.LARGE)
    fixed = replace(NO_POOL, size_at_claim=False, default_size=WorkspaceSize.MEDIUM)
    assert binding.can_serve(task(), large, NO_POOL)
    assert not binding.can_serve(task(size=WorkspaceSize.MEDIUM), large, fixed)
    assert binding.can_serve(task(size=WorkspaceSize.LARGE), large, fixed)
    assert binding.can_serve(task(), ANNA, fixed)  # a record from before there were sizes has the default
    given = binding.bind(
        task(state=TaskState.READY), large, now=NOW, new_home_id="h", launch_secret="s", policy=NO_POOL
    )
    assert given.task.size is WorkspaceSize.LARGE
