"""`HomeVolumes` over EFS access points.

An access point shows a task one folder as a whole file system, and maps every access to the
student's uid. So a task reaches its own home and no other. EFS allows 10,000 access points for each
file system: a home's id chooses the file system, and the next one is tried when that is full. The
manager's table records the choice (`home#<id>`), because EFS cannot search by tag.

The files are in `/homes/<home id>`, as on one machine. They survive the loss of an access point:
when a task cannot mount its home, `recreate_access_point` makes another one, so no launch has to
ask EFS first. Only the purger removes files; it is a Lambda for each file system that mounts
`/homes`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sized
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ApraNovaError, Reason
from contract.names import STUDENT_UID
from manager.adapters.dynamodb import table
from manager.adapters.dynamodb.refusals import code_of
from manager.adapters.ecs.settings import HomePlace, NewHome
from manager.ports.home_volumes import HomeOwner, check_home_id

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_efs import EFSClient
    from mypy_boto3_efs.type_defs import RootDirectoryTypeDef
    from mypy_boto3_lambda import LambdaClient

log = logging.getLogger(__name__)

HOMES_FOLDER = "/homes"
_KEPT_MAX = 1_000


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
        """`purgers`: file system → the Lambda that removes files on it. `drop_definitions` removes
        what ECS keeps for a purged home; it may be repeated."""
        self._just_found: dict[str, HomePlace] = {}
        """For the start that follows, so that it need not read the same item again."""
        self._new: dict[str, HomePlace] = {}
        """Created by this process; the start that follows records them."""
        self._client = client
        self._purgers = dict(purgers)
        self._functions = functions
        self._records = records
        self._table = table_name
        self._drop_definitions = drop_definitions

    def create(self, home_id: str, owner: HomeOwner | None = None) -> None:  # noqa: ARG002
        """Create the access point. The start that follows records it, in one request with its
        intent record and before ECS is asked; until then no other process knows it. A create that
        was interrupted is repeated, and EFS recognizes it by its token. Only if the file systems
        have changed in between, an unused access point is left over."""
        check_home_id(home_id)
        with _reaching_aws():
            for file_system in self._in_order(home_id):
                access_point = self._create_access_point(home_id, file_system)
                if access_point:
                    _keep(self._new, home_id, HomePlace(file_system, access_point))
                    return
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
        """The place that is recorded first stays; the access point of a later one is deleted."""
        with _reaching_aws():
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

    def recreate_access_point(self, home_id: str) -> bool:
        """Create another access point if EFS no longer knows the recorded one; whether it did.

        It is made in the same file system, so that it shows the same files. Another file system is
        used only if EFS no longer knows the recorded one; then the files have to be restored. The
        new access point creates no folder: if the files are missing, mounting fails again, and
        nobody gets an empty home instead of their own.
        """
        self._forget(home_id)
        with _reaching_aws():
            before = _place_in(self._find(home_id))
            if before is None or self._has_access_point(before.access_point_id):
                return False
            kept = self._has_file_system(before.file_system_id)
            for file_system in self._in_order(home_id):
                if kept != (file_system == before.file_system_id):
                    continue
                access_point = self._create_access_point(home_id, file_system, instead_of=before.access_point_id)
                if access_point:
                    return self._replace(home_id, before, HomePlace(file_system, access_point))
        log.error("%s has lost its access point, and no file system can take another one", home_id)
        return False

    def purge(self, home_id: str) -> None:
        """Notify the purger and never wait for it: until it has removed files and item, every call
        raises, so that the caller asks again."""
        self._forget(home_id)
        with _reaching_aws():
            found = self._find(home_id)
            if found is None:
                return
            file_system = found["file_system"]["S"]
            if file_system not in self._purgers:
                # Its files may be lost with the file system; another one's purger removes
                # snapshots.
                if not self.recreate_access_point(home_id):
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
        raise ApraNovaError(Reason.WRONG_STATE, "The files are being removed", detail=home_id)

    def _forget(self, home_id: str) -> None:
        self._just_found.pop(home_id, None)
        self._new.pop(home_id, None)

    def _read_place(self, home_id: str) -> HomePlace | None:
        with _reaching_aws():
            return _place_in(self._find(home_id))

    def _find(self, home_id: str) -> Any | None:
        return self._records.get_item(TableName=self._table, Key=key_of(home_id), ConsistentRead=True).get("Item")

    def _in_order(self, home_id: str) -> list[str]:
        """Rendezvous hashing: a repeated create asks the same file system first, and one more file
        system changes nothing for existing homes."""
        return sorted(self._purgers, key=lambda name: hashlib.sha256(f"{home_id} {name}".encode()).digest())

    def _recording(self, home_id: str, made: HomePlace) -> Any:
        unrecorded = "attribute_not_exists(access_point) AND attribute_not_exists(purging)"
        return {**self._update(home_id, made, unrecorded), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}

    def _replace(self, home_id: str, before: HomePlace, after: HomePlace) -> bool:
        """False: another process was faster."""
        request = self._update(home_id, after, "access_point = :before AND attribute_not_exists(purging)")
        request["ExpressionAttributeValues"][":before"] = {"S": before.access_point_id}
        try:
            self._records.update_item(**request)
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        log.warning("the place of %s is now %s instead of %s", home_id, after, before)
        return True

    def _update(self, home_id: str, place: HomePlace, condition: str) -> Any:
        return {
            "TableName": self._table,
            "Key": key_of(home_id),
            "UpdateExpression": "SET file_system = :file_system, access_point = :access_point",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {
                ":file_system": {"S": place.file_system_id},
                ":access_point": {"S": place.access_point_id},
            },
        }

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
        """Its id; empty if the file system is full or lost. `instead_of`: the previous access point
        of a home that has files."""
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
    check_home_id(home_id)
    return {table.PARTITION_KEY: {"S": f"home#{home_id}"}, table.SORT_KEY: {"S": table.RECORD}}


def _place_in(item: Any | None) -> HomePlace | None:
    """None: the home does not exist, is not created yet, or is being purged."""
    if item is None or "access_point" not in item or "purging" in item:
        return None
    return HomePlace(item["file_system"]["S"], item["access_point"]["S"])


def _keep(places: dict[str, HomePlace], home_id: str, place: HomePlace) -> None:
    if len(places) >= _KEPT_MAX:
        del places[next(iter(places))]
    places[home_id] = place


def _knows(ask: Callable[[], Sized], unknown: str) -> bool:
    """`unknown`: the error code for a missing resource. Raises ClientError for any other."""
    try:
        return len(ask()) > 0
    except ClientError as error:
        if code_of(error) == unknown:
            return False
        raise


@contextlib.contextmanager
def _reaching_aws() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise _unreachable(str(error)) from error


def _unreachable(detail: str) -> ApraNovaError:
    return ApraNovaError(Reason.INTERNAL, "The homes cannot be reached right now; please try again", detail=detail)
