"""Removes a home on AWS where its file system is mounted: files, then snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from manager.adapters.directory_homes.homes import DirectoryHomeVolumes
from manager.adapters.efs.homes import key_of
from manager.adapters.restic.repositories import Repositories
from manager.ports.home_backup import SnapshotFailed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Purger:
    """Believes the table, not the event: it removes only homes whose item says `purging`."""

    def __init__(
        self, homes_folder: Path, repositories: Repositories, *, records: DynamoDBClient, table_name: str
    ) -> None:
        self._homes = DirectoryHomeVolumes(homes_folder)
        self._repositories = repositories
        self._records = records
        self._table = table_name

    def purge(self, home_id: str) -> bool:
        """Returns whether it purged the home. Idempotent. Raises OSError, ClientError."""
        if not self._is_purging(home_id):
            return False
        self._homes.purge(home_id)
        self._repositories.erase(home_id)
        self._records.update_item(
            TableName=self._table,
            Key=key_of(home_id),
            UpdateExpression="SET purged = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )
        return True

    def belongs_here(self, home_id: str) -> bool:
        """Whether a home that is missing here is lost: Lambda starts no function without the mount,
        and there is one file system. Raises SnapshotFailed."""
        try:
            return not self._is_purging(home_id)
        except (ClientError, BotoCoreError) as error:
            raise SnapshotFailed(f"the table does not say whether {home_id} is being purged: {error}") from error

    def _is_purging(self, home_id: str) -> bool:
        found: Any = self._records.get_item(TableName=self._table, Key=key_of(home_id), ConsistentRead=True)
        return "purging" in found.get("Item", {})
