"""`HomeVolumes` over one EFS file system, on which homes move.

A home at rest is `/homes/<home id>`. At the claim the mover (mover/function.py) renames it into the
slot of the task, and after the task's end back: docs/homes-that-move.md. Who may have it is in the
records: the claim is written before the home moves, and STOPPED only when it is back. So nothing is
recorded here but that a home is being purged; the backup worker does that, as it mounts the files.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from contract import wire
from contract.collect import CollectAnswer, CollectRequest
from contract.errors import ApraNovaError, Reason
from manager.adapters.dynamodb import table
from manager.ports.home_volumes import HomeMissing, HomeOwner, check_home_id

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

log = logging.getLogger(__name__)

_NEW_MAX = 1_000


class EfsHomeVolumes:
    def __init__(
        self, functions: LambdaClient, *, mover: str, backup_worker: str, records: DynamoDBClient, table_name: str
    ) -> None:
        """`mover`, `backup_worker`: names of the functions."""
        self._functions, self._mover, self._backup_worker = functions, mover, backup_worker
        self._records, self._table = records, table_name
        self._new: dict[str, None] = {}
        """Homes that may be made when they are brought to a task."""

    def create(self, home_id: str, owner: HomeOwner | None = None) -> None:  # noqa: ARG002
        """Only notes that it may be made: the call that brings it makes it, too."""
        check_home_id(home_id)
        if len(self._new) >= _NEW_MAX:
            self._new.clear()
        self._new[home_id] = None

    def exists(self, home_id: str) -> bool:
        """The mover says so, in the call that brings it."""
        check_home_id(home_id)
        self._new.pop(home_id, None)
        return True

    def bring(self, home_id: str, slot_id: str, use: int) -> None:
        """Move it into the slot. Raises HomeMissing, ApraNovaError(LAUNCH_FAILED, INTERNAL)."""
        new = home_id in self._new
        refused = self._moved({"bring": home_id, "slot": slot_id, "use": use, "new": new})
        self._new.pop(home_id, None)
        if refused == "missing":
            log.error("%s is not at rest, and not in %s", home_id, slot_id)
            raise HomeMissing(home_id)
        if refused:
            message = "The workspace could not get its files; please try again"
            raise ApraNovaError(Reason.LAUNCH_FAILED, message, detail=f"{slot_id}/{use}: {refused}")

    def clear(self, slot_id: str, next_use: int) -> None:
        """Bring home what is in the slot, and make its folder for the next use. Raises
        ApraNovaError(INTERNAL)."""
        refused = self._moved({"clear": slot_id, "next_use": next_use})
        if refused:
            raise _unreachable(f"{slot_id} cannot be cleared: {refused}")

    def copy_folder(self, home_id: str, request: CollectRequest) -> CollectAnswer | None:
        """The backup worker mounts the homes. It works on one home at a time, and refuses while it
        is busy."""
        event = {"collect": check_home_id(home_id), "folder": request.folder}
        try:
            answer = self._functions.invoke(FunctionName=self._backup_worker, Payload=json.dumps(event).encode())
            said: Any = json.loads(answer["Payload"].read())
        except (ClientError, BotoCoreError, ValueError) as error:
            log.warning("%s cannot be read now: %s", home_id, error)
            return None
        if answer.get("FunctionError") or not isinstance(said, dict):
            log.warning("the backup worker could not read %s: %s", home_id, str(said)[:300])
            return None
        return wire.from_json(CollectAnswer, said["copy"]) if said.get("copy") else None

    def purge(self, home_id: str) -> None:
        """Notify the backup worker and never wait for it: until it has removed files and snapshots,
        every call raises, so that the caller asks again."""
        with _reaching_aws():
            found: Any = self._records.get_item(TableName=self._table, Key=key_of(home_id), ConsistentRead=True)
            if "purged" in found.get("Item", {}):
                self._records.delete_item(TableName=self._table, Key=key_of(home_id))
                return
            self._records.update_item(
                TableName=self._table,
                Key=key_of(home_id),
                UpdateExpression="SET purging = :yes",
                ExpressionAttributeValues={":yes": {"BOOL": True}},
            )
            self._functions.invoke(
                FunctionName=self._backup_worker,
                InvocationType="Event",
                Payload=json.dumps({"home_id": home_id}).encode(),
            )
        raise ApraNovaError(Reason.WRONG_STATE, "The files are being removed", detail=home_id)

    def _moved(self, event: dict[str, Any]) -> str:
        """Why the mover refused; empty: it is done. Asked again, it does nothing twice."""
        with _reaching_aws():
            answer = self._functions.invoke(FunctionName=self._mover, Payload=json.dumps(event).encode())
            said: Any = json.loads(answer["Payload"].read())
        if answer.get("FunctionError") or not isinstance(said, dict):
            raise _unreachable(f"the mover failed: {event} → {said}")
        return said.get("refused", "")


def key_of(home_id: str) -> Any:
    check_home_id(home_id)
    return {table.PARTITION_KEY: {"S": f"home#{home_id}"}, table.SORT_KEY: {"S": table.RECORD}}


@contextlib.contextmanager
def _reaching_aws() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError, ValueError) as error:
        raise _unreachable(str(error)) from error


def _unreachable(detail: str) -> ApraNovaError:
    message = "The homes cannot be reached right now."
    return ApraNovaError(Reason.MANAGER_UNAVAILABLE, message, detail=detail)
