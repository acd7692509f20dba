"""Exactly which fields each change of a record touches: what was in them before must not linger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from contract.manager import Activity, LaunchStep
from contract.names import LaunchPath, StepName, StopReason, TaskState, WorkspaceKind, WorkspaceState
from manager.domain.lifecycle.task import IllegalTransition, ObservedTask, Task
from manager.domain.lifecycle.workspace import Workspace

THEN, NOW = 1_000.0, 5_000.0
STEP = LaunchStep(StepName.SAVED, NOW, "a step")
OLD = Workspace("ws-aaaaaaaaaa", "7", WorkspaceKind.VSCODE)
FILLED = replace(
    OLD, state_since=THEN, due_at=THEN, task_id="t0", home_id="h0", home_created_at=THEN, launch_secret="s0",
    launch_path=LaunchPath.WARM, launch_wanted_at=THEN, launch_requested_at=THEN, deadline=THEN, cluster="c0", address="a0",
    running_since=THEN, activity=Activity(THEN, "typed"), person_active_at=THEN, stops_at=THEN,
    stops_reason=StopReason.IDLE, warned_at=THEN, keep_running_until=THEN, keep_running_wish=THEN, failure="f0",
    stop_reason=StopReason.LAUNCH_FAILED, second_try=True, steps=(replace(STEP, at=THEN),),
)  # fmt: skip
PLAIN = replace(FILLED, second_try=False, launch_wanted_at=None)


def changed(before: Any, after: Any) -> dict[str, Any]:
    found = {field.name: getattr(after, field.name) for field in fields(before)}
    found = {name: value for name, value in found.items() if value != getattr(before, name)}
    return {name: [step.name for step in value] if name == "steps" else value for name, value in found.items()}


def start(workspace: Workspace, path: LaunchPath = LaunchPath.WARM) -> Workspace:
    return workspace.starting(
        now=NOW, task_id="t1", home_id="h0", launch_secret="s1", path=path, deadline=NOW + 9.0, step=STEP
    )


STARTED = {
    "state": WorkspaceState.STARTING, "state_since": NOW, "due_at": NOW, "task_id": "t1", "launch_secret": "s1",
    "launch_requested_at": NOW, "deadline": NOW + 9.0, "arrivals": (NOW,),
    "steps": [StepName.REQUESTED, StepName.SAVED], "stop_reason": None, "failure": "",
}  # fmt: skip
STOPPING = {
    "state": WorkspaceState.STOPPING, "state_since": NOW, "due_at": None, "deadline": None, "stops_at": None,
    "stop_reason": StopReason.IDLE, "failure": "", "stops_reason": None,
}  # fmt: skip
ENDED = {
    "state": WorkspaceState.STOPPED, "state_since": NOW, "due_at": None, "task_id": None, "launch_secret": "",
    "cluster": "", "address": "", "running_since": None, "warned_at": None, "keep_running_until": None,
    "keep_running_wish": None, "stopped_at": NOW, "steps": [StepName.SAVED] * 2,
}  # fmt: skip
DELETED = {
    "state": WorkspaceState.DELETED,
    "state_since": NOW,
    "due_at": NOW + 60.0,
    "deleted_at": NOW,
    "purge_at": NOW + 60.0,
}


@pytest.mark.parametrize(
    ("state", "extra", "change", "expected"),
    [
        ("stopped", {"second_try": False}, start, {**STARTED, "launch_wanted_at": None}),
        ("stopped", {"arrivals": (NOW - 9.0,)}, start, {**{k: v for k, v in STARTED.items() if k != "arrivals"},
         "launch_wanted_at": None, "steps": [StepName.SAVED] * 2}),
        ("stopped", {"launch_wanted_at": None}, lambda it: start(it, LaunchPath.COLD), {**STARTED, "due_at": None,
         "launch_path": LaunchPath.COLD, "second_try": False}),
        ("starting", {"home_created_at": None}, lambda it: it.running(now=NOW, cluster="c1", address="a1",
         step=STEP), {"state": WorkspaceState.RUNNING, "state_since": NOW, "due_at": NOW, "deadline": None,
         "second_try": False, "home_created_at": NOW, "cluster": "c1", "address": "a1", "running_since": NOW,
         "person_active_at": NOW, "activity": Activity(NOW, "opened the workspace"), "steps": [StepName.SAVED] * 2}),
        ("starting", {}, lambda it: it.task_claimed(now=NOW), {"due_at": NOW, "steps": [StepName.SAVED,
         StepName.TASK_READY, StepName.TASK_CLAIMED]}),
        ("running", {}, lambda it: it.stopping(now=NOW, reason=StopReason.IDLE), {**STOPPING,
         "launch_wanted_at": None, "second_try": False}),
        ("starting", {}, lambda it: it.launch_failed(now=NOW, because="f1", again=True), {**{k: v for k,
         v in STOPPING.items() if k != "stop_reason"}, "failure": "f1", "launch_wanted_at": NOW,
         "steps": [StepName.SAVED, StepName.TASK_FAILED]}),
        ("starting", {"stop_reason": None}, lambda it: it.launch_failed(now=NOW, because="f1", again=False),
         {**STOPPING, "failure": "f1", "launch_wanted_at": None, "second_try": False,
         "stop_reason": StopReason.LAUNCH_FAILED, "steps": [StepName.SAVED, StepName.FAILED]}),
        ("stopping", {"launch_wanted_at": None}, lambda it: it.ended(now=NOW, step=STEP), ENDED),
        ("stopping", {}, lambda it: it.ended(now=NOW, step=STEP), {**ENDED, "due_at": NOW}),
        ("stopping", {"deleted_at": THEN, "purge_at": 7e3}, lambda it: it.ended(now=NOW, step=STEP), {**ENDED,
         "state": WorkspaceState.DELETED, "due_at": 7e3}),
        ("stopped", {}, lambda it: it.request_restore("r1", now=NOW, ask_again_s=60.0), {"restoring": "r1",
         "due_at": NOW + 60.0, "failure": ""}),
        ("stopped", {"restoring": "r0"}, lambda it: it.restored(step=STEP,
         failure="f1"), {"restoring": None, "due_at": None, "failure": "f1", "steps": [StepName.SAVED] * 2}),
    ],
)  # fmt: skip
def test_a_change_of_a_workspace_touches_these_fields(
    state: str, extra: dict[str, Any], change: Callable[[Workspace], Workspace], expected: dict[str, Any]
) -> None:
    before = replace(FILLED, state=WorkspaceState(state), **extra)
    assert changed(before, change(before)) == expected


SEEN = ObservedTask("t0", alive=True, started_at=THEN, control_address="k1", cluster="c1", address="a1", slot="s1")
ADDRESSES = {"control_address": "k1", "cluster": "c1", "address": "a1", "slot": "s1"}
TASK = Task("t0", WorkspaceKind.VSCODE, "i", THEN, "token", state_since=THEN, due_at=THEN, deadline=THEN)


@pytest.mark.parametrize(
    ("state", "extra", "change", "expected"),
    [
        ("starting", {}, lambda it: it.ready(SEEN, now=NOW), {"due_at": None, "deadline": None, "ready_at": NOW,
         **ADDRESSES}),
        ("starting", {}, lambda it: it.reserved("w", now=NOW, deadline=9e3), {"workspace_id": "w", "due_at": NOW,
         "deadline": 9e3, "claimed_at": NOW}),
        ("starting", {"workspace_id": "w", "claimed_at": THEN}, lambda it: it.claimed("w", SEEN, now=NOW),
         {"due_at": None, "deadline": None, "ready_at": NOW, **ADDRESSES}),
        ("ready", {"ready_at": THEN}, lambda it: it.claimed("w", now=NOW), {"due_at": None, "deadline": None,
         "workspace_id": "w", "claimed_at": NOW}),
        ("claimed", {}, lambda it: it.stopping(now=NOW, deadline=9e3, must_save=True, failure="f"), {"due_at": NOW,
         "deadline": 9e3, "must_save": True, "failure": "f"}),
        ("claimed", {"ready_at": THEN}, lambda it: it.stopped(now=NOW, forget_at=9e3, failure="f"), {"due_at": 9e3,
         "deadline": None, "ended_at": NOW, "failure": "f"}),
        ("starting", {}, lambda it: it.stopped(now=NOW, forget_at=9e3, failure="f"), {"due_at": None,
         "deadline": None, "ended_at": NOW, "failure": "f"}),
        ("stopping", {"failure": "f"}, lambda it: it.stopped(now=NOW, forget_at=9e3, failure="g"), {"due_at": None,
         "deadline": None, "ended_at": NOW}),
    ],
)  # fmt: skip
def test_a_change_of_a_task_touches_these_fields(
    state: str, extra: dict[str, Any], change: Callable[[Task], Task], expected: dict[str, Any]
) -> None:
    before = replace(TASK, state=TaskState(state), **extra)
    found = changed(before, change(before))
    if change(before).state is not before.state:
        assert found.pop("state_since") == NOW
        del found["state"]
    assert found == expected


@pytest.mark.parametrize(
    ("extra", "rank"),
    [
        ({}, THEN),
        ({"state": TaskState.READY}, THEN),
        ({"workspace_id": "w"}, None),
        ({"workspace_id": "w", "state": TaskState.CLAIMED}, None),
        ({"state": TaskState.STOPPED, "failure": "f", "ended_at": NOW}, THEN),
        ({"state": TaskState.STOPPED, "failure": "f", "ended_at": NOW, "ready_at": THEN}, None),
        ({"state": TaskState.STOPPED, "ended_at": NOW}, None),
    ],
)  # fmt: skip
def test_the_place_of_a_task_in_the_pool_s_list(extra: dict[str, Any], rank: float | None) -> None:
    assert replace(TASK, **extra).pool_rank == rank


@pytest.mark.parametrize(
    "refused",
    [
        lambda: start(replace(PLAIN, restoring="r0")),
        lambda: start(replace(PLAIN, home_id="h1")),
        lambda: replace(PLAIN, state=WorkspaceState.DELETED, purging=True).undeleted(now=NOW),
        *(lambda extra=extra: replace(PLAIN, **extra).request_restore("r1", now=NOW,
         ask_again_s=1.0) for extra in ({"deleted_at": THEN}, {"home_created_at": None},
         {"state": WorkspaceState.RUNNING})),
        lambda: replace(TASK, state=TaskState.READY).reserved("w", now=NOW, deadline=NOW),
        lambda: replace(TASK, state=TaskState.STOPPED).ready(SEEN, now=NOW),
        lambda: replace(TASK, workspace_id="w").reserved("w", now=NOW, deadline=NOW),
    ],
)  # fmt: skip
def test_what_would_break_a_rule_is_refused(refused: Callable[[], object]) -> None:
    with pytest.raises(IllegalTransition):
        refused()


@pytest.mark.parametrize(
    ("extra", "wants"),
    [
        ({"stopped_at": NOW}, True),
        ({"stopped_at": NOW, "snapshot_at": THEN}, True),
        ({"stopped_at": NOW, "snapshot_at": NOW}, False),
        ({"stopped_at": None}, False),
        ({"stopped_at": NOW, "home_created_at": None}, False),
        ({"stopped_at": NOW, "state": WorkspaceState.RUNNING}, False),
    ],
)  # fmt: skip
def test_a_home_wants_a_snapshot_once_it_was_used(extra: dict[str, Any], wants: bool) -> None:
    assert replace(PLAIN, **extra).wants_snapshot is wants
