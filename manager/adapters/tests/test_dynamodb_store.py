"""What only DynamoDB does: refuses under load, loses answers, has lagging indexes, bills for reads.

The contract that it shares with the other stores is in manager/tests/test_store.py.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from contract.errors import ApraNovaError, Reason
from contract.names import WorkspaceKind
from manager.adapters.dynamodb import items, table
from manager.adapters.dynamodb.store import TRIES_MAX, DynamoDbWorkspaceStore
from manager.adapters.tests.aws_emulator import AwsEmulator, Requests, refusal
from manager.domain.lifecycle.task import Task
from manager.domain.lifecycle.workspace import Workspace
from manager.ports.workspace_store import VersionConflict

NOW = 1_790_000_000.0
TASK = Task("task-aaaaaaaaaaaaaaaa", WorkspaceKind.VSCODE, "vscode-1", NOW, "a token")
WORKSPACE = Workspace("ws-aaaaaaaaaa", "an owner", WorkspaceKind.VSCODE)


@dataclass
class Subject:
    store: DynamoDbWorkspaceStore
    requests: Requests
    client: Any
    table_name: str
    pauses: list[float]


@pytest.fixture
def subject(aws: AwsEmulator) -> Iterator[Subject]:
    client, table_name, pauses = aws.client("dynamodb"), aws.make_table(), []
    store = DynamoDbWorkspaceStore(client, table_name, pause=pauses.append)
    yield Subject(store, Requests(client), client, table_name, pauses)
    client.close()


def lost_answer(request: Any) -> Any:
    """The request gets through, but its answer does not."""
    with_answer = URLLib3Session().send(request)
    assert with_answer.status_code == 200, with_answer.text
    raise ConnectionClosedError(endpoint_url=request.url)


CANCELLED_FOR_A_CONFLICT = refusal(
    400,
    "TransactionCanceledException",
    "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict, None]",
    CancellationReasons=[{"Code": "TransactionConflict"}, {"Code": "None"}],
)


def test_a_throttled_request_is_sent_again(subject: Subject) -> None:
    subject.requests.refuse("PutItem", refusal(400, "ProvisionedThroughputExceededException"), times=2)
    subject.store.write(TASK)
    assert subject.requests.sent == ["PutItem"] * 3
    assert subject.store.find_task(TASK.task_id) == replace(TASK, version=1)


def test_a_transaction_that_collided_is_tried_again_after_a_pause(subject: Subject) -> None:
    subject.requests.refuse("TransactWriteItems", CANCELLED_FOR_A_CONFLICT, times=2)
    subject.store.write(TASK, WORKSPACE)
    assert subject.store.find_task(TASK.task_id) == replace(TASK, version=1)
    assert len(subject.pauses) == 2


def test_transactions_that_always_collide_end_as_a_version_conflict_and_write_nothing(subject: Subject) -> None:
    subject.requests.refuse("TransactWriteItems", CANCELLED_FOR_A_CONFLICT, times=TRIES_MAX)
    with pytest.raises(VersionConflict):
        subject.store.write(TASK, WORKSPACE)
    assert subject.store.find_task(TASK.task_id) is None


def test_one_record_that_is_in_someone_elses_transaction_is_tried_again(subject: Subject) -> None:
    subject.requests.refuse("PutItem", refusal(400, "TransactionConflictException"))
    subject.store.write(TASK)
    assert subject.store.find_task(TASK.task_id) is not None


def test_a_write_of_one_record_whose_answer_was_lost_is_no_conflict(subject: Subject) -> None:
    subject.store.write(TASK)
    subject.requests.refuse("PutItem", lost_answer)
    subject.store.write(replace(TASK, version=1, image="newer"))
    assert subject.requests.sent == ["PutItem"] * 3
    assert subject.store.find_task(TASK.task_id) == replace(TASK, version=2, image="newer")


def test_a_transaction_whose_answer_was_lost_is_no_conflict_and_written_once(subject: Subject) -> None:
    subject.store.write(TASK, WORKSPACE)
    subject.requests.refuse("TransactWriteItems", lost_answer)
    subject.store.write(replace(TASK, version=1, image="newer"), delete=(replace(WORKSPACE, version=1),))
    assert subject.store.find_task(TASK.task_id) == replace(TASK, version=2, image="newer")
    assert subject.store.find_workspace(WORKSPACE.workspace_id) is None


def test_a_lost_write_that_somebody_overtook_is_a_conflict(subject: Subject) -> None:
    subject.store.write(TASK)
    subject.store.write(replace(TASK, version=1, image="somebody else's"))
    with pytest.raises(VersionConflict):
        subject.store.write(replace(TASK, version=1, image="ours"))


def test_an_unreachable_table_is_a_plain_error(subject: Subject) -> None:
    subject.requests.refuse("GetItem", refusal(400, "AccessDeniedException", "no such role"), times=5)
    with pytest.raises(ApraNovaError, match="cannot be reached") as refused:
        subject.store.find_task(TASK.task_id)
    assert refused.value.reason is Reason.MANAGER_UNAVAILABLE
    assert "no such role" in refused.value.detail
    assert "role" not in refused.value.message


def test_keys_that_a_batch_left_unread_are_asked_for_again(subject: Subject) -> None:
    subject.store.write(WORKSPACE, replace(WORKSPACE, workspace_id="ws-bbbbbbbbbb"))
    unread = {
        "Responses": {},
        "UnprocessedKeys": {subject.table_name: {"Keys": [items.key(WORKSPACE)], "ConsistentRead": True}},
    }
    subject.requests.refuse("BatchGetItem", answered(unread))
    assert subject.store.find_workspaces([WORKSPACE.workspace_id]) == (replace(WORKSPACE, version=1),)
    assert subject.requests.sent.count("BatchGetItem") == 2


def test_an_index_that_lags_behind_makes_nobody_act_on_an_old_record(subject: Subject) -> None:
    subject.store.write(replace(WORKSPACE, due_at=NOW))
    old = subject.client.query(
        TableName=subject.table_name,
        IndexName=table.DUE_INDEX,
        KeyConditionExpression=f"{table.DUE_QUEUE} = :queue",
        ExpressionAttributeValues={":queue": {"S": "workspace"}},
    )
    assert len(old["Items"]) == 1
    subject.store.write(replace(WORKSPACE, version=1, due_at=NOW + 60))
    subject.requests.refuse("Query", answered({"Items": old["Items"], "Count": 1, "ScannedCount": 1}))
    assert subject.store.list_due_workspaces(NOW, limit=10) == ()


def test_of_ten_thousand_workspaces_only_the_fifty_that_are_due_are_read(subject: Subject) -> None:
    names = [f"ws-{index:010d}" for index in range(10_000)]
    records = [
        replace(WORKSPACE, workspace_id=name, due_at=NOW + index - 49 if index < 1_000 else None)
        for index, name in enumerate(names)
    ]
    for start in range(0, len(records), 25):
        puts = [
            {"PutRequest": {"Item": items.to_item(record, written_by="")}} for record in records[start : start + 25]
        ]
        subject.client.batch_write_item(RequestItems={subject.table_name: puts})
    begun = subject.requests.items_read
    with subject.requests.counted() as sent:
        due = subject.store.list_due_workspaces(NOW, limit=200)
        assert subject.store.find_next_due_at() == NOW - 49
    assert [record.workspace_id for record in due] == names[:50]
    assert sent == ["Query", "BatchGetItem", "Query", "Query"]
    assert subject.requests.items_read - begun == 101  # fifty keys, fifty records, and the first of the queue


def test_the_operators_list_is_read_in_pages(subject: Subject) -> None:
    for index in range(5):
        subject.store.write(
            *(replace(WORKSPACE, workspace_id=f"ws-{index}{other:09d}") for other in range(24)),
            replace(TASK, task_id=f"task-{index:016d}", created_at=NOW - index),
        )
    assert len(subject.store.list_workspaces(limit=110)) == 110
    assert [task.created_at - NOW for task in subject.store.list_tasks(limit=10)] == [-4, -3, -2, -1, 0]
    assert subject.store.count_live_tasks() == {None: 5}


def test_times_come_back_to_the_last_bit() -> None:
    randomly = random.Random(7)  # noqa: S311 (only to have many)
    for _ in range(500):
        moment = randomly.uniform(0.0, 4e9)
        item = items.to_item(replace(WORKSPACE, due_at=moment), written_by="")
        assert items.from_item(Workspace, item).due_at == moment
        assert float(item[table.DUE_AT]["N"]) == moment


def test_a_record_of_a_newer_format_is_refused() -> None:
    item = {**items.to_item(TASK, written_by=""), table.FORMAT: {"N": "2"}}
    with pytest.raises(items.UnknownFormat, match="deploy the version that wrote it"):
        items.from_item(Task, item)


def test_more_than_a_transaction_can_carry_is_a_mistake_of_the_caller(subject: Subject) -> None:
    with pytest.raises(ValueError, match="at most 25"):
        subject.store.write(*(replace(TASK, task_id=f"task-{index:016d}") for index in range(26)))
    with pytest.raises(ValueError, match="at most 100"):
        subject.store.find_tasks(f"task-{index:016d}" for index in range(101))


def answered(body: dict[str, Any]) -> Any:
    return refusal(200, "", "", **body)
