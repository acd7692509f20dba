"""EFS for the students' homes. A task mounts one access point, its student's, and nothing above it.

Workspace tasks have no role, so they mount without IAM; the file system's policy therefore lets in only who comes over TLS, through
a mount target of this VPC and through an access point. A student's code cannot mount at all: Fargate gives no such capability.
"""

from __future__ import annotations

from aws_cdk import CfnDeletionPolicy, Fn, Stack
from aws_cdk import aws_efs as efs
from constructs import Construct

from infrastructure.elements.keys import StackKey
from infrastructure.names import Names
from infrastructure.settings import Homes as HomesSettings


class Homes(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        settings: HomesSettings,
        subnet_ids: list[str],
        security_group_id: str,
        key: StackKey,
    ) -> None:
        super().__init__(scope, id)
        self.file_systems = tuple(
            self._file_system(number, names, settings, key) for number in range(1, settings.file_systems + 1)
        )
        for number, file_system in enumerate(self.file_systems, 1):
            for zone, subnet_id in enumerate(subnet_ids, 1):
                efs.CfnMountTarget(
                    self,
                    f"Mount{number}Zone{zone}",
                    file_system_id=file_system.ref,
                    subnet_id=subnet_id,
                    security_groups=[security_group_id],
                )

    @property
    def ids(self) -> str:
        """With spaces between."""
        return Fn.join(" ", [file_system.ref for file_system in self.file_systems])

    @property
    def arns(self) -> list[str]:
        return [file_system.attr_arn for file_system in self.file_systems]

    def _file_system(self, number: int, names: Names, settings: HomesSettings, key: StackKey) -> efs.CfnFileSystem:
        days = settings.infrequent_after_days
        file_system = efs.CfnFileSystem(
            self,
            f"FileSystem{number}",
            encrypted=True,
            kms_key_id=key.arn,
            performance_mode="generalPurpose",
            throughput_mode="elastic",
            backup_policy=efs.CfnFileSystem.BackupPolicyProperty(status="ENABLED"),
            lifecycle_policies=[
                efs.CfnFileSystem.LifecyclePolicyProperty(
                    transition_to_ia="AFTER_1_DAY" if days == 1 else f"AFTER_{days}_DAYS"
                ),
                efs.CfnFileSystem.LifecyclePolicyProperty(transition_to_primary_storage_class="AFTER_1_ACCESS"),
            ],
            file_system_policy=self._policy(),
            bypass_policy_lockout_safety_check=False,
            file_system_tags=[
                efs.CfnFileSystem.ElasticFileSystemTagProperty(key="Name", value=names.of(f"homes-{number}"))
            ],
        )
        file_system.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN
        file_system.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN
        return file_system

    def _policy(self) -> dict[str, object]:
        stack = Stack.of(self)
        points = f"arn:{stack.partition}:elasticfilesystem:{stack.region}:{stack.account}:access-point/*"
        use = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "AllowAccessPoints",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": use,
                    "Condition": {
                        "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"},
                        "ArnLike": {"elasticfilesystem:AccessPointArn": points},
                    },
                },
                {
                    "Sid": "RequireTls",
                    "Effect": "Deny",
                    "Principal": {"AWS": "*"},
                    "Action": [*use, "elasticfilesystem:ClientRootAccess"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        }
