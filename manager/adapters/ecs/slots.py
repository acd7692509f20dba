"""Slots: what tasks mount on EFS, each an access point and a task definition, made ahead.

A slot is an item of the manager's table. A free one is in the index of the pool, in a queue of its
kind, and a start takes it out. It comes back when its task has ended and the mover has cleared it
for the next use. Without a free slot a start is refused for now; passes make more.
"""

from __future__ import annotations

import secrets
import threading
from base64 import b32encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from contract.names import STUDENT_UID, WorkspaceKind
from manager.adapters.dynamodb import items, table
from manager.adapters.dynamodb.refusals import code_of
from manager.adapters.ecs.definitions import Definitions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_efs import EFSClient

PER_PASS_MAX = 10
"""ECS registers about one definition a second for an account."""
_FREE_READ_MAX = 1_000


@dataclass(frozen=True)
class SlotUse:
    slot_id: str
    use: int
    """Counts the tasks that had it: what belongs to an earlier use comes too late."""

    def __str__(self) -> str:
        return f"{self.slot_id}/{self.use}"

    @classmethod
    def parse(cls, text: str) -> SlotUse:
        """As `ObservedTask.slot` has it. Raises ValueError."""
        slot_id, _, use = text.partition("/")
        return cls(slot_id, int(use))


@dataclass(frozen=True)
class Slot:
    slot_id: str
    kind: WorkspaceKind
    access_point: str
    definition: str
    digest: str
    """Of the definition (Definitions.digest)."""
    use: int


class SlotItems:
    """The items, and the conditions on which they change hands."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client, self._table = client, table_name

    def list_free(self, kind: WorkspaceKind) -> list[Slot]:
        """Those longest free first, as the index shows them: it may lag."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": table.POOL_INDEX,
            "KeyConditionExpression": "#queue = :queue",
            "ExpressionAttributeNames": {"#queue": table.POOL_QUEUE},
            "ExpressionAttributeValues": {":queue": {"S": _queue(kind)}},
        }
        found: list[Slot] = []
        while len(found) < _FREE_READ_MAX:
            answer: Any = self._client.query(**request)
            found += map(_slot, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found

    def taking(self, slot: Slot, task_id: str) -> Any:
        """The update by which a task takes it, if it is still free and in that use."""
        return self._update(
            slot.slot_id,
            f"SET taken_by = :task REMOVE {table.POOL_QUEUE}, {table.POOL_RANK}",
            f"attribute_exists({table.POOL_QUEUE}) AND slot_use = :use AND definition_arn = :definition",
            {":task": {"S": task_id}, ":use": {"N": str(slot.use)}, ":definition": {"S": slot.definition}},
        )

    def add(self, slot: Slot, *, now: float) -> None:
        self._client.put_item(
            TableName=self._table,
            Item={
                **_key(slot.slot_id),
                "kind": {"S": str(slot.kind)},
                "access_point": {"S": slot.access_point},
                "definition_arn": {"S": slot.definition},
                "digest": {"S": slot.digest},
                "slot_use": {"N": str(slot.use)},
                table.POOL_QUEUE: {"S": _queue(slot.kind)},
                table.POOL_RANK: items.number(now),
            },
        )

    def renew(self, slot: Slot, *, definition: str, digest: str) -> bool:
        """Give a free slot another definition; False: it was taken meanwhile."""
        return self._done(
            self._update(
                slot.slot_id,
                "SET definition_arn = :next, digest = :digest",
                f"attribute_exists({table.POOL_QUEUE}) AND definition_arn = :before",
                {":next": {"S": definition}, ":digest": {"S": digest}, ":before": {"S": slot.definition}},
            )
        )

    def give_back(self, used: SlotUse, task_id: str, *, now: float) -> Slot | None:
        """Free it for the next use, unless it is spoiled; None: it was given back before."""
        found = self._client.get_item(TableName=self._table, Key=_key(used.slot_id), ConsistentRead=True).get("Item")
        if found is None or found.get("taken_by") != {"S": task_id}:
            return None
        slot = _slot(found)
        if slot.digest:
            change = f"SET slot_use = :next, {table.POOL_QUEUE} = :queue, {table.POOL_RANK} = :now REMOVE taken_by"
            values = {
                ":next": {"N": str(used.use + 1)},
                ":queue": {"S": _queue(slot.kind)},
                ":now": items.number(now),
                ":task": {"S": task_id},
            }
            self._done(self._update(used.slot_id, change, "taken_by = :task", values))
        return slot

    def spoil(self, slot_id: str) -> None:
        """Its access point or definition is gone: it serves no other task."""
        self._done(self._update(slot_id, "SET digest = :none", "attribute_exists(pk)", {":none": {"S": ""}}))

    def remove(self, slot_id: str) -> None:
        self._client.delete_item(TableName=self._table, Key=_key(slot_id))

    def _done(self, request: Any) -> bool:
        try:
            self._client.update_item(**request)
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _update(self, slot_id: str, change: str, condition: str, values: dict[str, Any]) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": _key(slot_id),
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }


