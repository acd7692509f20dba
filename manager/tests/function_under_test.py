"""The function over the emulator, created from an environment as by Lambda, and fed as by AWS."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from contract.names import WorkspaceState
from manager.adapters.tests.aws_emulator import ACCOUNT, REGION, VSCODE_IMAGE, AwsEmulator, Requests
from manager.adapters.tests.ecs_under_test import Functions
from manager.bootstrap_aws import Clients
from manager.entrypoints.function import Function
from tests.waiting import until

PUBLIC_URL = "https://school.example"
IDENTITY_KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
"""A public key (RFC 8032, test 1). The door's tests have one whose private half they know."""
WAIT_MAX_S = 60.0


@dataclass
class LongContext:
    """Like Lambda's, with this much time left."""

    left_s: float = 60.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left_s * 1000)


class Place:
    """What CDK creates for one school, and the function's environment."""

    def __init__(self, aws: AwsEmulator, **more: str) -> None:
        self.aws = aws
        self.ecs, self.sqs = aws.client("ecs"), aws.client("sqs")
        self.cluster = f"c-{secrets.token_hex(4)}"
        self.ecs.create_cluster(clusterName=self.cluster)
        file_system = aws.client("efs").create_file_system(CreationToken=secrets.token_hex(4))["FileSystemId"]
        # No delay, so that tests need not wait.
        attributes = {"FifoQueue": "true", "DelaySeconds": "0"}
        queue = self.sqs.create_queue(QueueName=f"wakes-{secrets.token_hex(4)}.fifo", Attributes=attributes)
        self.queue: str = queue["QueueUrl"]
        self.path = f"/{secrets.token_hex(4)}/manager"
        self.environment = {
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "x",
            "APRANOVA_TABLE": aws.make_table(),
            "APRANOVA_CLUSTER": self.cluster,
            "APRANOVA_SUBNETS": "subnet-1,subnet-2",
            "APRANOVA_WORKSPACE_SECURITY_GROUP": "sg-1",
            "APRANOVA_WORKSPACE_IMAGES": f"vscode={VSCODE_IMAGE}",
            "APRANOVA_EXECUTION_ROLE": "arn:aws:iam::111122223333:role/execution",
            "APRANOVA_TASK_ROLE": "arn:aws:iam::111122223333:role/task",
            "APRANOVA_FILE_SYSTEM": file_system,
            "APRANOVA_SLOTS_AHEAD": "6",
            "APRANOVA_KINDS": "vscode",
            "APRANOVA_POOL": "base=0 peak=0 off=0 weekend=0",
            "APRANOVA_POOL_POLICY": "schedule",
            "APRANOVA_TIME_ZONE": "Europe/Berlin",
            "APRANOVA_PUBLIC_URL": PUBLIC_URL,
            "APRANOVA_WORKSPACES_DOMAIN": "ws.school.example",
            "APRANOVA_WAKE_QUEUE": self.queue,
            "APRANOVA_PARAMETERS": self.path,
            **more,
        }

    def put_parameter(self, name: str, value: str) -> None:
        self.aws.client("ssm").put_parameter(Name=f"{self.path}/{name}", Value=value, Type="String", Overwrite=True)

    def tasks(self, status: str = "RUNNING") -> list[Any]:
        arns = self.ecs.list_tasks(cluster=self.cluster, desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"] if arns else []

    def take_wakes(self) -> list[Any]:
        """What the event source mapping would deliver: received, and deleted as after a success."""
        messages = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [{"eventSource": "aws:sqs", "body": message["Body"]} for message in messages]

    def close(self) -> None:
        for task in self.tasks():
            self.ecs.stop_task(cluster=self.cluster, task=task["taskArn"])


class FunctionUnderTest:
    def __init__(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, place.environment[name])
        # The queue has no delay here, so a moment must be over before the next pass asks.
        monkeypatch.setattr("manager.adapters.sqs.wakes.MOMENT_S", 0.001)
        self.place = place
        self.clients = Clients(REGION)
        self.functions = Functions(place.aws.files)
        self.clients.__dict__["functions"] = self.functions
        self.requests, self.records = Requests(self.clients.ecs), Requests(self.clients.dynamodb)
        self.function = self.another()
        self.passes = 0
        self({"action": "sweep"})  # makes the first slots

    def another(self) -> Function:
        """As Lambda starts another instance: it knows only what AWS tells it."""
        return Function(self.place.environment, self.clients)

    def __call__(self, event: Any, *, left_s: float = 60.0) -> Any:
        return self.function(event, LongContext(left_s))

    def ask(self, action: str, workspace_id: str, **more: Any) -> Any:
        answer = self({"action": action, "workspace_id": workspace_id, **more})
        assert answer["ok"], answer
        return answer.get("workspace")

    def create(self, letter: str, owner_id: str = "person-1") -> str:
        workspace_id = f"ws-{letter * 10}"
        self.ask("create", workspace_id, owner_id=owner_id, kind="vscode")
        return workspace_id

    def state(self, workspace_id: str) -> Any:
        return self({"action": "describe", "workspace_ids": [workspace_id]})["workspaces"][0]

    def pump(self) -> int:
        """Deliver the waiting wakes as AWS does, each time to a new instance; returns how many."""
        wakes = self.place.take_wakes()
        if wakes:
            self.passes += 1
            assert self.another()({"Records": wakes}, LongContext()) == {"ok": True}
        return len(wakes)

    def pump_until(self, there: Callable[[], bool], what: str) -> None:
        until(lambda: there() or (self.pump() and there()), f"still waiting for {what}", within_s=WAIT_MAX_S)

    def pump_until_state(self, workspace_id: str, state: WorkspaceState) -> Any:
        self.pump_until(lambda: self.state(workspace_id)["state"] == state, f"{workspace_id} to be {state}")
        return self.state(workspace_id)


def task_event(task: Any) -> dict[str, Any]:
    """What EventBridge sends when ECS reports a changed task."""
    detail = {name: task.get(name, "") for name in ("taskArn", "clusterArn", "lastStatus", "startedBy", "group")}
    return {"version": "0", "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail}


@contextmanager
def function_at(aws: AwsEmulator, monkeypatch: pytest.MonkeyPatch, **more: str) -> Iterator[FunctionUnderTest]:
    place = Place(aws, **more)
    try:
        yield FunctionUnderTest(place, monkeypatch)
    finally:
        place.close()


def lines_of(text: str) -> list[Any]:
    """The JSON lines of a log."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
