"""The one place that wires a backup worker together on AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

from manager.adapters.cloudwatch.metrics import EmfMetrics
from manager.adapters.dynamodb.store import DynamoDbWorkspaceStore
from manager.adapters.efs.purging import Purger
from manager.adapters.restic.program import Restic
from manager.adapters.restic.s3 import S3Repositories
from manager.adapters.restic.snapshots import ResticSnapshots
from manager.adapters.system.clock import SystemClock
from manager.backup_settings import BackupSettings
from manager.use_cases.backups import BackupContext

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class BackupParts:
    """Everything that a backup worker works with."""

    settings: BackupSettings
    store: DynamoDbWorkspaceStore
    repositories: S3Repositories
    restic: Restic
    purger: Purger
    metrics: EmfMetrics

    def context(self, *, timeout_s: float) -> BackupContext:
        """Make the context for one event, whose time is limited."""
        snapshots = ResticSnapshots(
            self.settings.homes_dir,
            self.repositories,
            self.restic,
            belongs_here=self.purger.belongs_here,
            timeout_s=timeout_s,
        )
        return BackupContext(self.store, snapshots, SystemClock(), self.metrics, counts_homes=True)


def build(settings: BackupSettings, *, endpoint_url: str | None = None) -> BackupParts:
    """Read the snapshots' password and connect to AWS. Raises ClientError, BotoCoreError."""
    session = botocore.session.Session()

    def client(service: str) -> Any:
        config = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 5})
        return session.create_client(service, region_name=settings.region, endpoint_url=endpoint_url, config=config)

    records = cast("DynamoDBClient", client("dynamodb"))
    password = client("secretsmanager").get_secret_value(SecretId=settings.password_secret)["SecretString"]
    repositories = S3Repositories(cast("S3Client", client("s3")), settings.bucket, session.get_credentials())
    return BackupParts(
        settings=settings,
        store=DynamoDbWorkspaceStore(records, settings.table),
        repositories=repositories,
        restic=Restic((settings.restic,), password, cache=settings.scratch / "restic"),
        purger=Purger(
            settings.homes_dir,
            repositories,
            records=records,
            table_name=settings.table,
        ),
        metrics=EmfMetrics(namespace=settings.metrics_namespace, service=settings.service, clock=SystemClock()),
    )