class Slots:
    """The slots of one installation: taken by starts, made by passes."""

    def __init__(
        self,
        slot_items: SlotItems,
        definitions: Definitions,
        efs: EFSClient,
        *,
        file_system: str,
        ahead: int,
        clear: Callable[[str, int], None],
        now: Callable[[], float],
    ) -> None:
        """`clear` has the mover make a slot's folder for a use."""
        self._items, self._definitions, self._efs = slot_items, definitions, efs
        self._file_system, self._ahead, self._clear, self._now = file_system, ahead, clear, now
        self._lock = threading.Lock()
        self._seen: dict[WorkspaceKind, list[Slot]] = {}
        """Free ones as this process last read them, so that most starts need not."""

    def candidates(self, kind: WorkspaceKind) -> Iterator[Slot]:
        """Free slots to try for a task of this kind, until one is taken."""
        digest = self._definitions.digest(kind)
        while slot := self._next_seen(kind):
            if slot.digest == digest:
                yield slot
        with self._lock:
            self._seen[kind] = self._items.list_free(kind)
        while slot := self._next_seen(kind):
            if slot.digest == digest:
                yield slot

    def prepare(self, kind: WorkspaceKind) -> bool:
        """Make slots, and renew those of an earlier image; whether there is more to do."""
        digest = self._definitions.digest(kind)
        free = self._items.list_free(kind)
        stale = [slot for slot in free if slot.digest != digest]
        missing = max(0, self._ahead - len(free))
        for slot in stale[:PER_PASS_MAX]:
            definition = self._definitions.register(kind, slot.slot_id, slot.access_point)
            renewed = self._items.renew(slot, definition=definition, digest=digest)
            self._definitions.deregister(slot.definition if renewed else definition)
        for _ in range(min(missing, max(0, PER_PASS_MAX - len(stale)))):
            self._items.add(self._make(kind, digest), now=self._now())
        with self._lock:
            self._seen[kind] = self._items.list_free(kind) if stale or missing else free
        return len(stale) + missing > PER_PASS_MAX

    def release(self, used: SlotUse, task_id: str) -> None:
        """Its task has ended: have it cleared, then free it, or remove it if it is spoiled."""
        self._clear(used.slot_id, used.use + 1)
        slot = self._items.give_back(used, task_id, now=self._now())
        if slot is not None and not slot.digest:
            self._definitions.deregister(slot.definition)
            self._delete_access_point(slot.access_point)
            self._items.remove(slot.slot_id)

    def spoil(self, used: SlotUse) -> None:
        self._items.spoil(used.slot_id)

    def _next_seen(self, kind: WorkspaceKind) -> Slot | None:
        with self._lock:
            seen = self._seen.get(kind)
            return seen.pop(0) if seen else None

    def _make(self, kind: WorkspaceKind, digest: str) -> Slot:
        """The folder first: the access point makes none. A process that dies here leaves some of it
        behind, which costs nothing."""
        slot_id = f"slot-{b32encode(secrets.token_bytes(10)).decode().lower()}"
        self._clear(slot_id, 1)
        access_point = self._efs.create_access_point(
            ClientToken=slot_id,
            FileSystemId=self._file_system,
            PosixUser={"Uid": STUDENT_UID, "Gid": STUDENT_UID},
            RootDirectory={"Path": f"/slots/{slot_id}"},
            Tags=[{"Key": "Name", "Value": slot_id}, {"Key": "apranova:slot", "Value": slot_id}],
        )["AccessPointId"]
        definition = self._definitions.register(kind, slot_id, access_point)
        return Slot(slot_id, kind, access_point, definition, digest, use=1)

    def _delete_access_point(self, access_point: str) -> None:
        try:
            self._efs.delete_access_point(AccessPointId=access_point)
        except ClientError as error:
            if code_of(error) != "AccessPointNotFound":
                raise


def _queue(kind: WorkspaceKind) -> str:
    return f"slot#{kind}"


def _key(slot_id: str) -> items.Item:
    return {table.PARTITION_KEY: {"S": f"slot#{slot_id}"}, table.SORT_KEY: {"S": table.ENGINE}}


def _slot(item: items.Item) -> Slot:
    return Slot(
        slot_id=item[table.PARTITION_KEY]["S"].removeprefix("slot#"),
        kind=WorkspaceKind(item["kind"]["S"]),
        access_point=item["access_point"]["S"],
        definition=item["definition_arn"]["S"],
        digest=item["digest"]["S"],
        use=int(item["slot_use"]["N"]),
    )
