"""The ECS cluster: Fargate and Fargate Spot. There are no hosts, so the document's EC2 instance profile has nobody to wear it."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.elements.keys import StackKey
from infrastructure.names import Names


class Cluster(Construct):
    def __init__(self, scope: Construct, id: str, *, names: Names, key: StackKey) -> None:
        super().__init__(scope, id)
        self._let_fargate_encrypt_disks(names, key)
        self.cluster = ecs.CfnCluster(
            self,
            "Cluster",
            cluster_name=names.cluster,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            default_capacity_provider_strategy=[
                ecs.CfnCluster.CapacityProviderStrategyItemProperty(capacity_provider="FARGATE", weight=1)
            ],
            cluster_settings=[ecs.CfnCluster.ClusterSettingsProperty(name="containerInsights", value="enabled")],
            configuration=ecs.CfnCluster.ClusterConfigurationProperty(
                managed_storage_configuration=ecs.CfnCluster.ManagedStorageConfigurationProperty(
                    fargate_ephemeral_storage_kms_key_id=key.key.key_id
                )
            ),
        )
        self.cluster.node.add_dependency(key)

    @property
    def name(self) -> str:
        return self.cluster.ref

    @property
    def arn(self) -> str:
        return self.cluster.attr_arn

    def _let_fargate_encrypt_disks(self, names: Names, key: StackKey) -> None:
        """The document's "EBS encryption": a Fargate task's own disk, under our key."""
        of_this_cluster = {
            "kms:EncryptionContext:aws:ecs:clusterAccount": [Stack.of(self).account],
            "kms:EncryptionContext:aws:ecs:clusterName": [names.cluster],
        }
        fargate = iam.ServicePrincipal("fargate.amazonaws.com")
        key.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="FargateDiskKeys",
                principals=[fargate],
                actions=["kms:GenerateDataKeyWithoutPlaintext"],
                resources=["*"],
                conditions={"StringEquals": of_this_cluster},
            )
        )
        key.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="FargateDiskGrants",
                principals=[fargate],
                actions=["kms:CreateGrant"],
                resources=["*"],
                conditions={
                    "StringEquals": of_this_cluster,
                    "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]},
                },
            )
        )
