"""`BackupWorker` on AWS: notifies the Lambda that mounts the homes."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ApraNovaError, Reason
from manager.adapters.restic.s3 import S3Repositories
from manager.ports.home_backup import HomeSnapshot

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

log = logging.getLogger(__name__)


class LambdaBackupWorker:
    def __init__(self, functions: LambdaClient, worker: str, repositories: Callable[[], S3Repositories]) -> None:
        """`repositories` is called only to list snapshots; creating an S3 client would lengthen
        every cold start."""
        self._functions, self._worker, self._repositories = functions, worker, repositories

    def notify(self, workspace_id: str, home_id: str) -> None:
        """Asynchronous: Lambda queues the event. The daily round finds lost events."""
        try:
            self._functions.invoke(
                FunctionName=self._worker,
                InvocationType="Event",
                Payload=json.dumps({"workspace_id": workspace_id}).encode(),
            )
        except (ClientError, BotoCoreError) as error:
            log.warning("the backup worker of %s could not be notified: %s", home_id, error)

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        try:
            return self._repositories().list(home_id)
        except OSError as error:
            message = "Snapshots cannot be listed right now."
            raise ApraNovaError(Reason.MANAGER_UNAVAILABLE, message, detail=str(error)) from error

    def status(self) -> str:
        return f"on: in {self._repositories()}"
