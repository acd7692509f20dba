"""The backup worker: a function that snapshots, restores and purges homes at rest.

It handles one home at a time (reserved concurrency 1), because two must never handle the same one.
When a class stops at once, its homes wait in Lambda's own queue. It works as root, because nobody
else enters the folder of homes.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infrastructure.elements.function import make_function
from infrastructure.elements.homes import make_point_of_homes
from infrastructure.elements.roles import allow, allow_log, allow_mount, allow_vpc, make_role
from infrastructure.names import BACKUP_HANDLER, BACKUP_RUN, HOMES_MOUNT, METRICS_NAMESPACE
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack
from infrastructure.stacks.network import NetworkStack

MEMORY_MB = 1769
"""One whole processor: restic compresses on one core."""
TIMEOUT_S = 900
"""Lambda's maximum. A large home's first snapshot may need more; the next try continues it."""
SCRATCH_MB = 2048
RESTIC = "/var/task/bin/restic"

_Schedule = scheduler.CfnSchedule


class BackupWorker(Construct):
    def __init__(self, stack: PlatformStack, *, network: NetworkStack, data: DataStack, code: Path) -> None:
        super().__init__(stack, "BackupWorkers")
        self._stack, self._network, self._data = stack, network, data
        self._log_group = stack.log_group("BackupWorkerLogs", stack.names.logs("backup-workers"))
        self._asset = assets.Asset(self, "Code", path=str(code))
        self._role = self._make_role()
        self.point = make_point_of_homes(self, "Homes1", data.homes)
        allow_mount(self._role, data.homes.arn, self.point)
        self.function = self._worker()
        self._nightly_run()

    def let_invoke(self, role: iam.Role) -> None:
        allow(role, "InvokeBackupWorkers", self.function.attr_arn, "lambda:InvokeFunction")

    def _worker(self) -> lambda_.CfnFunction:
        return make_function(
            self._stack,
            self,
            "Worker1",
            code=self._asset,
            role=self._role,
            log_group=self._log_group,
            network=self._network,
            environment={
                "APRANOVA_TABLE": self._data.table.table_name,
                "APRANOVA_HOMES_DIR": HOMES_MOUNT,
                "APRANOVA_SNAPSHOTS_BUCKET": self._data.snapshots.bucket_name,
                "APRANOVA_SNAPSHOTS_SECRET": self._data.secrets.snapshots.secret_arn,
                "APRANOVA_RESTIC": RESTIC,
                "APRANOVA_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "APRANOVA_SERVICE": self._stack.names.name,
            },
            function_name=self._stack.names.backup_worker,
            description="Takes snapshots of stopped homes, restores and purges homes",
            handler=BACKUP_HANDLER,
            memory_size=MEMORY_MB,
            timeout=TIMEOUT_S,
            ephemeral_storage=lambda_.CfnFunction.EphemeralStorageProperty(size=SCRATCH_MB),
            reserved_concurrent_executions=1,
            file_system_configs=[
                lambda_.CfnFunction.FileSystemConfigProperty(arn=self.point.attr_arn, local_mount_path=HOMES_MOUNT)
            ],
        )

    def _nightly_run(self) -> None:
        role = make_role(self, "NightlyRole", "scheduler.amazonaws.com", "EventBridge Scheduler starts nightly runs")
        self.let_invoke(role)
        _Schedule(
            self,
            "Nightly1",
            name=self._stack.names.of("nightly-backup-1"),
            description="Homes whose snapshot was lost, failed or overtaken",
            schedule_expression="cron(0 4 * * ? *)",
            schedule_expression_timezone=self._stack.settings.school.time_zone,
            flexible_time_window=_Schedule.FlexibleTimeWindowProperty(mode="FLEXIBLE", maximum_window_in_minutes=60),
            state="ENABLED",
            target=_Schedule.TargetProperty(arn=self.function.attr_arn, role_arn=role.role_arn, input=BACKUP_RUN),
        )

    def _make_role(self) -> iam.Role:
        role = make_role(self, "Role", "lambda.amazonaws.com", "What a backup worker may do")
        data, table = self._data, self._data.table.table_arn
        allow(
            role,
            "ReadAndWriteRecords",
            table,
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        )
        allow(role, "ListWorkspaces", f"{table}/index/*", "dynamodb:Query")
        allow(role, "ReadSnapshotsPassword", data.secrets.snapshots.secret_arn, "secretsmanager:GetSecretValue")
        allow(role, "UseDataKey", data.key.key_arn, "kms:Decrypt", "kms:GenerateDataKey")
        allow(role, "ListSnapshots", data.snapshots.bucket_arn, "s3:ListBucket")
        objects = data.snapshots.arn_for_objects("*")
        allow(role, "ReadAndWriteSnapshots", objects, "s3:DeleteObject", "s3:GetObject", "s3:PutObject")
        allow_log(role, self._log_group)
        allow_vpc(role, self._stack.names.backup_worker)
        return role
