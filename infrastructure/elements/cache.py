"""ElastiCache Redis in cluster mode: for each shard a replica in another zone, TLS, and a token."""

from __future__ import annotations

from aws_cdk import CfnDeletionPolicy
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infrastructure.elements.security_groups import Group
from infrastructure.names import CACHE_PORT
from infrastructure.stacks.base import PlatformStack
from infrastructure.stacks.network import NetworkStack

REPLICAS = 1
"""For each shard, to take over in another zone. Nothing reads from it, because sessions and rate
limits must be exact. So more replicas would take no load; shards do."""


class Cache(Construct):
    def __init__(self, stack: PlatformStack, network: NetworkStack, token: secretsmanager.ISecret) -> None:
        super().__init__(stack, "Cache")
        name, settings = stack.names.name, stack.settings.cache
        subnets = elasticache.CfnSubnetGroup(
            self, "Subnets", description=f"{name}: private subnets", subnet_ids=network.private_subnet_ids
        )
        self.group = elasticache.CfnReplicationGroup(
            self,
            "Redis",
            replication_group_id=stack.names.of("cache"),
            replication_group_description=f"{name}: cache, rate limits, live updates",
            engine="redis",
            engine_version="7.1",
            cache_node_type=settings.node_type,
            cache_parameter_group_name="default.redis7.cluster.on",
            num_node_groups=settings.shards,
            replicas_per_node_group=REPLICAS,
            automatic_failover_enabled=True,
            multi_az_enabled=True,
            port=CACHE_PORT,
            cache_subnet_group_name=subnets.ref,
            security_group_ids=[network.groups.id_of(Group.CACHE)],
            at_rest_encryption_enabled=True,
            kms_key_id=stack.key.key_arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            auth_token=token.secret_value.unsafe_unwrap(),  # a reference that CloudFormation resolves, not the token
            snapshot_retention_limit=1,
            auto_minor_version_upgrade=True,
        )
        self.group.cfn_options.deletion_policy = CfnDeletionPolicy.SNAPSHOT
        self.group.cfn_options.update_replace_policy = CfnDeletionPolicy.SNAPSHOT

    @property
    def url(self) -> str:
        """Without the token, which is in Secrets Manager."""
        return f"rediss://{self.group.attr_configuration_end_point_address}:{CACHE_PORT}/0"
