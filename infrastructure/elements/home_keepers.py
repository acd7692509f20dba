"""The homes' keepers: for each file system one function that mounts its `/homes`, takes snapshots into S3, puts one back, and purges.

Each works at one home at a time (reserved concurrency 1), because two of them must not work at the same one. A class that
stops together waits in Lambda's own queue.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from contract.names import STUDENT_UID
from infrastructure.elements.function import FunctionPlace, make_function
from infrastructure.elements.keys import StackKey
from infrastructure.elements.roles import allow, allow_log, allow_vpc, make_role
from infrastructure.names import HOMES_FOLDER, KEEPER_HANDLER, KEEPER_ROUND, METRICS_NAMESPACE, Names
from infrastructure.settings import Settings
from infrastructure.stacks.data import DataStack

MEMORY_MB = 1769
"""One whole processor: restic compresses on one core."""
TIMEOUT_S = 900
"""All that Lambda gives. What a first snapshot of a large home has stored by then is there for the next try."""
SCRATCH_MB = 2048
MOUNT = "/mnt/homes"
"""Lambda mounts below /mnt only."""
RESTIC = "/var/task/bin/restic"


class HomeKeepers(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        settings: Settings,
        data: DataStack,
        place: FunctionPlace,
        code: Path,
        log_group: logs.LogGroup,
        key: StackKey,
    ) -> None:
        super().__init__(scope, id)
        self._names, self._data, self._place, self._key = names, data, place, key
        self._log_group = log_group
        self._asset = assets.Asset(self, "Code", path=str(code))
        self.role = self._role()
        self.functions = [
            self._keeper(number, file_system) for number, file_system in enumerate(data.homes.file_systems, 1)
        ]
        self._rounds(settings.school.time_zone)

    @property
    def function_names(self) -> list[str]:
        return [function.ref for function in self.functions]

    @property
    def arns(self) -> list[str]:
        return [function.attr_arn for function in self.functions]

    def _keeper(self, number: int, file_system: efs.CfnFileSystem) -> lambda_.CfnFunction:
        uid = str(STUDENT_UID)
        point = efs.CfnAccessPoint(
            self,
            f"Homes{number}",
            file_system_id=file_system.ref,
            posix_user=efs.CfnAccessPoint.PosixUserProperty(uid=uid, gid=uid),
            root_directory=efs.CfnAccessPoint.RootDirectoryProperty(
                path=HOMES_FOLDER,
                creation_info=efs.CfnAccessPoint.CreationInfoProperty(owner_uid=uid, owner_gid=uid, permissions="0711"),
            ),
        )
        allow(
            self.role,
            f"Mount{number}",
            ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"),
            (file_system.attr_arn,),
            {"StringEquals": {"elasticfilesystem:AccessPointArn": point.attr_arn}},
        )
        return make_function(
            self,
            f"Keeper{number}",
            code=self._asset,
            role=self.role,
            log_group=self._log_group,
            key=self._key,
            environment={
                "APRANOVA_TABLE": self._data.workspaces.table.table_name,
                "APRANOVA_FILE_SYSTEM": file_system.ref,
                "APRANOVA_HOMES_DIR": MOUNT,
                "APRANOVA_SNAPSHOTS_BUCKET": self._data.snapshots.bucket_name,
                "APRANOVA_SNAPSHOTS_SECRET": self._data.secrets.snapshots.secret_arn,
                "APRANOVA_RESTIC": RESTIC,
                "APRANOVA_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "APRANOVA_SERVICE": self._names.name,
            },
            function_name=self._names.keeper(file_system.ref),
            description="Keeps homes: snapshots after stops, restores, purges",
            handler=KEEPER_HANDLER,
            memory_size=MEMORY_MB,
            timeout=TIMEOUT_S,
            ephemeral_storage=lambda_.CfnFunction.EphemeralStorageProperty(size=SCRATCH_MB),
            reserved_concurrent_executions=1,
            file_system_configs=[
                lambda_.CfnFunction.FileSystemConfigProperty(arn=point.attr_arn, local_mount_path=MOUNT)
            ],
            vpc_config=self._place.vpc_config,
        )

    def _rounds(self, time_zone: str) -> None:
        role = make_role(
            self, "RoundRole", "scheduler.amazonaws.com", "EventBridge Scheduler sends keepers on their round"
        )
        allow(role, "InvokeBackupWorkers", ("lambda:InvokeFunction",), self.arns)
        for number, function in enumerate(self.functions, 1):
            scheduler.CfnSchedule(
                self,
                f"Round{number}",
                name=self._names.of(f"keeper-round-{number}"),
                description="Homes whose snapshot was lost, failed or overtaken",
                schedule_expression="cron(0 4 * * ? *)",
                schedule_expression_timezone=time_zone,
                flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
                    mode="FLEXIBLE", maximum_window_in_minutes=60
                ),
                state="ENABLED",
                target=scheduler.CfnSchedule.TargetProperty(
                    arn=function.attr_arn, role_arn=role.role_arn, input=KEEPER_ROUND
                ),
            )

    def _role(self) -> iam.Role:
        role = make_role(self, "Role", "lambda.amazonaws.com", "What a keeper of homes may do")
        data, table = self._data, self._data.workspaces.table.table_arn
        allow(
            role,
            "ReadAndWriteRecords",
            ("dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"),
            (table,),
        )
        allow(role, "ListWorkspaces", ("dynamodb:Query",), (f"{table}/index/*",))
        allow(role, "ReadSnapshotsPassword", ("secretsmanager:GetSecretValue",), (data.secrets.snapshots.secret_arn,))
        allow(role, "UseDataKey", ("kms:Decrypt", "kms:GenerateDataKey"), (data.key.arn,))
        allow(role, "ListSnapshots", ("s3:ListBucket",), (data.snapshots.bucket_arn,))
        allow(
            role,
            "ReadAndWriteSnapshots",
            ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
            (data.snapshots.arn_for_objects("*"),),
        )
        allow_log(role, self._log_group.log_group_arn)
        allow_vpc(role)
        return role


def let_tell_keepers(role: iam.Role, keepers: HomeKeepers) -> None:
    """The manager tells them; the files and their snapshots are out of its own reach."""
    allow(role, "InvokeBackupWorkers", ("lambda:InvokeFunction",), keepers.arns)
