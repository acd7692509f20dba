"""What ECS was asked for a task: an item in the manager's table, next to the task's record.

ECS does not remember a stop of a task that never started, and forgets after a while that a start
was requested. So each start first writes an intent record here, which holds for a limited time (the
lease), and each stop sets a permanent mark:

- A start takes a slot in the same request, and the item names it until it expires.
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
from manager.adapters.ecs.slots import Slot, SlotItems, SlotUse
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
    slot: SlotUse | None = None
    """What it mounts; None: no start of it has begun."""
    definition: str = ""
    asked_by: str = ""

    def may_be_starting(self, now: float) -> bool:
        return not self.arn and now - self.asked_at < LEASE_S


@dataclass(frozen=True)
class Intent:
    asked_at: float
    definition: str
    before: bool
    """Another process recorded the same start but did not finish: ECS may already know the task."""


class SlotTaken(Exception):
    """Another start was faster: try another slot."""


class References:
    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock
        self._slots = SlotItems(client, table_name)

    def record_intent(self, task_id: str, slot: Slot) -> Intent | None:
        """Begin a start with this slot. None: it was stopped, has started, or another process is
        starting it. Raises SlotTaken."""
        now, mark = self._clock.now(), secrets.token_hex(8)
        taken = self._slots.taking(slot, task_id)
        first = self._request(
            task_id,
            "SET asked_at = :now, asked_by = :mark, slot = :slot, slot_use = :use, definition_arn = :definition, "
            "#expires = :expires",
            values={
                ":now": items.number(now),
                ":mark": {"S": mark},
                ":slot": {"S": slot.slot_id},
                ":use": {"N": str(slot.use)},
                ":definition": {"S": slot.definition},
            },
            condition="attribute_not_exists(asked_at) AND attribute_not_exists(stopped)",
        )
        try:
            self._client.transact_write_items(
                TransactItems=[{"Update": first}, {"Update": taken}], ClientRequestToken=mark
            )
        except ClientError as error:
            if code_of(error) not in ("TransactionCanceledException", "TransactionInProgressException"):
                raise
            return self._repeated(task_id, mark, now)
        return Intent(now, slot.definition, before=False)

    def _repeated(self, task_id: str, mark: str, now: float) -> Intent | None:
        """The item is there already, or the slot is not free any more."""
        found = self.find((task_id,)).get(task_id)
        if found is None:
            raise SlotTaken
        if found.asked_by == mark:  # our own first try got through, and its answer was lost
            return Intent(now, found.definition, before=True)
        if found.stopped or found.arn or found.slot is None or now - found.asked_at < LEASE_S:
            return None
        try:
            self._update(
                task_id,
                "SET asked_at = :now, asked_by = :mark, #expires = :expires",
                condition="attribute_not_exists(stopped) AND attribute_not_exists(arn) AND asked_at < :lapsed",
                values={
                    ":now": items.number(now),
                    ":mark": {"S": mark},
                    ":lapsed": items.number(now - LEASE_S),
                },
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            return None
        return Intent(now, found.definition, before=True)

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
        slot=SlotUse(item["slot"]["S"], int(item["slot_use"]["N"])) if "slot" in item else None,
        definition=item["definition_arn"]["S"] if "definition_arn" in item else "",
        asked_by=item["asked_by"]["S"] if "asked_by" in item else "",
    )
