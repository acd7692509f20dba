"""The one place that wires the manager together on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

from manager.adapters.agent_http.agent import HttpTaskAgent
from manager.adapters.cloudwatch.metrics import EmfMetrics
from manager.adapters.dynamodb.store import DynamoDbWorkspaceStore
from manager.adapters.ecs.definitions import Definitions
from manager.adapters.ecs.references import References
from manager.adapters.ecs.runner import EcsTaskRunner
from manager.adapters.ecs.slots import SlotItems, Slots
from manager.adapters.efs.backup_worker import LambdaBackupWorker
from manager.adapters.efs.homes import EfsHomeVolumes
from manager.adapters.functions.ready_instances import ReadyInstances
from manager.adapters.restic.s3 import S3Repositories
from manager.adapters.sqs.wakes import SqsWakes
from manager.adapters.system.clock import RandomIds, SystemClock
from manager.aws_settings import AwsSettings
from manager.ports.home_backup import BackupWorker
from manager.use_cases.world import NoBackupWorker, Site, World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_efs import EFSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient

_CONNECTIONS_MAX = 32


class Clients:
    """One session of botocore, and a client for each service. They outlive a change of the
    settings. boto3 itself would lengthen a cold start as much as one more client."""

    def __init__(self, region: str) -> None:
        self._session = botocore.session.Session()
        self._region = region
        self.dynamodb = cast("DynamoDBClient", self._client("dynamodb", read_timeout=4))
        self.ecs = cast("ECSClient", self._client("ecs", read_timeout=10))  # at most ecs.runner.RUN_TASK_MAX_S in all
        self.efs = cast("EFSClient", self._client("efs", read_timeout=10))

    @cached_property
    def sqs(self) -> SQSClient:
        return cast("SQSClient", self._client("sqs", read_timeout=3))

    @cached_property
    def ssm(self) -> SSMClient:
        return cast("SSMClient", self._client("ssm", read_timeout=4))

    @cached_property
    def s3(self) -> S3Client:
        return cast("S3Client", self._client("s3", read_timeout=10))

    @cached_property
    def functions(self) -> LambdaClient:
        return cast("LambdaClient", self._client("lambda", read_timeout=12))  # longer than the mover may take

    def parameters(self, path: str) -> Mapping[str, str]:
        """Everything below `path` in Parameter Store. Raises ClientError, BotoCoreError."""
        found: dict[str, str] = {}
        request: Any = {"Path": path, "Recursive": True, "WithDecryption": True}
        while True:
            page: Any = self.ssm.get_parameters_by_path(**request)
            found |= {parameter["Name"]: parameter["Value"] for parameter in page["Parameters"]}
            if not page.get("NextToken"):
                return found
            request["NextToken"] = page["NextToken"]

    def _client(self, service: str, *, read_timeout: int) -> Any:
        config = Config(
            connect_timeout=2,
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": 4},
            max_pool_connections=_CONNECTIONS_MAX,
            tcp_keepalive=True,
        )
        return self._session.create_client(service, region_name=self._region, config=config)


@dataclass(frozen=True)
class AwsManager:
    world: World
    """Without a background: each invocation brings its own."""
    metrics: EmfMetrics
    wakes: SqsWakes | None
    settings: AwsSettings
    ready_instances: ReadyInstances


def build(settings: AwsSettings, clients: Clients) -> AwsManager:
    clock = SystemClock()
    metrics = EmfMetrics(namespace=settings.metrics_namespace, service=settings.service, clock=clock)
    homes = EfsHomeVolumes(
        clients.functions,
        mover=settings.mover,
        backup_worker=settings.backup_worker,
        records=clients.dynamodb,
        table_name=settings.table,
    )
    slots = Slots(
        SlotItems(clients.dynamodb, settings.table),
        Definitions(clients.ecs, settings.ecs),
        clients.efs,
        file_system=settings.ecs.file_system,
        ahead=settings.ecs.slots_ahead,
        clear=homes.clear,
        now=clock.now,
    )
    world = World(
        store=DynamoDbWorkspaceStore(clients.dynamodb, settings.table),
        runner=EcsTaskRunner(
            clients.ecs,
            settings.ecs,
            references=References(clients.dynamodb, settings.table, clock),
            slots=slots,
            homes=homes,
            clock=clock,
        ),
        homes=homes,
        agent=HttpTaskAgent(),
        clock=clock,
        ids=RandomIds(),
        metrics=metrics,
        backup_worker=_backup_worker(settings, clients),
        policy=settings.policy,
        site=Site(settings.workspaces_domain, settings.public_url, settings.identity_key),
    )
    wakes = SqsWakes(clients.sqs, settings.wake_queue, clock) if settings.wake_queue else None
    return AwsManager(world, metrics, wakes, settings, ReadyInstances(clients.functions, settings.ready_instances))


def _backup_worker(settings: AwsSettings, clients: Clients) -> BackupWorker:
    bucket = settings.snapshots_bucket
    if not bucket:
        return NoBackupWorker("APRANOVA_SNAPSHOTS_BUCKET is not set")
    return LambdaBackupWorker(
        clients.functions, settings.backup_worker, lambda: S3Repositories(clients.s3, bucket, None)
    )
