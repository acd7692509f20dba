"""EFS for the students' homes. A task mounts a slot, an access point of its own, and nothing above.

Every mount needs IAM: the file system's policy allows nobody anything, and the roles of tasks,
mover, backup worker and backend each name the access points that they may mount. A student's code
reaches the file system's port and could speak NFS by itself, but without the task role's
credentials, which the agent keeps to itself, it mounts nothing. docs/homes-that-move.md says what
that rests on.
"""

from __future__ import annotations

from aws_cdk import CfnDeletionPolicy
from aws_cdk import aws_efs as efs
from constructs import Construct

from infrastructure.elements.security_groups import Group
from infrastructure.names import HOMES_FOLDER
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.network import NetworkStack

_FileSystem, _Point = efs.CfnFileSystem, efs.CfnAccessPoint


class Homes(Construct):
    def __init__(self, stack: PlatformStack, network: NetworkStack) -> None:
        super().__init__(stack, "Homes")
        self.file_system = self._file_system(stack)
        for zone, subnet_id in enumerate(network.private_subnet_ids, 1):
            efs.CfnMountTarget(
                self,
                f"Mount1Zone{zone}",
                file_system_id=self.file_system.ref,
                subnet_id=subnet_id,
                security_groups=[network.groups.id_of(Group.HOMES)],
            )

    @property
    def id(self) -> str:
        return self.file_system.ref

    @property
    def arn(self) -> str:
        return self.file_system.attr_arn

    def _file_system(self, stack: PlatformStack) -> efs.CfnFileSystem:
        days = stack.settings.homes.infrequent_after_days
        file_system = _FileSystem(
            self,
            "FileSystem1",
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
            file_system_policy=_policy(),
            bypass_policy_lockout_safety_check=False,
            file_system_tags=[_FileSystem.ElasticFileSystemTagProperty(key="Name", value=stack.names.of("homes-1"))],
        )
        file_system.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN
        file_system.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN
        return file_system


def make_point_of_homes(scope: Construct, id: str, homes: Homes) -> efs.CfnAccessPoint:
    """All homes at rest, as root, whom their folder and each home let in."""
    return _Point(
        scope,
        id,
        file_system_id=homes.id,
        posix_user=_Point.PosixUserProperty(uid="0", gid="0"),
        root_directory=_Point.RootDirectoryProperty(
            path=HOMES_FOLDER,
            creation_info=_Point.CreationInfoProperty(owner_uid="0", owner_gid="0", permissions="0700"),
        ),
    )


def _policy() -> dict[str, object]:
    """With a policy, EFS no longer lets in everybody; this one only takes away."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "RequireTls",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": [
                    "elasticfilesystem:ClientMount",
                    "elasticfilesystem:ClientWrite",
                    "elasticfilesystem:ClientRootAccess",
                ],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }
