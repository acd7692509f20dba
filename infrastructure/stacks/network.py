"""The network: made once, changed rarely."""

from __future__ import annotations

from constructs import Construct

from infrastructure.elements.keys import StackKey
from infrastructure.elements.log_groups import make_log_group
from infrastructure.elements.network import FlowLogs, Network
from infrastructure.elements.network_acls import NetworkAcls
from infrastructure.elements.roles import allow, make_role
from infrastructure.elements.security_groups import SecurityGroups
from infrastructure.names import Names
from infrastructure.settings import Settings
from infrastructure.stacks.base import PlatformStack


class NetworkStack(PlatformStack):
    def __init__(self, scope: Construct, *, settings: Settings, names: Names) -> None:
        super().__init__(scope, "network", settings=settings, names=names)
        cidr = settings.network.vpc_cidr
        self.network = Network(self, "Network", names=names, settings=settings.network)
        NetworkAcls(self, "Acls", network=self.network, vpc_cidr=cidr)
        self.groups = SecurityGroups(self, "SecurityGroups", names=names, vpc_id=self.network.vpc_id, vpc_cidr=cidr)
        self._flow_logs(names)

    def _flow_logs(self, names: Names) -> None:
        key = StackKey(self, "Encryption", names=names, purpose="network")
        key.let_logs_use_it()
        group = make_log_group(self, "FlowLogGroup", names.logs("network"), key)
        role = make_role(self, "FlowLogRole", "vpc-flow-logs.amazonaws.com", "Writes refused connections to CloudWatch")
        streams = f"{group.log_group_arn}"
        allow(
            role, "WriteFlowLogs", ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"), (streams,)
        )
        FlowLogs(self, "FlowLogs", vpc_id=self.network.vpc_id, log_group_arn=group.log_group_arn, role=role)
