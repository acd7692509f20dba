"""A teardown loses no work: workspaces save first, and one that cannot save stops the teardown."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from infrastructure.deploy.aws import Aws, DeployFailed
from infrastructure.deploy.fleet import ask_manager, stop_workspaces
from infrastructure.names import Names
from infrastructure.tests.ministack import REGION

NAMES = Names("apranova")


@dataclass
class Manager:
    """Answers `lambda.invoke`. Stopping workspaces have stopped after `sweeps` passes."""

    states: dict[str, str]
    sweeps: int = 1
    asked: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  (as boto3 has it)
        assert FunctionName == "workspace-manager"
        if self.failure:
            return {
                "FunctionError": "Unhandled",
                "Payload": io.BytesIO(json.dumps({"errorMessage": self.failure}).encode()),
            }
        request = json.loads(Payload)
        self.asked.append(request)
        return {"Payload": io.BytesIO(json.dumps({"ok": True, **self._answer(request)}).encode())}

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        match request["action"]:
            case "stop":
                self.states[request["workspace_id"]] = "stopping"
            case "sweep":
                self.sweeps -= 1
                if self.sweeps <= 0:
                    self.states = dict.fromkeys(self.states, "stopped")
            case "fleet":
                return {"workspaces": [{"workspace_id": id, "state": state} for id, state in self.states.items()]}
        return {}


@dataclass
class Cluster:
    """ECS with one warm task and one of a service."""

    manager: Manager
    stopped: list[str] = field(default_factory=list)

    def get_paginator(self, _operation: str) -> Cluster:
        return self

    def paginate(self, *, cluster: str) -> Iterator[dict[str, Any]]:
        assert cluster == "apranova-cluster"
        yield {"taskArns": ["arn/warm", "arn/portal"]}

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> dict[str, Any]:
        groups = {"arn/warm": "family:apranova-home", "arn/portal": "service:apranova-portal"}
        return {"tasks": [{"taskArn": arn, "group": groups[arn], "lastStatus": "RUNNING"} for arn in tasks]}

    def stop_task(self, *, cluster: str, task: str, reason: str) -> None:
        assert set(self.manager.states.values()) <= {"stopped"}, "a task was ended while somebody's work was in one"
        self.stopped.append(task)


@dataclass(frozen=True)
class Account(Aws):
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str, region: str | None = None) -> Any:
        return self.clients[service]


def account(manager: Manager, cluster: Cluster) -> Account:
    clock = iter(range(0, 10**6, 60))
    clients = {"lambda": manager, "ecs": cluster}
    return Account(boto3.Session(), REGION, pause=lambda _: None, now=lambda: float(next(clock)), clients=clients)


def test_workspaces_save_and_stop_before_any_task_is_ended() -> None:
    manager = Manager({"ws-a": "running", "ws-b": "stopped", "ws-c": "starting"}, sweeps=3)
    cluster, said = Cluster(manager), list[str]()
    stop_workspaces(account(manager, cluster), NAMES, said.append)
    assert {request["workspace_id"] for request in manager.asked if request["action"] == "stop"} == {"ws-a", "ws-c"}
    assert said[0] == "saving and stopping 2 workspaces"
    assert cluster.stopped == ["arn/warm"]


def test_a_workspace_that_cannot_be_saved_ends_the_teardown_and_keeps_its_task() -> None:
    manager = Manager({"ws-a": "running"}, sweeps=10_000)
    cluster = Cluster(manager)
    with pytest.raises(DeployFailed, match="ws-a could not be saved and stopped in 15 minutes; their tasks still run"):
        stop_workspaces(account(manager, cluster), NAMES, lambda _: None)
    assert cluster.stopped == []


def test_a_manager_that_fails_is_told_with_its_words_and_its_log() -> None:
    manager = Manager({}, failure="No module named 'powertools'")
    with pytest.raises(DeployFailed, match=r"the manager failed at sweep: No module named 'powertools'.*logs/manager"):
        ask_manager(account(manager, Cluster(manager)), NAMES, {"action": "sweep"})
