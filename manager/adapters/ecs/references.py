"""What ECS was asked for a task: an item in the manager's table, next to the task's record.

ECS does not remember a stop of a task that never started, and forgets after a while that a start
was requested. So each start first writes an intent record here, which holds for a limited time (the
lease), and each stop sets a permanent mark:

- A start that finds the mark, a valid intent record, or the task's ARN starts nothing.
- A stop sets the mark before it looks for the task. If it finds none while an intent record is
  valid, a RunTask may be under way. It then raises `StillEnding` and is called again, instead of
  reporting a task as gone that is about to run.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from manager.adapters.dynamodb import items, table
from manager.adapters.dynamodb.refusals import code_of
from manager.ports.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEASE_S = 90.0
"""Longer than from an intent record to the end of its RunTask, which the runner ensures."""
KEPT_S = 604_800.0
"""The mark outlives any start that could still be under way; then the item expires."""
_READ_MAX = 100


@dataclass(frozen=True)
class Reference:
    task_id: str
    asked_at: float
    arn: str = ""
    stopped: bool = False

    def may_be_starting(self, now: float) -> bool:
        return not self.arn and now - self.asked_at < LEASE_S


@dataclass(frozen=True)
class Intent:
    asked_at: float
    before: bool
    """Another process recorded the same start but did not finish: ECS may already know the task."""
    with_home: bool = False
    """The write that records its home was stored in the same request."""


class References:
    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock

    def record_intent(self, task_id: str, *, home: Any | None = None) -> Intent | None:
        """Begin a start. None: it was stopped, has started, or another process is starting it.

        `home`: the write that records the home it starts with, if that was created just now. It is
        tried in one transaction with a first intent record; `with_home` says whether it was stored.
        """
        now, mark = self._clock.now(), secrets.token_hex(8)
        change, values = (
            "SET asked_at = :now, asked_by = :mark, #expires = :expires",
            {":now": items.number(now), ":mark": {"S": mark}},
        )
        first = "attribute_not_exists(asked_at) AND attribute_not_exists(stopped)"
        if home is not None and self._stored_together(
            self._request(task_id, change, values=values, condition=first), home, mark
        ):
            return Intent(now, before=False, with_home=True)
        try:
            answer = self._update(
                task_id,
                change,
                condition=f"{first} OR attribute_not_exists(stopped) AND attribute_not_exists(arn) AND asked_at < :lapsed",
                values={**values, ":lapsed": items.number(now - LEASE_S)},
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            found: Any = error.response.get("Item") or {}
            # Our own first try may have got through, and its answer been lost.
            return Intent(now, before=True) if found.get("asked_by") == {"S": mark} else None
        return Intent(now, before=bool(answer.get("Attributes")))

    def _stored_together(self, intent: Any, home: Any, mark: str) -> bool:
        try:
            self._client.transact_write_items(
                TransactItems=[{"Update": intent}, {"Update": home}], ClientRequestToken=mark
            )
        except ClientError as error:
            if code_of(error) not in ("TransactionCanceledException", "TransactionInProgressException"):
                raise
            return False
        return True

    def started(self, task_id: str, arn: str) -> None:
        """Remember which ECS task it is."""
        self._update(task_id, "SET arn = :arn, #expires = :expires", values={":arn": {"S": arn}})

    def mark_stopped(self, task_id: str) -> Reference:
        """No start of it begins from now on. Returns what was known."""
        answer = self._update(
            task_id,
            "SET stopped = :yes, asked_at = if_not_exists(asked_at, :never), #expires = :expires",
            values={":yes": {"BOOL": True}, ":never": items.number(0.0)},
            returned="ALL_NEW",
        )
        return _reference(answer["Attributes"])

    def given_up(self, task_id: str) -> None:
        """ECS refused the start for good: a stop need not wait for the lease."""
        self._update(
            task_id,
            "SET stopped = :yes, asked_at = :never, #expires = :expires",
            values={":yes": {"BOOL": True}, ":never": items.number(0.0)},
        )

    def find(self, task_ids: Iterable[str]) -> Mapping[str, Reference]:
        wanted = list(dict.fromkeys(task_ids))
        found: dict[str, Reference] = {}
        for start in range(0, len(wanted), _READ_MAX):
            request: Any = {
                self._table: {
                    "Keys": [_key(name) for name in wanted[start : start + _READ_MAX]],
                    "ConsistentRead": True,
                }
            }
            while request:  # The client pauses between throttled requests; a batch that comes back in part is smaller.
                answer: Any = self._client.batch_get_item(RequestItems=request)
                for item in answer["Responses"].get(self._table, ()):
                    reference = _reference(item)
                    found[reference.task_id] = reference
                request = answer.get("UnprocessedKeys")
        return found

    def _update(
        self, task_id: str, change: str, *, values: dict[str, Any], condition: str = "", returned: str = "ALL_OLD"
    ) -> Any:
        request = self._request(task_id, change, values=values, condition=condition)
        request["ReturnValues"] = returned
        return self._client.update_item(**request)

    def _request(self, task_id: str, change: str, *, values: dict[str, Any], condition: str = "") -> Any:
        expires = items.number(float(int(self._clock.now() + KEPT_S)))
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": _key(task_id),
            "UpdateExpression": change,
            "ExpressionAttributeNames": {"#expires": table.EXPIRES_AT},
            "ExpressionAttributeValues": {**values, ":expires": expires},
        }
        if condition:
            request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        return request


def _key(task_id: str) -> items.Item:
    return {table.PARTITION_KEY: {"S": f"task#{task_id}"}, table.SORT_KEY: {"S": table.ENGINE}}


def _reference(item: items.Item) -> Reference:
    return Reference(
        task_id=item[table.PARTITION_KEY]["S"].removeprefix("task#"),
        asked_at=float(item["asked_at"]["N"]),
        arn=item["arn"]["S"] if "arn" in item else "",
        stopped="stopped" in item,
    )
