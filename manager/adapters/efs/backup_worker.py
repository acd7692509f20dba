"""`BackupWorker` on AWS: notifies the Lambda that mounts a home's file system."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ApraNovaError, Reason
from manager.adapters.ecs.settings import HomePlaces
from manager.adapters.restic.s3 import S3Repositories
from manager.ports.home_backup import HomeSnapshot

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

log = logging.getLogger(__name__)


class LambdaBackupWorker:
    def __init__(
        self,
        functions: LambdaClient,
        workers: Mapping[str, str],
        repositories: Callable[[], S3Repositories],
        homes: HomePlaces,
    ) -> None:
        """`workers`: file system → name of its backup worker's function, which also purges.
        `repositories` is called only to list snapshots; creating an S3 client would lengthen every
        cold start."""
        self._functions = functions
        self._workers = dict(workers)
        self._repositories = repositories
        self._homes = homes

    def notify(self, workspace_id: str, home_id: str) -> None:
        """Asynchronous: Lambda queues the event. The daily round finds lost events."""
        try:
            place = self._homes.find_place(home_id)
            if (
                place is not None
                and place.file_system_id not in self._workers
                and self._homes.recreate_access_point(home_id)
            ):
                place = self._homes.find_place(home_id)
            if place is None:
                return
            self._functions.invoke(
                FunctionName=self._workers[place.file_system_id],
                InvocationType="Event",
                Payload=json.dumps({"workspace_id": workspace_id}).encode(),
            )
        except (ApraNovaError, ClientError, BotoCoreError, KeyError) as error:
            log.warning("the backup worker of %s could not be notified: %s", home_id, error)

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        try:
            return self._repositories().list(home_id)
        except OSError as error:
            message = "Snapshots cannot be listed right now; please try again"
            raise ApraNovaError(Reason.INTERNAL, message, detail=str(error)) from error

    def status(self) -> str:
        return f"on: {len(self._workers)} backup workers, in {self._repositories()}"
