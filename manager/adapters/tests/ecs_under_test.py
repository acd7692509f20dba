"""The ECS runner and EFS homes over the emulator, wired as the Lambda wires them."""

from __future__ import annotations

import base64
import io
import json
import os
import secrets
from pathlib import Path
from typing import Any

from botocore.exceptions import ReadTimeoutError

from contract.names import WorkspaceKind
from manager.adapters.ecs.definitions import Definitions
from manager.adapters.ecs.references import References
from manager.adapters.ecs.runner import EcsTaskRunner
from manager.adapters.ecs.settings import EcsSettings
from manager.adapters.ecs.slots import SlotItems, Slots
from manager.adapters.efs.homes import EfsHomeVolumes
from manager.adapters.system.clock import SystemClock
from manager.adapters.tests.aws_emulator import REGION, VSCODE_IMAGE, AwsEmulator, Requests
from manager.ports.clock import Clock
from mover.function import Mover, answer


class Functions:
    """The Lambda service: the mover works on real files, other invocations are noted."""

    def __init__(self, files: Path) -> None:
        self.mover = Mover(files, student=(os.getuid(), os.getgid()))
        self.sent: list[dict[str, Any]] = []
        self.moves: list[dict[str, Any]] = []
        self.fails: list[str] = []
        """What becomes of the next moves: 'before' or 'after' they are done."""

    def invoke(self, **request: Any) -> dict[str, Any]:
        if not request["FunctionName"].endswith("mover"):
            self.sent.append(request)
            return {"StatusCode": 202}
        event = json.loads(request["Payload"])
        self.moves.append(event)
        fate = self.fails.pop(0) if self.fails else ""
        if fate == "before":
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"{}")}
        said = answer(self.mover, event)
        if fate == "after":
            raise ReadTimeoutError(endpoint_url="https://lambda")
        return {"Payload": io.BytesIO(json.dumps(said).encode())}


class EcsUnderTest:
    def __init__(
        self,
        aws: AwsEmulator,
        *,
        clock: Clock | None = None,
        cluster: str = "",
        table: str = "",
        spot_percent: int = 0,
        slots: int = 4,
    ) -> None:
        self.clock = clock or SystemClock()
        few_tries = {"mode": "standard", "total_max_attempts": 2}  # a test that uses them up should not wait for long
        self.ecs = aws.client("ecs", retries=few_tries)
        self.dynamodb, self.efs = aws.client("dynamodb"), aws.client("efs")
        self.files, self.functions = aws.files, Functions(aws.files)
        self.requests, self.records = Requests(self.ecs), Requests(self.dynamodb)
        self.table = table or aws.make_table()
        self.cluster = cluster or f"c-{secrets.token_hex(4)}"
        self.ecs.create_cluster(clusterName=self.cluster)
        file_system = self.efs.create_file_system(CreationToken=secrets.token_hex(4))["FileSystemId"]
        self.settings = EcsSettings(
            region=REGION,
            cluster=self.cluster,
            subnets=("subnet-1", "subnet-2"),
            security_group="sg-1",
            execution_role_arn="arn:aws:iam::111122223333:role/execution",
            task_role_arn="arn:aws:iam::111122223333:role/task",
            file_system=file_system,
            slots_ahead=slots,
            images={WorkspaceKind.VSCODE: VSCODE_IMAGE},
            spot_percent=spot_percent,
        )
        self.homes = EfsHomeVolumes(
            self.functions,  # type: ignore[arg-type] (a stand-in)
            mover="a-mover",
            backup_worker="a-backup-worker",
            records=self.dynamodb,
            table_name=self.table,
        )
        self.runner = self.another_runner()
        self.prepare()

    def prepare(self) -> None:
        while self.runner.prepare():
            pass

    def another_runner(self, settings: EcsSettings | None = None) -> EcsTaskRunner:
        """As another Lambda instance has it: they share only AWS."""
        settings = settings or self.settings
        slots = Slots(
            SlotItems(self.dynamodb, self.table),
            Definitions(self.ecs, settings),
            self.efs,
            file_system=settings.file_system,
            ahead=settings.slots_ahead,
            clear=self.homes.clear,
            now=self.clock.now,
        )
        references = References(self.dynamodb, self.table, self.clock)
        return EcsTaskRunner(self.ecs, settings, references=references, slots=slots, homes=self.homes, clock=self.clock)

    def new_home(self) -> str:
        """At rest, with a file."""
        home_id = f"home-{base64.b32encode(secrets.token_bytes(10)).decode().lower()}"
        (self.files / "homes" / home_id).mkdir(mode=0o700)
        (self.files / "homes" / home_id / "work.py").write_text(home_id)
        return home_id

    def places_of(self, home_id: str) -> list[str]:
        """Where it is: `homes`, or a slot."""
        return sorted(str(found.parent.relative_to(self.files)) for found in self.files.glob(f"*/**/{home_id}"))

    def ecs_tasks(self, status: str = "RUNNING") -> list[Any]:
        arns = self.ecs.list_tasks(cluster=self.cluster, desiredStatus=status)["taskArns"]
        return self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"] if arns else []

    def close(self) -> None:
        for task in self.ecs_tasks():
            self.ecs.stop_task(cluster=self.cluster, task=task["taskArn"])
