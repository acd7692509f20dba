"""The network: made once, changed rarely."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infrastructure.elements.network import Network
from infrastructure.elements.network_acls import make_network_acls
from infrastructure.elements.roles import allow, make_role
from infrastructure.elements.security_groups import SecurityGroups
from infrastructure.settings import Settings
from infrastructure.stacks.base import PlatformStack


class NetworkStack(PlatformStack):
    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "network", settings=settings)
        self.network = Network(self)
        self.public_subnet_ids = [subnet.subnet.ref for subnet in self.network.public]
        self.private_subnet_ids = [subnet.subnet.ref for subnet in self.network.private]
        make_network_acls(self, self.network)
        self.groups = SecurityGroups(self, self.network.vpc_id)
        self._flow_logs()

    def _flow_logs(self) -> None:
        """Refused connections: the first question after a change of a security group."""
        group = self.log_group("FlowLogGroup", self.names.logs("network"))
        role = make_role(self, "FlowLogRole", "vpc-flow-logs.amazonaws.com", "Writes refused connections to CloudWatch")
        write = ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams")
        allow(role, "WriteFlowLogs", group.log_group_arn, *write)
        ec2.CfnFlowLog(
            Construct(self, "FlowLogs"),
            "Refused",
            resource_id=self.network.vpc_id,
            resource_type="VPC",
            traffic_type="REJECT",
            log_destination_type="cloud-watch-logs",
            # By name: the group's ARN in CloudFormation ends in ":*", and nothing would arrive.
            log_group_name=group.log_group_name,
            deliver_logs_permission_arn=role.role_arn,
        )
