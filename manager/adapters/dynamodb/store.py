"""`WorkspaceStore` in one DynamoDB table (table.py), for any number of processes.

Look-ups by key are consistent. Indexes lag behind by milliseconds, under load by seconds. The use
cases tolerate that:

- `due` only says where to look. The records are then read by key, so a pass never acts on an old
  one. The next pass sees what the index does not show yet; what it still shows although it is
  settled is dropped here.
- `pool` returns whole records, which may be old. A claim is conditional on their version, so an old
  one loses and the launch tries the next. A record that is missing for a moment costs a cold start
  or a surplus warm task, which the next pass retires.

One record is a PutItem. Several records, and every removal, are one TransactWriteItems, which costs
twice as much but recognizes a repeated request by its token. A PutItem cannot, so each item carries
a random `written_by`: if the condition fails because our own first try got through, the write
succeeded.
"""

from __future__ import annotations

import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ApraNovaError, Reason
from contract.names import WorkspaceSize
from manager.adapters.dynamodb import items, table
from manager.adapters.dynamodb.refusals import code_of
from manager.adapters.record_store import Due, Kept, Listed, RecordStore, id_of
from manager.domain.lifecycle.task import Task
from manager.ports.workspace_store import FIND_MAX, WRITE_MAX, Record, VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES_MAX = 6
"""For a request refused because of load or another transaction, or a batch answered in part."""
_PAUSE_BASE_S = 0.02
_PAUSE_MAX_S = 0.5
_PAGE_MAX = 1_000

