"""The function over emulated AWS, with tasks that are real processes and the real agent in them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from contract.names import WorkspaceState
from manager.adapters.tests.aws_emulator import AwsEmulator, refusal
from manager.adapters.tests.test_dynamodb_store import CANCELLED_FOR_A_CONFLICT
from manager.tests.function_under_test import FunctionUnderTest, function_at, lines_of, task_event

RUNNING, STOPPED = WorkspaceState.RUNNING, WorkspaceState.STOPPED


@pytest.fixture
def function(aws: AwsEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[FunctionUnderTest]:
    with function_at(aws, monkeypatch) as made:
        yield made


def test_a_workspace_is_launched_stops_when_idle_and_resumes_although_every_event_is_lost(
    aws: AwsEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with function_at(aws, monkeypatch, APRANOVA_IDLE_TIMEOUT_S="1") as function:
        workspace_id = function.create("a")
        assert function.ask("launch", workspace_id)["launch_path"] == "cold"
        first = function.pump_until_state(workspace_id, RUNNING)
        assert first["endpoint"]["address"].endswith(":8080")
        stopped = function.pump_until_state(workspace_id, STOPPED)
        assert (stopped["stop_reason"], stopped["failure"]) == ("idle", "")
        assert [step["name"] for step in stopped["steps"]][-3:] == ["saving", "saved", "task_stopped"]
        assert function.place.tasks() == []
        assert function.ask("launch", workspace_id)["state"] == "starting"
        function.pump_until_state(workspace_id, RUNNING)
        assert len(function.place.tasks()) == 1


def test_a_warm_task_is_claimed_at_once_and_replaced(aws: AwsEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with function_at(aws, monkeypatch, APRANOVA_POOL="base=1 peak=1 off=1 weekend=1") as function:
        assert function({"action": "sweep"}) == {"ok": True}

        def ready() -> list[str]:
            return [task["task_id"] for task in function({"action": "fleet"})["tasks"] if task["state"] == "ready"]

        function.pump_until(lambda: bool(ready()), "a warm task")
        (warm,) = ready()
        workspace_id = function.create("a")
        launched = function.ask("launch", workspace_id)
        assert (launched["state"], launched["launch_path"]) == ("running", "warm")
        function.pump_until(lambda: bool(ready()), "another warm task")
        assert ready() != [warm]


def test_an_event_of_ecs_moves_its_own_task_and_nothing_else(function: FunctionUnderTest) -> None:
    anna, ben = function.create("a"), function.create("b")
    for workspace_id in (anna, ben):
        function.ask("launch", workspace_id)
    tasks = {task["startedBy"]: task for task in function.place.tasks()}
    with function.records.counted() as sent:
        task_id = next(iter(tasks))
        for _ in range(200):  # its agent takes a moment to be ready
            assert function(task_event(tasks[task_id])) == {"ok": True}
            states = {function.state(workspace_id)["state"] for workspace_id in (anna, ben)}
            if states == {"starting", "running"}:
                break
    assert states == {"starting", "running"}
    assert "Scan" not in sent


def test_the_same_event_twice_changes_nothing_more(function: FunctionUnderTest) -> None:
    workspace_id = function.create("a")
    function.ask("launch", workspace_id)
    before = function.pump_until_state(workspace_id, RUNNING)
    (task,) = function.place.tasks()
    for _ in range(2):
        assert function(task_event(task)) == {"ok": True}
        function.ask("launch", workspace_id)
        assert function({"action": "sweep"}) == {"ok": True}
    after = function.state(workspace_id)
    assert (after["state"], after["endpoint"]) == ("running", before["endpoint"])
    assert len(function.place.tasks()) == 1


def test_a_task_that_died_is_known_as_soon_as_its_event_comes(function: FunctionUnderTest) -> None:
    workspace_id = function.create("a")
    function.ask("launch", workspace_id)
    function.pump_until_state(workspace_id, RUNNING)
    (task,) = function.place.tasks()
    function.place.close()
    function.pump_until(lambda: not function.place.tasks(), "the task to end")
    assert function(task_event({**task, "lastStatus": "STOPPED"})) == {"ok": True}
    seen = function.state(workspace_id)
    assert (seen["state"], seen["stop_reason"]) == ("stopped", "task_ended")


@pytest.mark.parametrize(
    "event",
    [
        {"source": "aws.ecs", "detail": {"startedBy": "ecs-svc/123", "lastStatus": "STOPPED"}},
        {"source": "aws.ecs", "detail": {"lastStatus": "RUNNING"}},
        {"source": "aws.events", "detail": {}},
        {"source": "aws.ecs", "detail": {"startedBy": "task-aaaaaaaaaaaaaaaa", "lastStatus": "STOPPED"}},
    ],
)
def test_events_of_foreign_and_forgotten_tasks_are_ignored(function: FunctionUnderTest, event: Any) -> None:
    assert function(event) == {"ok": True}


@pytest.mark.parametrize("event", [None, [], "sweep", {}, {"action": "explode"}, {"Records": []}])
def test_a_bad_request_is_answered_in_words(function: FunctionUnderTest, event: Any) -> None:
    answer = function(event)
    assert not answer["ok"]
    assert answer["error"]["reason"] == "bad_request"


def test_throttling_and_conflicts_cost_time_and_nothing_else(function: FunctionUnderTest) -> None:
    workspace_id = function.create("a")
    throttled = refusal(400, "ThrottlingException", "Rate exceeded")
    for operation in ("RunTask", "DescribeTasks"):
        function.requests.refuse(operation, throttled)
    function.records.refuse("TransactWriteItems", CANCELLED_FOR_A_CONFLICT, times=2)
    function.records.refuse("GetItem", refusal(400, "ProvisionedThroughputExceededException"))
    function.ask("launch", workspace_id)
    function.pump_until_state(workspace_id, RUNNING)
    assert len(function.place.tasks()) == 1


def test_a_launch_without_capacity_says_so_and_can_be_tried_again(function: FunctionUnderTest) -> None:
    workspace_id = function.create("a")
    function.requests.refuse("RunTask", refusal(400, "ClientException", "Capacity is unavailable at this time"))
    function.ask("launch", workspace_id)
    failed = function.pump_until_state(workspace_id, STOPPED)
    assert "no room" in failed["failure"]
    function.ask("launch", workspace_id)
    function.pump_until_state(workspace_id, RUNNING)


def test_many_requests_for_a_pass_at_the_same_moment_get_one(
    function: FunctionUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("manager.adapters.sqs.wakes.MOMENT_S", 1_000.0)
    for letter in "abcd":
        function.ask("launch", function.create(letter))
    assert len(function.place.take_wakes()) <= 2  # four launches, in one moment or across its end


def test_a_converged_school_asks_for_no_further_pass(function: FunctionUnderTest) -> None:
    workspace_id = function.create("a")
    function.ask("launch", workspace_id)
    function.pump_until_state(workspace_id, RUNNING)
    while function.pump():
        pass
    assert function({"action": "sweep"}) == {"ok": True}
    assert function.place.take_wakes() == []


def test_what_a_pass_could_not_do_raises_an_alarm_and_stops_nothing_else(
    function: FunctionUnderTest, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    anna, ben = function.create("a"), function.create("b")
    for workspace_id in (anna, ben):
        function.ask("launch", workspace_id)
        function.pump_until_state(workspace_id, RUNNING)
    capsys.readouterr()
    for workspace_id in (anna, ben):
        function.ask("stop", workspace_id)
    function.requests.refuse("StopTask", refusal(400, "ServerException", "no"), times=4)  # all tries for one of them
    assert function({"action": "sweep"}) == {"ok": True}
    lines = lines_of(capsys.readouterr().out)
    counted = [line for line in lines if "sweeps_incomplete_total" in line]
    assert [line["sweeps_incomplete_total"] for line in counted] == [1.0]
    assert "incomplete" in caplog.text
    for workspace_id in (anna, ben):
        function.pump_until_state(workspace_id, STOPPED)


def test_a_pass_that_cannot_be_made_at_all_is_an_error_of_the_function(
    function: FunctionUnderTest, capsys: pytest.CaptureFixture[str]
) -> None:
    function.records.refuse("Query", refusal(400, "ResourceNotFoundException", "no table"), times=20)
    with pytest.raises(Exception, match="records of the workspaces"):
        function({"action": "sweep"})
    assert any("sweeps_incomplete_total" in line for line in lines_of(capsys.readouterr().out))


def test_with_little_time_left_nothing_is_begun_and_the_next_pass_does_it(
    function: FunctionUnderTest, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace_id = function.create("a")
    function.ask("launch", workspace_id)
    function.pump_until_state(workspace_id, RUNNING)
    function.ask("stop", workspace_id)
    function.place.take_wakes()
    assert function({"action": "sweep"}, left_s=3.0) == {"ok": True}
    assert function.state(workspace_id)["state"] == "stopping"
    assert any("sweeps_incomplete_total" in line for line in lines_of(capsys.readouterr().out))
    function({"action": "sweep"})
    function.pump_until_state(workspace_id, STOPPED)


def test_parameter_store_overrides_the_environment_and_is_read_again(
    function: FunctionUnderTest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("manager.entrypoints.function.SETTINGS_FRESH_S", 0.0)
    workspace_id = function.create("a")
    assert function.state(workspace_id)["idle_timeout_s"] == 1800.0
    function.place.put_parameter("idle-timeout-s", "2700")
    assert function.state(workspace_id)["idle_timeout_s"] == 2700.0
    function.place.put_parameter("idle-timeout-s", "soon")
    with caplog.at_level(logging.ERROR):
        assert function.state(workspace_id)["idle_timeout_s"] == 2700.0
    assert "APRANOVA_IDLE_TIMEOUT_S" in caplog.text


def test_metrics_that_alarms_watch_come_out_in_cloudwatchs_format(
    function: FunctionUnderTest, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace_id = function.create("a")
    function.ask("launch", workspace_id)
    function.pump_until_state(workspace_id, RUNNING)
    lines = lines_of(capsys.readouterr().out)
    (launched,) = [line for line in lines if line.get("launches_total")]
    (described,) = launched["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "ApraNova"
    assert described["Dimensions"] == [["service", "path"]]
    assert (launched["service"], launched["path"]) == ("apranova", "cold")
    assert any("sweep_seconds" in line for line in lines)
    assert not any("actions_total" in json.dumps(line.get("_aws", {})) for line in lines)
