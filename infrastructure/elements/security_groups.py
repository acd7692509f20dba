"""The document's security-group matrix. Only connections that have a row here are possible.

The manager's function has the backend's group: it calls the agents in workspaces, on the ports that
the document opens only to the backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import CfnTag
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infrastructure.elements.network import ANYWHERE
from infrastructure.names import (
    AGENT_PORT,
    BACKEND_PORT,
    CACHE_PORT,
    DATABASE_PORT,
    HOMES_PORT,
    HTTPS_PORT,
    PORTAL_PORT,
)
from infrastructure.settings import Network
from infrastructure.stacks.base import PlatformStack


class Group(StrEnum):
    BALANCER = "balancer"
    PORTAL = "portal"
    BACKEND = "backend"
    WORKSPACE = "workspace"
    DATABASE = "database"
    CACHE = "cache"
    HOMES = "homes"
    MOVER = "mover"


@dataclass(frozen=True)
class Row:
    to: Group
    port: int
    source: Group | str
    """A group, or addresses."""
    why: str


MATRIX = {
    # The document's rules. Its fifth opened 8088 for Superset, whose agent answers on 8080.
    1: Row(Group.BALANCER, HTTPS_PORT, ANYWHERE, "ALB: allow 443 from 0.0.0.0/0"),
    2: Row(Group.BACKEND, BACKEND_PORT, Group.BALANCER, "Backend: allow 8000 from ALB only"),
    3: Row(Group.DATABASE, DATABASE_PORT, Group.BACKEND, "RDS: allow 5432 from Backend only"),
    4: Row(Group.WORKSPACE, AGENT_PORT, Group.BACKEND, "Workspace: allow 8080 from Backend only"),
    # What its drawing needs, too.
    6: Row(Group.PORTAL, PORTAL_PORT, Group.BALANCER, "the drawing: / goes to the frontend"),
    7: Row(Group.CACHE, CACHE_PORT, Group.BACKEND, "the drawing: Backend to Redis"),
    8: Row(Group.HOMES, HOMES_PORT, Group.WORKSPACE, "the drawing: workspace container to EFS"),
    9: Row(Group.HOMES, HOMES_PORT, Group.BACKEND, "the drawing: Backend to EFS (files)"),
    10: Row(Group.HOMES, HOMES_PORT, Group.MOVER, "homes that move: mover to EFS"),
}
"""A row keeps its number, a part of its logical id: EC2 refuses one rule under two ids."""

_OUT_TO_INTERNET = {
    Group.PORTAL: "images, logs",
    Group.BACKEND: "images, logs, AWS APIs, mail, sign-on providers",
}
"""Groups whose members connect to the internet. The matrix says what they reach inside the VPC."""
_Out = ec2.CfnSecurityGroup.EgressProperty


class SecurityGroups(Construct):
    def __init__(self, stack: PlatformStack, vpc_id: str) -> None:
        super().__init__(stack, "SecurityGroups")
        self._groups = {group: self._make(group, stack, vpc_id) for group in Group}
        for number, row in MATRIX.items():
            self._ingress(f"Row{number}", row)

    def id_of(self, group: Group) -> str:
        return self._groups[group].attr_group_id

    def _make(self, group: Group, stack: PlatformStack, vpc_id: str) -> ec2.CfnSecurityGroup:
        return ec2.CfnSecurityGroup(
            self,
            group.capitalize(),
            group_name=stack.names.of(group),
            group_description=f"{stack.names.name}: {group}",
            vpc_id=vpc_id,
            security_group_egress=_egress(group, stack.settings.network),
            tags=[CfnTag(key="Name", value=stack.names.of(group))],
        )

    def _ingress(self, id: str, row: Row) -> None:
        """A resource of its own: otherwise two groups that name each other could not be made."""
        group = row.source if isinstance(row.source, Group) else None
        ec2.CfnSecurityGroupIngress(
            self,
            id,
            group_id=self.id_of(row.to),
            ip_protocol="tcp",
            from_port=row.port,
            to_port=row.port,
            source_security_group_id=self.id_of(group) if group else None,
            cidr_ip=None if group else row.source,
            description=row.why.replace("…", "etc"),
        )


def _egress(group: Group, network: Network) -> list[ec2.CfnSecurityGroup.EgressProperty]:
    vpc_cidr = network.vpc_cidr
    if why := _OUT_TO_INTERNET.get(group):
        return [_Out(ip_protocol="-1", cidr_ip=ANYWHERE, description=why)]
    if group is Group.WORKSPACE:
        return _workspace_egress(network)
    if group is Group.BALANCER:
        return [
            _Out(ip_protocol="tcp", from_port=port, to_port=port, cidr_ip=vpc_cidr, description="targets")
            for port in (BACKEND_PORT, PORTAL_PORT)
        ]
    if group is Group.MOVER:
        to_homes = {"from_port": HOMES_PORT, "to_port": HOMES_PORT}
        return [_Out(ip_protocol="tcp", **to_homes, cidr_ip=vpc_cidr, description="EFS, and nothing else")]
    # Without any rule EC2 adds "everything", so this one names an address that nobody has.
    return [_Out(ip_protocol="icmp", from_port=252, to_port=86, cidr_ip="255.255.255.255/32", description="nothing")]


def _workspace_egress(network: Network) -> list[ec2.CfnSecurityGroup.EgressProperty]:
    """The ports of one machine, and EFS. DNS and the task's own addresses pass any group.

    A group can only allow, so it cannot name "no private address" as one machine does. In the VPC
    nobody but EFS admits workspaces. A network that is connected with the VPC has to refuse them.
    """
    return [
        *(
            _Out(ip_protocol="tcp", from_port=port, to_port=port, cidr_ip=ANYWHERE, description="git, npm, pip")
            for port in dict.fromkeys(network.egress_ports)
        ),
        _Out(ip_protocol="tcp", from_port=HOMES_PORT, to_port=HOMES_PORT, cidr_ip=network.vpc_cidr, description="EFS"),
    ]
