"""`HomeVolumes` over EFS access points.

An access point shows a task one folder as its whole file system, and makes whoever uses it the student's uid; so a task reaches
its own home and no other. EFS allows 10,000 of them in a file system: a home's file system is chosen by its id, and the next
one is tried when that is full. Which it was stands in the manager's table (`home#<id>`), because EFS finds nothing by tag.

The files are in `/homes/<home id>`, the same name as on one machine. They stay when an access point is deleted, and another one can be
made for them. Only the purger removes files: a Lambda of its own for each file system, which mounts `/homes`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ApraNovaError, Reason
from contract.names import STUDENT_UID
from manager.adapters.dynamodb import table
from manager.adapters.dynamodb.refusals import code_of
from manager.adapters.ecs.settings import HomePlace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_efs import EFSClient
    from mypy_boto3_lambda import LambdaClient

HOMES_FOLDER = "/homes"
_HOME_ID = re.compile(r"^home-[a-z2-7]{16}$")


class EfsHomeVolumes:
    def __init__(
        self,
        client: EFSClient,
        *,
        purgers: Mapping[str, str],
        functions: LambdaClient,
        records: DynamoDBClient,
        table_name: str,
    ) -> None:
        """`purgers`: the file systems, each with the name of the Lambda that removes files on it."""
        self._client = client
        self._purgers = dict(purgers)
        self._functions = functions
        self._records = records
        self._table = table_name

    def create(self, home_id: str) -> None:
        """Its place is written first, so that a create that is cut short goes on with the same file system; there EFS knows
        the access point again by its token."""
        key = key_of(home_id)
        try:
            found = self._find(home_id)
            if found is not None and "access_point" in found:
                return
            for file_system in self._in_order(home_id, found):
                self._records.update_item(
                    TableName=self._table,
                    Key=key,
                    UpdateExpression="SET file_system = :file_system",
                    ConditionExpression="attribute_not_exists(access_point)",
                    ExpressionAttributeValues={":file_system": {"S": file_system}},
                )
                access_point = self._create_access_point(home_id, file_system)
                if access_point:
                    self._records.update_item(
                        TableName=self._table,
                        Key=key,
                        UpdateExpression="SET access_point = :access_point",
                        ConditionExpression="attribute_not_exists(access_point) AND file_system = :file_system",
                        ExpressionAttributeValues={
                            ":access_point": {"S": access_point},
                            ":file_system": {"S": file_system},
                        },
                    )
                    return
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return  # the same create came twice at once, and the other one has made it
            raise _unreachable(str(error)) from error
        except BotoCoreError as error:
            raise _unreachable(str(error)) from error
        raise ApraNovaError(
            Reason.NO_CAPACITY,
            "There is no room for another home; please tell your school",
            detail=f"every file system has as many access points as EFS allows: {', '.join(self._purgers)}",
        )

    def exists(self, home_id: str) -> bool:
        return self.find_place(home_id) is not None

    def find_place(self, home_id: str) -> HomePlace | None:
        try:
            found = self._find(home_id)
        except (ClientError, BotoCoreError) as error:
            raise _unreachable(str(error)) from error
        if found is None or "access_point" not in found or "purging" in found:
            return None
        return HomePlace(found["file_system"]["S"], found["access_point"]["S"])

    def purge(self, home_id: str) -> None:
        """Never waits: the purger is told, and until it has removed files and item this raises, so that it is asked again."""
        try:
            found = self._find(home_id)
            if found is None:
                return
            file_system = found["file_system"]["S"]
            if "purging" not in found:
                self._records.update_item(
                    TableName=self._table,
                    Key=key_of(home_id),
                    UpdateExpression="SET purging = :yes",
                    ExpressionAttributeValues={":yes": {"BOOL": True}},
                )
            if "access_point" in found:
                self._delete_access_point(found["access_point"]["S"])
            self._functions.invoke(
                FunctionName=self._purgers[file_system],
                InvocationType="Event",
                Payload=json.dumps({"home_id": home_id}).encode(),
            )
        except (ClientError, BotoCoreError) as error:
            raise _unreachable(str(error)) from error
        raise ApraNovaError(Reason.WRONG_STATE, "The files are being removed", detail=home_id)

    def _find(self, home_id: str) -> Any | None:
        return self._records.get_item(TableName=self._table, Key=key_of(home_id), ConsistentRead=True).get("Item")

    def _in_order(self, home_id: str, found: Any | None) -> list[str]:
        """The file system it was begun on, then by a hash of the home's id and theirs (rendezvous hashing), so that one more file system
        changes nothing for the homes there are."""
        begun = found["file_system"]["S"] if found else ""
        by_hash = sorted(self._purgers, key=lambda name: hashlib.sha256(f"{home_id} {name}".encode()).digest())
        return sorted(by_hash, key=lambda name: name != begun)

    def _create_access_point(self, home_id: str, file_system: str) -> str:
        """Its id; empty when the file system is full."""
        try:
            return self._client.create_access_point(
                ClientToken=home_id,
                FileSystemId=file_system,
                PosixUser={"Uid": STUDENT_UID, "Gid": STUDENT_UID},
                RootDirectory={
                    "Path": f"{HOMES_FOLDER}/{home_id}",
                    "CreationInfo": {"OwnerUid": STUDENT_UID, "OwnerGid": STUDENT_UID, "Permissions": "0700"},
                },
                Tags=[{"Key": "Name", "Value": home_id}, {"Key": "apranova:home", "Value": home_id}],
            )["AccessPointId"]
        except ClientError as error:
            match code_of(error):
                case "AccessPointAlreadyExists":
                    answer: Any = error.response
                    return answer["AccessPointId"]
                case "AccessPointLimitExceeded":
                    return ""
            raise

    def _delete_access_point(self, access_point: str) -> None:
        try:
            self._client.delete_access_point(AccessPointId=access_point)
        except ClientError as error:
            if code_of(error) != "AccessPointNotFound":
                raise


def key_of(home_id: str) -> Any:
    if not _HOME_ID.fullmatch(home_id):
        raise ValueError(f"not the id of a home: {home_id!r}")
    return {table.PARTITION_KEY: {"S": f"home#{home_id}"}, table.SORT_KEY: {"S": table.RECORD}}


def _unreachable(detail: str) -> ApraNovaError:
    return ApraNovaError(Reason.INTERNAL, "The homes cannot be reached at the moment; please try again", detail=detail)
