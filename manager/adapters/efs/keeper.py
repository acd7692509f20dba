"""`HomeKeeper` on AWS: the Lambda that mounts a home's file system is told to look; snapshots are listed in S3."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from contract.errors import ApraNovaError, Reason
from manager.adapters.ecs.settings import HomePlaces
from manager.adapters.restic.s3 import S3Repositories
from manager.ports.home_keeper import HomeSnapshot

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

log = logging.getLogger(__name__)


class LambdaHomeKeeper:
    def __init__(
        self,
        functions: LambdaClient,
        keepers: Mapping[str, str],
        repositories: Callable[[], S3Repositories],
        homes: HomePlaces,
    ) -> None:
        """`keepers`: the file systems, each with the name of its keeper, which is its purger as well. `repositories`: made when
        somebody asks for a list; a client of S3 would lengthen every cold start."""
        self._functions = functions
        self._keepers = dict(keepers)
        self._repositories = repositories
        self._homes = homes

    def look(self, workspace_id: str, home_id: str) -> None:
        """Asynchronous: Lambda keeps the event until the keeper is free. One that is lost is found by the daily round."""
        try:
            place = self._homes.find_place(home_id)
            if place is not None and place.file_system_id not in self._keepers and self._homes.mend(home_id):
                place = self._homes.find_place(home_id)
            if place is None:
                return
            self._functions.invoke(
                FunctionName=self._keepers[place.file_system_id],
                InvocationType="Event",
                Payload=json.dumps({"workspace_id": workspace_id}).encode(),
            )
        except (ApraNovaError, ClientError, BotoCoreError, KeyError) as error:
            log.warning("the keeper of %s could not be told: %s", home_id, error)

    def list(self, home_id: str) -> tuple[HomeSnapshot, ...]:
        try:
            return self._repositories().list(home_id)
        except OSError as error:
            message = "The snapshots cannot be looked up at the moment; please try again"
            raise ApraNovaError(Reason.INTERNAL, message, detail=str(error)) from error

    def status(self) -> str:
        return f"on: {len(self._keepers)} keepers, in {self._repositories()}"
