"""Manager and backup worker, through all that they ask of AWS: no right is missing or unused."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

import pytest

from contract.names import WorkspaceKind, WorkspaceState
from infrastructure.used_rights import BY_CODE, ON_INDEX
from manager.adapters.efs.homes import key_of
from manager.adapters.restic.s3 import S3Repositories
from manager.adapters.tests.aws_emulator import NEWER_IMAGE, REGION, AwsEmulator, refusal
from manager.domain.policy import Shape
from manager.tests.function_under_test import FunctionUnderTest, LongContext, function_at
from manager.tests.test_backup_worker_on_aws import ANNA, HOME, Context, FileSystem
from tests.aws_rights import recorded, right_on_s3, rights_of, s3_passed_on

RUNNING, STOPPED = WorkspaceState.RUNNING, WorkspaceState.STOPPED


class Lambda:
    """What the emulator cannot do: a mover on real files, and instances that are ready."""

    def __init__(self, client: Any) -> None:
        self._client, self._ready = client, 3

    def put(self, ProvisionedConcurrentExecutions: int, **_: Any) -> None:  # noqa: N803 (boto3's)
        self._ready = ProvisionedConcurrentExecutions

    def get(self, **_: Any) -> dict[str, int]:
        if not self._ready:
            raise self._client.exceptions.ProvisionedConcurrencyConfigNotFoundException({}, "Get")
        return {"RequestedProvisionedConcurrentExecutions": self._ready}

    def delete(self, **_: Any) -> None:
        self._ready = 0


def with_real_client(function: FunctionUnderTest, answers: dict[str, Any]) -> None:
    """The code talks to botocore's own client of Lambda, whose requests are answered here."""
    client = function.place.aws.client("lambda")
    instances = Lambda(client)
    answers |= {
        "Invoke": function.functions.invoke,
        "PutProvisionedConcurrencyConfig": instances.put,
        "GetProvisionedConcurrencyConfig": instances.get,
        "DeleteProvisionedConcurrencyConfig": instances.delete,
    }
    function.clients.__dict__["functions"] = client
    function.place.environment["APRANOVA_READY_INSTANCES"] = "workspace-manager:live=10"
    function.function = function.another()


def a_session_and_the_end_of_its_home(function: FunctionUnderTest) -> None:
    workspace_id = function.create("a")
    function.ask("launch", workspace_id)
    function.pump_until_state(workspace_id, RUNNING)
    function.ask("stop", workspace_id)
    function.pump_until_state(workspace_id, STOPPED)
    assert function({"action": "snapshots", "workspace_id": workspace_id})["ok"]
    found = function.function._manager.world.store.find_workspace(workspace_id)
    assert found is not None
    assert found.home_id is not None
    function({"action": "delete", "workspace_id": workspace_id, "at_once": True})

    def gone() -> bool:
        if any(b"home_id" in sent["Payload"] for sent in function.functions.sent):  # as the backup worker does
            function.place.aws.client("dynamodb").update_item(
                TableName=function.place.environment["APRANOVA_TABLE"],
                Key=key_of(found.home_id or ""),
                UpdateExpression="SET purged = :yes",
                ExpressionAttributeValues={":yes": {"BOOL": True}},
            )
        function({"action": "sweep"})
        return function.function._manager.world.store.find_workspace(workspace_id) is None

    function.pump_until(gone, "the deleted workspace to be gone")


def a_release_and_a_slot_that_is_spoiled(function: FunctionUnderTest) -> None:
    def slots() -> set[str]:
        own = function.place.environment["APRANOVA_FILE_SYSTEM"]  # of all, an answer has the first hundred
        points = function.clients.efs.describe_access_points(FileSystemId=own)["AccessPoints"]
        return {point["AccessPointId"] for point in points}

    function.place.environment["APRANOVA_WORKSPACE_IMAGES"] = f"vscode={NEWER_IMAGE}"
    function.function = function.another()
    function({"action": "sweep"})
    workspace_id = function.create("b")
    function.requests.refuse("RunTask", refusal(400, "ClientException", "TaskDefinition is inactive"))
    before = slots()
    function.ask("launch", workspace_id)

    def removed() -> bool:
        function({"action": "sweep"})  # as the schedule does: no wake comes for what a pass left over
        return bool(before - slots())

    function.pump_until(removed, "a slot to be removed")


def a_class(function: FunctionUnderTest) -> None:
    """The first pass gives up the instances of an earlier class, the second asks for new ones."""
    assert function.another()({"action": "sweep"}, LongContext()) == {"ok": True}
    store, now = function.function._manager.world.store, function.function._manager.world.clock.now()
    people = [1.0] * 90  # by minute from half an hour before the class
    store.write(store.find_outlook().with_class(Shape(WorkspaceKind.VSCODE), now + 1_500.0, people, now=now))
    assert function.another()({"action": "sweep"}, LongContext()) == {"ok": True}


def test_the_manager_asks_for_exactly_what_its_role_allows(aws: AwsEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = f"snapshots-{secrets.token_hex(4)}"
    aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    answers: dict[str, Any] = {}
    here = function_at(aws, monkeypatch, APRANOVA_SNAPSHOTS_BUCKET=bucket)
    with recorded("manager", answers=answers) as used, here as function:
        with_real_client(function, answers)
        a_session_and_the_end_of_its_home(function)
        a_release_and_a_slot_that_is_spoiled(function)
        a_class(function)
    assert used == BY_CODE["manager"]


def test_the_backup_worker_asks_for_exactly_what_its_role_allows(
    aws: AwsEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """restic is a program of its own: what it asks of S3 is noted on the way."""
    with recorded("manager") as used, s3_passed_on(aws.url, used) as passed_on:
        efs = FileSystem(aws, tmp_path, monkeypatch)
        monkeypatch.setattr(S3Repositories, "url", lambda _, home_id: f"s3:{passed_on}/{efs.bucket}/{home_id}")
        efs.stopped(ANNA, HOME)
        efs.function({"workspace_id": ANNA}, Context())
        (first,) = efs.repositories.list(HOME)
        (efs.homes / HOME / "work.py").write_text("# another text, so that there is a second snapshot")
        efs.store.write(efs.get(ANNA).request_restore(first.snapshot_id, now=time.time(), ask_again_s=60.0))
        efs.function({"workspace_id": ANNA}, Context())
        efs.function({"action": "round"}, Context())
        assert efs.get(ANNA).backup.verified_at is not None
        efs.mark_purging(HOME)
        assert efs.function({"home_id": HOME}, Context()) == {"done": "purged"}
    assert used == BY_CODE["backup-worker"]


def test_the_words_of_requests_become_the_rights_that_iam_checks() -> None:
    transaction = {"TransactItems": [{"Put": {}}, {"ConditionCheck": {}}]}
    assert rights_of("dynamodb", "TransactWriteItems", transaction) == {
        "dynamodb:ConditionCheckItem",
        "dynamodb:PutItem",
    }
    assert rights_of("dynamodb", "Query", {}) == {"dynamodb:Query"}
    assert rights_of("dynamodb", "Query", {"IndexName": "due"}) == {f"dynamodb:Query{ON_INDEX}"}
    assert rights_of("ecs", "RunTask", {"tags": [{}]}) == {"ecs:RunTask", "ecs:TagResource", "iam:PassRole"}
    assert right_on_s3("GET", "/bucket/?location=") == "s3:GetBucketLocation"
    assert right_on_s3("GET", "/bucket/?list-type=2") == "s3:ListBucket"
    assert right_on_s3("HEAD", "/bucket/a/b") == "s3:GetObject"
