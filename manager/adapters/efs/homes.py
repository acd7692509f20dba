"""`HomeVolumes` over EFS access points.

An access point shows a task one folder as its whole file system, and makes whoever uses it the student's uid; so a task reaches
its own home and no other. EFS allows 10,000 of them in a file system: a home's file system is chosen by its id, and the next
one is tried when that is full. Which it was stands in the manager's table (`home#<id>`), because EFS finds nothing by tag.

The files are in `/homes/<home id>`, the same name as on one machine. They stay when an access point is deleted: the first task that cannot
mount its home then leads to `mend`, which makes another one for them, and no launch has to ask EFS first. Only the purger removes files:
a Lambda of its own for each file system, which mounts `/homes`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping, Sized
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ApraNovaError, Reason
from contract.names import STUDENT_UID
from manager.adapters.dynamodb import table
from manager.adapters.dynamodb.refusals import code_of
from manager.adapters.ecs.settings import HomePlace, NewHome

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_efs import EFSClient
    from mypy_boto3_efs.type_defs import RootDirectoryTypeDef
    from mypy_boto3_lambda import LambdaClient

log = logging.getLogger(__name__)

HOMES_FOLDER = "/homes"
_KEPT_MAX = 1_000
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
        drop_definitions: Callable[[str], None],
    ) -> None:
        """`purgers`: the file systems, each with the name of the Lambda that removes files on it. `drop_definitions`: ends what ECS keeps for a
        home that is purged; may be repeated."""
        self._just_found: dict[str, HomePlace] = {}
        """For the start that follows, which takes it out: it need not read the same item again."""
        self._new: dict[str, HomePlace] = {}
        """Made here, and to be recorded by the start that follows."""
        self._client = client
        self._purgers = dict(purgers)
        self._functions = functions
        self._records = records
        self._table = table_name
        self._drop_definitions = drop_definitions

    def create(self, home_id: str) -> None:
        """Makes the access point. The start that follows records it, in one request with its intent
        record and before ECS is asked; until then other processes do not know it. A create that is cut short between the two is repeated, and EFS knows the access
        point again by its token; only if the file systems have changed meanwhile, an unused access point is left over."""
        key_of(home_id)  # refuses what is not the id of a home
        try:
            for file_system in self._in_order(home_id):
                access_point = self._create_access_point(home_id, file_system)
                if access_point:
                    _keep(self._new, home_id, HomePlace(file_system, access_point))
                    return
        except (ClientError, BotoCoreError) as error:
            raise _unreachable(str(error)) from error
        raise ApraNovaError(
            Reason.NO_CAPACITY,
            "There is no room for another home; please tell your school",
            detail=f"every file system has as many access points as EFS allows: {', '.join(self._purgers)}",
        )

    def exists(self, home_id: str) -> bool:
        if home_id in self._new:
            return True
        place = self._read_place(home_id)
        if place is not None:
            _keep(self._just_found, home_id, place)
        return place is not None

    def find_place(self, home_id: str) -> HomePlace | None:
        return self._just_found.pop(home_id, None) or self._read_place(home_id)

    def take_new(self, home_id: str) -> NewHome | None:
        made = self._new.pop(home_id, None)
        return None if made is None else NewHome(made, self._recording(home_id, made))

    def record(self, home_id: str, made: HomePlace) -> HomePlace | None:
        """The first place that is recorded is the home's for good; another access point, made in vain, goes."""
        try:
            return self._record(home_id, made)
        except (ClientError, BotoCoreError) as error:
            raise _unreachable(str(error)) from error

    def mend(self, home_id: str) -> bool:
        """Make the home's place anew if EFS has no such access point any more; whether it did. For a home that a task could not mount.

        In the same file system, so that it shows the same files. In another one only if EFS knows the recorded one no more: then
        the files are to be restored there. The new access point makes no folder: where files are missing, mounting fails again,
        and nobody gets an empty home instead of their own.
        """
        self._forget(home_id)
        try:
            before = _place_in(self._find(home_id))
            if before is None or self._has_access_point(before.access_point_id):
                return False
            kept = self._has_file_system(before.file_system_id)
            for file_system in self._in_order(home_id):
                if kept != (file_system == before.file_system_id):
                    continue
                access_point = self._create_access_point(home_id, file_system, instead_of=before.access_point_id)
                if access_point:
                    self._replace(home_id, before, HomePlace(file_system, access_point))
                    return True
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False  # somebody else has mended it
            raise _unreachable(str(error)) from error
        except BotoCoreError as error:
            raise _unreachable(str(error)) from error
        log.error(
            "%s has lost its access point, and no file system that may have another one is here or has room", home_id
        )
        return False

    def purge(self, home_id: str) -> None:
        """Never waits: the purger is told, and until it has removed files and item this raises, so that it is asked again."""
        self._forget(home_id)
        try:
            found = self._find(home_id)
            if found is None:
                return
            file_system = found["file_system"]["S"]
            if file_system not in self._purgers:
                # It may be lost, and the files with it; the purger of another place removes the snapshots.
                if not self.mend(home_id):
                    raise _unreachable(f"{file_system} of {home_id} has no purger")
                self.purge(home_id)
                return
            if "purging" not in found:
                self._records.update_item(
                    TableName=self._table,
                    Key=key_of(home_id),
                    UpdateExpression="SET purging = :yes",
                    ExpressionAttributeValues={":yes": {"BOOL": True}},
                )
            if "access_point" in found:
                self._delete_access_point(found["access_point"]["S"])
            self._drop_definitions(home_id)
            self._functions.invoke(
                FunctionName=self._purgers[file_system],
                InvocationType="Event",
                Payload=json.dumps({"home_id": home_id}).encode(),
            )
        except (ClientError, BotoCoreError) as error:
            raise _unreachable(str(error)) from error
        raise ApraNovaError(Reason.WRONG_STATE, "The files are being removed", detail=home_id)

    def _forget(self, home_id: str) -> None:
        self._just_found.pop(home_id, None)
        self._new.pop(home_id, None)

    def _read_place(self, home_id: str) -> HomePlace | None:
        try:
            return _place_in(self._find(home_id))
        except (ClientError, BotoCoreError) as error:
            raise _unreachable(str(error)) from error

    def _find(self, home_id: str) -> Any | None:
        return self._records.get_item(TableName=self._table, Key=key_of(home_id), ConsistentRead=True).get("Item")

    def _recording(self, home_id: str, made: HomePlace) -> Any:
        return {
            "TableName": self._table,
            "Key": key_of(home_id),
            "UpdateExpression": "SET file_system = :file_system, access_point = :access_point",
            "ConditionExpression": "attribute_not_exists(access_point) AND attribute_not_exists(purging)",
            "ExpressionAttributeValues": {
                ":file_system": {"S": made.file_system_id},
                ":access_point": {"S": made.access_point_id},
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _record(self, home_id: str, made: HomePlace) -> HomePlace | None:
        try:
            self._records.update_item(**self._recording(home_id, made))
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            answer: Any = error.response
            place = _place_in(answer.get("Item"))
            if place != made:
                self._delete_access_point(made.access_point_id)
            return place
        return made

    def _in_order(self, home_id: str) -> list[str]:
        """By a hash of the home's id and theirs (rendezvous hashing): a repeated create asks the same one first, and one more file
        system changes nothing for the homes there are."""
        return sorted(self._purgers, key=lambda name: hashlib.sha256(f"{home_id} {name}".encode()).digest())

    def _replace(self, home_id: str, before: HomePlace, after: HomePlace) -> None:
        self._records.update_item(
            TableName=self._table,
            Key=key_of(home_id),
            UpdateExpression="SET file_system = :file_system, access_point = :access_point",
            ConditionExpression="access_point = :before AND attribute_not_exists(purging)",
            ExpressionAttributeValues={
                ":file_system": {"S": after.file_system_id},
                ":access_point": {"S": after.access_point_id},
                ":before": {"S": before.access_point_id},
            },
        )
        log.warning("%s has a place anew: %s instead of %s", home_id, after, before)

    def _has_access_point(self, access_point: str) -> bool:
        return _knows(
            lambda: self._client.describe_access_points(AccessPointId=access_point)["AccessPoints"],
            "AccessPointNotFound",
        )

    def _has_file_system(self, file_system: str) -> bool:
        return _knows(
            lambda: self._client.describe_file_systems(FileSystemId=file_system)["FileSystems"], "FileSystemNotFound"
        )

    def _create_access_point(self, home_id: str, file_system: str, *, instead_of: str = "") -> str:
        """Its id; empty when the file system is full, or lost. `instead_of`: the access point that a home with files had before."""
        root: RootDirectoryTypeDef = {"Path": f"{HOMES_FOLDER}/{home_id}"}
        if not instead_of:
            root["CreationInfo"] = {"OwnerUid": STUDENT_UID, "OwnerGid": STUDENT_UID, "Permissions": "0700"}
        try:
            return self._client.create_access_point(
                # AWS does not say whether a token belongs to one file system.
                ClientToken=f"{home_id}-{instead_of or file_system}",
                FileSystemId=file_system,
                PosixUser={"Uid": STUDENT_UID, "Gid": STUDENT_UID},
                RootDirectory=root,
                Tags=[{"Key": "Name", "Value": home_id}, {"Key": "apranova:home", "Value": home_id}],
            )["AccessPointId"]
        except ClientError as error:
            match code_of(error):
                case "AccessPointAlreadyExists":
                    answer: Any = error.response
                    return answer["AccessPointId"]
                case "AccessPointLimitExceeded" | "FileSystemNotFound":
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


def _place_in(item: Any | None) -> HomePlace | None:
    """None: there is no such home, it is not made yet, or it is being purged."""
    if item is None or "access_point" not in item or "purging" in item:
        return None
    return HomePlace(item["file_system"]["S"], item["access_point"]["S"])


def _keep(places: dict[str, HomePlace], home_id: str, place: HomePlace) -> None:
    if len(places) >= _KEPT_MAX:
        del places[next(iter(places))]
    places[home_id] = place


def _knows(ask: Callable[[], Sized], unknown: str) -> bool:
    """`unknown`: the error by which EFS says that there is no such thing. Raises ClientError for any other."""
    try:
        return len(ask()) > 0
    except ClientError as error:
        if code_of(error) == unknown:
            return False
        raise


def _unreachable(detail: str) -> ApraNovaError:
    return ApraNovaError(Reason.INTERNAL, "The homes cannot be reached at the moment; please try again", detail=detail)
