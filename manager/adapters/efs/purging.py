"""Removes a home on AWS where its file system is mounted: files, then snapshots, then its item."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from manager.adapters.directory_homes.homes import DirectoryHomeVolumes
from manager.adapters.dynamodb.refusals import code_of
from manager.adapters.efs.homes import key_of
from manager.adapters.restic.repositories import Repositories
from manager.ports.home_backup import SnapshotFailed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Purger:
    """Believes the table, not the event: it removes only homes whose item says `purging`."""

    def __init__(
        self,
        homes_folder: Path,
        repositories: Repositories,
        *,
        file_system: str,
        records: DynamoDBClient,
        table_name: str,
    ) -> None:
        self._homes = DirectoryHomeVolumes(homes_folder)
        self._repositories = repositories
        self._file_system = file_system
        self._records = records
        self._table = table_name

    def purge(self, home_id: str) -> bool:
        """Returns whether it purged the home. Idempotent. Raises OSError, ClientError."""
        item = self._find(home_id)
        if item is None or "purging" not in item:
            return False
        self._homes.purge(home_id)
        self._repositories.erase(home_id)
        try:
            self._records.delete_item(
                TableName=self._table, Key=key_of(home_id), ConditionExpression="attribute_exists(purging)"
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
        return True

    def belongs_here(self, home_id: str) -> bool:
        """Whether the table places the home on this file system, which is mounted: Lambda starts no
        function without it. Raises SnapshotFailed."""
        try:
            item = self._find(home_id)
        except (ClientError, BotoCoreError) as error:
            raise SnapshotFailed(f"the table does not say where {home_id} belongs: {error}") from error
        return item is not None and "purging" not in item

    def _find(self, home_id: str) -> Any | None:
        """The home's item, if its place is this file system."""
        item = self._records.get_item(TableName=self._table, Key=key_of(home_id), ConsistentRead=True).get("Item")
        return item if item is not None and item["file_system"].get("S") == self._file_system else None
