"""Backup workers: a function for each file system that snapshots, restores and purges homes.

Each handles one home at a time (reserved concurrency 1), because two must never handle the same
one. When a class stops at once, its homes wait in Lambda's own queue.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from contract.names import STUDENT_UID
from infrastructure.elements.function import make_function
from infrastructure.elements.roles import allow, allow_log, allow_vpc, make_role
from infrastructure.names import BACKUP_HANDLER, BACKUP_RUN, HOMES_FOLDER, METRICS_NAMESPACE
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.data import DataStack
from infrastructure.stacks.network import NetworkStack

MEMORY_MB = 1769
"""One whole processor: restic compresses on one core."""
TIMEOUT_S = 900
"""Lambda's maximum. A large home's first snapshot may need more; the next try continues it."""
SCRATCH_MB = 2048
MOUNT = "/mnt/homes"
"""Lambda mounts only below /mnt."""
RESTIC = "/var/task/bin/restic"

_Point = efs.CfnAccessPoint
_Schedule = scheduler.CfnSchedule


class BackupWorkers(Construct):
    def __init__(self, stack: PlatformStack, *, network: NetworkStack, data: DataStack, code: Path) -> None:
        super().__init__(stack, "BackupWorkers")
        self._stack, self._network, self._data = stack, network, data
        self._log_group = stack.log_group("BackupWorkerLogs", stack.names.logs("backup-workers"))
        self._asset = assets.Asset(self, "Code", path=str(code))
        self._role = self._make_role()
        self.functions = [self._worker(number, it) for number, it in enumerate(data.homes.file_systems, 1)]
        self._nightly_runs()

    def let_invoke(self, role: iam.Role) -> None:
        allow(role, "InvokeBackupWorkers", [it.attr_arn for it in self.functions], "lambda:InvokeFunction")

    def _worker(self, number: int, file_system: efs.CfnFileSystem) -> lambda_.CfnFunction:
        uid = str(STUDENT_UID)
        point = _Point(
            self,
            f"Homes{number}",
            file_system_id=file_system.ref,
            posix_user=_Point.PosixUserProperty(uid=uid, gid=uid),
            root_directory=_Point.RootDirectoryProperty(
                path=HOMES_FOLDER,
                creation_info=_Point.CreationInfoProperty(owner_uid=uid, owner_gid=uid, permissions="0711"),
            ),
        )
        allow(
            self._role,
            f"Mount{number}",
            file_system.attr_arn,
            "elasticfilesystem:ClientMount",
            "elasticfilesystem:ClientWrite",
            conditions={"StringEquals": {"elasticfilesystem:AccessPointArn": point.attr_arn}},
        )
        return make_function(
            self._stack,
            self,
            f"Worker{number}",
            code=self._asset,
            role=self._role,
            log_group=self._log_group,
            network=self._network,
            environment={
                "APRANOVA_TABLE": self._data.table.table_name,
                "APRANOVA_FILE_SYSTEM": file_system.ref,
                "APRANOVA_HOMES_DIR": MOUNT,
                "APRANOVA_SNAPSHOTS_BUCKET": self._data.snapshots.bucket_name,
                "APRANOVA_SNAPSHOTS_SECRET": self._data.secrets.snapshots.secret_arn,
                "APRANOVA_RESTIC": RESTIC,
                "APRANOVA_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "APRANOVA_SERVICE": self._stack.names.name,
            },
            function_name=self._stack.names.backup_worker(file_system.ref),
            description="Takes snapshots of stopped homes, restores and purges homes",
            handler=BACKUP_HANDLER,
            memory_size=MEMORY_MB,
            timeout=TIMEOUT_S,
            ephemeral_storage=lambda_.CfnFunction.EphemeralStorageProperty(size=SCRATCH_MB),
            reserved_concurrent_executions=1,
            file_system_configs=[
                lambda_.CfnFunction.FileSystemConfigProperty(arn=point.attr_arn, local_mount_path=MOUNT)
            ],
        )

    def _nightly_runs(self) -> None:
        role = make_role(self, "NightlyRole", "scheduler.amazonaws.com", "EventBridge Scheduler starts nightly runs")
        self.let_invoke(role)
        for number, function in enumerate(self.functions, 1):
            _Schedule(
                self,
                f"Nightly{number}",
                name=self._stack.names.of(f"nightly-backup-{number}"),
                description="Homes whose snapshot was lost, failed or overtaken",
                schedule_expression="cron(0 4 * * ? *)",
                schedule_expression_timezone=self._stack.settings.school.time_zone,
                flexible_time_window=_Schedule.FlexibleTimeWindowProperty(
                    mode="FLEXIBLE", maximum_window_in_minutes=60
                ),
                state="ENABLED",
                target=_Schedule.TargetProperty(arn=function.attr_arn, role_arn=role.role_arn, input=BACKUP_RUN),
            )

    def _make_role(self) -> iam.Role:
        role = make_role(self, "Role", "lambda.amazonaws.com", "What a backup worker may do")
        data, table = self._data, self._data.table.table_arn
        allow(
            role,
            "ReadAndWriteRecords",
            table,
            "dynamodb:BatchGetItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
        )
        allow(role, "ListWorkspaces", f"{table}/index/*", "dynamodb:Query")
        allow(role, "ReadSnapshotsPassword", data.secrets.snapshots.secret_arn, "secretsmanager:GetSecretValue")
        allow(role, "UseDataKey", data.key.key_arn, "kms:Decrypt", "kms:GenerateDataKey")
        allow(role, "ListSnapshots", data.snapshots.bucket_arn, "s3:ListBucket")
        objects = data.snapshots.arn_for_objects("*")
        allow(role, "ReadAndWriteSnapshots", objects, "s3:DeleteObject", "s3:GetObject", "s3:PutObject")
        allow_log(role, self._log_group)
        allow_vpc(role)
        return role
