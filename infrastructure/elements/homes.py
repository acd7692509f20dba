"""EFS for the students' homes. A task mounts its student's access point, and nothing above it.

Workspace tasks have no role, so they mount without IAM. The file system's policy therefore admits
only mounts over TLS, through a mount target of this VPC and through an access point. A student's
code cannot mount anything: Fargate does not give it the capability.
"""

from __future__ import annotations

from aws_cdk import CfnDeletionPolicy, Fn
from aws_cdk import aws_efs as efs
from constructs import Construct

from infrastructure.elements.security_groups import Group
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.network import NetworkStack

_FileSystem = efs.CfnFileSystem


class Homes(Construct):
    def __init__(self, stack: PlatformStack, network: NetworkStack) -> None:
        super().__init__(stack, "Homes")
        numbers = range(1, stack.settings.homes.file_systems + 1)
        self.file_systems = [self._file_system(number, stack) for number in numbers]
        for number, file_system in enumerate(self.file_systems, 1):
            for zone, subnet_id in enumerate(network.private_subnet_ids, 1):
                efs.CfnMountTarget(
                    self,
                    f"Mount{number}Zone{zone}",
                    file_system_id=file_system.ref,
                    subnet_id=subnet_id,
                    security_groups=[network.groups.id_of(Group.HOMES)],
                )

    @property
    def ids(self) -> str:
        """Separated by spaces."""
        return Fn.join(" ", [file_system.ref for file_system in self.file_systems])

    @property
    def arns(self) -> list[str]:
        return [file_system.attr_arn for file_system in self.file_systems]

    def _file_system(self, number: int, stack: PlatformStack) -> efs.CfnFileSystem:
        days = stack.settings.homes.infrequent_after_days
        file_system = _FileSystem(
            self,
            f"FileSystem{number}",
            encrypted=True,
            kms_key_id=stack.key.key_arn,
            performance_mode="generalPurpose",
            throughput_mode="elastic",
            backup_policy=_FileSystem.BackupPolicyProperty(status="ENABLED"),
            lifecycle_policies=[
                _FileSystem.LifecyclePolicyProperty(
                    transition_to_ia="AFTER_1_DAY" if days == 1 else f"AFTER_{days}_DAYS"
                ),
                _FileSystem.LifecyclePolicyProperty(transition_to_primary_storage_class="AFTER_1_ACCESS"),
            ],
            file_system_policy=_policy(stack),
            bypass_policy_lockout_safety_check=False,
            file_system_tags=[
                _FileSystem.ElasticFileSystemTagProperty(key="Name", value=stack.names.of(f"homes-{number}"))
            ],
        )
        file_system.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN
        file_system.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN
        return file_system


def _policy(stack: PlatformStack) -> dict[str, object]:
    use = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    points = {"elasticfilesystem:AccessPointArn": stack.arn_of("elasticfilesystem", "access-point/*")}
    anyone = {"AWS": "*"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AllowAccessPoints",
                "Effect": "Allow",
                "Principal": anyone,
                "Action": use,
                "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}, "ArnLike": points},
            },
            {
                "Sid": "RequireTls",
                "Effect": "Deny",
                "Principal": anyone,
                "Action": [*use, "elasticfilesystem:ClientRootAccess"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }
