"""The ECS runner and EFS homes over the emulator, wired as the Lambda wires them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from typing import Any

from contract.names import WorkspaceKind
from manager.adapters.ecs.definitions import Definitions
from manager.adapters.ecs.references import References
from manager.adapters.ecs.runner import EcsTaskRunner
from manager.adapters.ecs.settings import EcsSettings
from manager.adapters.efs.homes import EfsHomeVolumes, key_of
from manager.adapters.system.clock import SystemClock
from manager.adapters.tests.aws_emulator import REGION, VSCODE_IMAGE, AwsEmulator, Requests
from manager.ports.clock import Clock


class RecordingFunctions:
    """The Lambda service, as far as a purge and a backup use it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def invoke(self, **request: Any) -> None:
        self.sent.append(request)


class EcsUnderTest:
    def __init__(
        self, aws: AwsEmulator, *, clock: Clock | None = None, cluster: str = "", table: str = "", spot_percent: int = 0
    ) -> None:
        self.clock = clock or SystemClock()
        few_tries = {"mode": "standard", "total_max_attempts": 2}  # a test that uses them up should not wait for long
        self.ecs = aws.client("ecs", retries=few_tries)
        self.dynamodb, self.efs, self.functions = (aws.client(name) for name in ("dynamodb", "efs", "lambda"))
        self.requests, self.records = Requests(self.ecs), Requests(self.dynamodb)
        self.table = table or aws.make_table()
        self.cluster = cluster or f"c-{secrets.token_hex(4)}"
        self.ecs.create_cluster(clusterName=self.cluster)
        self.file_systems = [
            self.efs.create_file_system(CreationToken=secrets.token_hex(4))["FileSystemId"] for _ in "ab"
        ]
        self.settings = EcsSettings(
            region=REGION,
            cluster=self.cluster,
            subnets=("subnet-1", "subnet-2"),
            security_group="sg-1",
            execution_role_arn="arn:aws:iam::111122223333:role/execution",
            images={WorkspaceKind.VSCODE: VSCODE_IMAGE},
            spot_percent=spot_percent,
        )
        self.homes = self.homes_with(self.functions)
        self.runner = self.another_runner()

    def homes_with(self, functions: Any, file_systems: Sequence[str] = ()) -> EfsHomeVolumes:
        return EfsHomeVolumes(
            self.efs,
            purgers={name: f"purger-{name}" for name in file_systems or self.file_systems},
            functions=functions,
            records=self.dynamodb,
            table_name=self.table,
            drop_definitions=Definitions(self.ecs, self.settings).drop,
        )

    def another_runner(self, settings: EcsSettings | None = None) -> EcsTaskRunner:
        """As another Lambda instance has it: they share only AWS."""
        references = References(self.dynamodb, self.table, self.clock)
        return EcsTaskRunner(
            self.ecs, settings or self.settings, references=references, homes=self.homes, clock=self.clock
        )

    def mark_purging(self, home_id: str) -> None:
        self.dynamodb.update_item(
            TableName=self.table,
            Key=key_of(home_id),
            UpdateExpression="SET purging = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )

    def new_home(self) -> str:
        home_id = f"home-{base64.b32encode(secrets.token_bytes(10)).decode().lower()}"
        self.homes.create(home_id)
        return home_id

    def ecs_tasks(self, status: str = "RUNNING") -> list[Any]:
        arns = self.ecs.list_tasks(cluster=self.cluster, desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"] if arns else []

    def close(self) -> None:
        for task in self.ecs_tasks():
            self.ecs.stop_task(cluster=self.cluster, task=task["taskArn"])
