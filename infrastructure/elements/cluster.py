"""The ECS cluster: Fargate and Fargate Spot, so there are no hosts with an instance profile."""

from __future__ import annotations

from aws_cdk import aws_ecs as ecs
from constructs import Construct

from infrastructure.elements.roles import Conditions, allow_service
from infrastructure.stacks.base import PlatformStack

_Cluster = ecs.CfnCluster


def make_cluster(stack: PlatformStack) -> ecs.CfnCluster:
    _let_fargate_encrypt_disks(stack)
    cluster = _Cluster(
        Construct(stack, "Cluster"),
        "Cluster",
        cluster_name=stack.names.cluster,
        capacity_providers=["FARGATE", "FARGATE_SPOT"],
        default_capacity_provider_strategy=[
            _Cluster.CapacityProviderStrategyItemProperty(capacity_provider="FARGATE", weight=1)
        ],
        cluster_settings=[_Cluster.ClusterSettingsProperty(name="containerInsights", value="enabled")],
        configuration=_Cluster.ClusterConfigurationProperty(
            managed_storage_configuration=_Cluster.ManagedStorageConfigurationProperty(
                fargate_ephemeral_storage_kms_key_id=stack.key.key_id
            )
        ),
    )
    cluster.node.add_dependency(stack.key)
    return cluster


def _let_fargate_encrypt_disks(stack: PlatformStack) -> None:
    """The document's "EBS encryption": a Fargate task's own disk, under our key."""
    here: Conditions = {
        "StringEquals": {
            "kms:EncryptionContext:aws:ecs:clusterAccount": [stack.account],
            "kms:EncryptionContext:aws:ecs:clusterName": [stack.names.cluster],
        }
    }
    decrypt: Conditions = {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}
    fargate = "fargate.amazonaws.com"
    allow_service(stack.key, "FargateDiskKeys", fargate, "kms:GenerateDataKeyWithoutPlaintext", conditions=here)
    allow_service(stack.key, "FargateDiskGrants", fargate, "kms:CreateGrant", conditions={**here, **decrypt})