_NOT_NOW = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Reasons of a canceled transaction that pass by themselves. Nothing was stored."""

Answer = TypeVar("Answer")


class DynamoDbWorkspaceStore(RecordStore):
    """`client` retries throttled and failed requests itself (botocore's standard mode)."""

    def __init__(self, client: DynamoDBClient, table_name: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table_name
        self._pause = pause

    def write(self, *records: Record, delete: Iterable[Record] = ()) -> None:
        removed = tuple(delete)
        if len(records) + len(removed) > WRITE_MAX:
            raise ValueError(f"at most {WRITE_MAX} records can be written at once, not {len(records) + len(removed)}")
        if len(records) == 1 and not removed:
            self._put(records[0])
        elif records or removed:
            self._transact(records, removed)

    def find_next_due_at(self) -> float | None:
        firsts = [self._query(table.DUE_INDEX, queue, limit=1) for queue in ("workspace", "task")]
        return min((float(item[table.DUE_AT]["N"]) for first in firsts for item in first), default=None)

    def list_warm_tasks(self, *, limit: int) -> tuple[Task, ...]:
        listed = self._query(table.POOL_INDEX, "task", limit=limit)
        return tuple(items.from_item(Task, item) for item in listed)

    def count_live_tasks(self) -> Mapping[WorkspaceSize | None, int]:
        """Reads every task, for want of an index. On AWS nobody asks: ECS has the limit."""
        return Counter(task.counted_size for task in self.list_tasks(limit=_PAGE_MAX) if task.live)

    # Writing

    def _put(self, record: Record) -> None:
        mark = secrets.token_hex(8)
        request: dict[str, Any] = {
            "TableName": self._table,
            "Item": items.to_item(record, written_by=mark),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **_condition(record),
        }

        def attempt() -> bool:
            try:
                self._client.put_item(**request)
            except ClientError as error:
                code = code_of(error)
                if code == "TransactionConflictException":
                    return False
                if code != "ConditionalCheckFailedException":
                    raise
                found: Any = error.response.get("Item") or {}
                if found.get(table.WRITTEN_BY) != {"S": mark}:
                    raise VersionConflict(f"{id_of(record)} is not at version {record.version}") from error
            return True

        self._until_done(attempt)

    def _transact(self, records: tuple[Record, ...], removed: tuple[Record, ...]) -> None:
        mark = secrets.token_hex(8)
        puts = [
            {"Put": {"TableName": self._table, "Item": items.to_item(record, written_by=mark), **_condition(record)}}
            for record in records
        ]
        deletes = [
            {"Delete": {"TableName": self._table, "Key": items.key(record), **_condition(record)}} for record in removed
        ]
        request: Any = {"TransactItems": [*puts, *deletes], "ClientRequestToken": mark}

        def attempt() -> bool:
            try:
                self._client.transact_write_items(**request)
            except ClientError as error:
                code = code_of(error)
                if code == "TransactionInProgressException":
                    return False  # our own first try, whose answer was lost
                if code != "TransactionCanceledException":
                    raise
                reasons = _reasons(error)
                if "ConditionalCheckFailed" in reasons:
                    changed = [
                        id_of(record)
                        for record, reason in zip((*records, *removed), reasons, strict=False)
                        if reason == "ConditionalCheckFailed"
                    ]
                    raise VersionConflict(f"{', '.join(changed)}: not at the version that was read") from error
                if not reasons or not set(reasons) <= {*_NOT_NOW, "None"}:
                    raise
                return False
            return True

        self._until_done(attempt)

    def _until_done(self, attempt: Callable[[], bool]) -> None:
        """`attempt` answers False if it was refused and nothing was stored. If that persists,
        raises VersionConflict: the caller then reads again."""
        for number in range(TRIES_MAX):
            if number:
                self._wait(number)
            if self._guarded(attempt):
                return
        raise VersionConflict("others keep changing the same records")

    # Reading

    def _find(self, record_type: type[Kept], record_id: str) -> Kept | None:
        answer = self._guarded(
            lambda: self._client.get_item(
                TableName=self._table, Key=items.key_of(record_type, record_id), ConsistentRead=True
            )
        )
        item: Any = answer.get("Item")
        return items.from_item(record_type, item) if item else None

    def _find_many(self, record_type: type[Kept], record_ids: Iterable[str]) -> tuple[Kept, ...]:
        ids = tuple(dict.fromkeys(record_ids))
        if len(ids) > FIND_MAX:
            raise ValueError(f"at most {FIND_MAX} records can be found at once, not {len(ids)}")
        return self._read_by_key(record_type, [items.key_of(record_type, record_id) for record_id in ids])

    def _read_by_key(self, record_type: type[Kept], found: Iterable[items.Item]) -> tuple[Kept, ...]:
        """These items' records as they are now, in the given order, without those that are gone."""
        names = [item[table.PARTITION_KEY]["S"] for item in found]
        records: dict[str, Kept] = {}
        for page in _pages(names):
            for item in self._batch_get(page):
                records[item[table.PARTITION_KEY]["S"]] = items.from_item(record_type, item)
        return tuple(records[name] for name in names if name in records)

    def _list(self, record_type: type[Listed], limit: int) -> tuple[Listed, ...]:
        return self._read_by_key(record_type, self._query(table.LISTED_INDEX, items.KIND[record_type], limit=limit))

    def _list_due(self, record_type: type[Due], now: float, limit: int) -> tuple[Due, ...]:
        found = self._query(table.DUE_INDEX, items.KIND[record_type], until=now, limit=limit)
        due = self._read_by_key(record_type, found)
        still = [(record.due_at, record) for record in due if record.due_at is not None and record.due_at <= now]
        return tuple(record for _, record in sorted(still, key=lambda pair: pair[0]))

    def _batch_get(self, names: Iterable[str]) -> Iterator[items.Item]:
        wanted: Any = {
            self._table: {
                "Keys": [{table.PARTITION_KEY: {"S": name}, table.SORT_KEY: {"S": table.RECORD}} for name in names],
                "ConsistentRead": True,
            }
        }
        for number in range(TRIES_MAX):
            if number:
                self._wait(number)
            answer = self._guarded(lambda wanted=wanted: self._client.batch_get_item(RequestItems=wanted))
            yield from answer["Responses"].get(self._table, [])
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                return
        raise _unreachable("BatchGetItem left keys unread")

    def _query(self, index: str, queue: str, *, until: float | None = None, limit: int) -> list[items.Item]:
        """The first `limit` items of a queue, in order, over as many pages as needed."""
        partition, order = {
            table.DUE_INDEX: (table.DUE_QUEUE, table.DUE_AT),
            table.POOL_INDEX: (table.POOL_QUEUE, table.POOL_RANK),
            table.LISTED_INDEX: (table.LISTED_KIND, table.LISTED_ORDER),
        }[index]
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": index,
            "KeyConditionExpression": "#queue = :queue",
            "ExpressionAttributeNames": {"#queue": partition},
            "ExpressionAttributeValues": {":queue": {"S": queue}},
        }
        if until is not None:
            request["KeyConditionExpression"] += " AND #order <= :until"
            request["ExpressionAttributeNames"]["#order"] = order
            request["ExpressionAttributeValues"][":until"] = items.number(until)
        found: list[items.Item] = []
        while len(found) < limit:
            request["Limit"] = limit - len(found)
            answer: Any = self._guarded(lambda: self._client.query(**request))
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found

    # Waiting and failing

    def _wait(self, number: int) -> None:
        self._pause(random.uniform(0.0, min(_PAUSE_MAX_S, _PAUSE_BASE_S * 2.0**number)))  # noqa: S311 (only to spread)

    def _guarded(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            raise _unreachable(str(error)) from error


def _condition(record: Record) -> dict[str, Any]:
    if record.version == 0:
        return {"ConditionExpression": f"attribute_not_exists({table.PARTITION_KEY})"}
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": table.VERSION},
        "ExpressionAttributeValues": {":version": {"N": str(record.version)}},
    }


def _reasons(error: ClientError) -> list[str]:
    found: Any = error.response.get("CancellationReasons") or ()
    return [reason.get("Code", "") for reason in found]


def _pages(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), FIND_MAX):
        yield names[start : start + FIND_MAX]


def _unreachable(detail: str) -> ApraNovaError:
    return ApraNovaError(
        Reason.MANAGER_UNAVAILABLE,
        "The records of the workspaces cannot be reached right now.",
        detail=detail,
    )
