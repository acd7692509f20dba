"""Network ACLs: the coarse fence around each tier. They know no connections, so answers need the high ports open.

From the internet nothing reaches a private subnet that was not asked for, even when a security group is opened by mistake:
only high ports, and of those none that something of ours listens on.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infrastructure.elements.network import ANYWHERE, Network
from infrastructure.names import (
    BACKEND_PORT,
    CACHE_PORT,
    DATABASE_PORT,
    HOMES_PORT,
    HTTPS_PORT,
    PORTAL_PORT,
    WORKSPACE_PORTS,
)

TCP, UDP, ALL = 6, 17, -1
EPHEMERAL = (1024, 65535)
"""NAT gateways and load balancers use all of these for what they send."""
LISTENING = sorted({BACKEND_PORT, CACHE_PORT, DATABASE_PORT, HOMES_PORT, PORTAL_PORT, *WORKSPACE_PORTS.values()})


@dataclass(frozen=True)
class Rule:
    cidr: str
    protocol: int = ALL
    ports: tuple[int, int] | None = None
    egress: bool = False
    allow: bool = True


def public_rules(vpc_cidr: str) -> list[Rule]:
    return [
        Rule(vpc_cidr),
        Rule(ANYWHERE, TCP, (HTTPS_PORT, HTTPS_PORT)),
        Rule(ANYWHERE, TCP, (3389, 3389), allow=False),
        Rule(ANYWHERE, TCP, EPHEMERAL),
        Rule(ANYWHERE, UDP, EPHEMERAL),
        Rule(ANYWHERE, egress=True),
    ]


def private_rules(vpc_cidr: str) -> list[Rule]:
    """NAT answers come with the internet's address as their source. Linux asks from 32768 on, so no answer goes to a port below."""
    refused = [Rule(ANYWHERE, TCP, (port, port), allow=False) for port in LISTENING]
    return [
        Rule(vpc_cidr),
        *refused,
        Rule(ANYWHERE, TCP, EPHEMERAL),
        Rule(ANYWHERE, UDP, EPHEMERAL),
        Rule(ANYWHERE, egress=True),
    ]


class NetworkAcls(Construct):
    def __init__(self, scope: Construct, id: str, *, network: Network, vpc_cidr: str) -> None:
        super().__init__(scope, id)
        for tier, subnets, rules in (
            ("Public", network.public, public_rules(vpc_cidr)),
            ("Private", network.private, private_rules(vpc_cidr)),
        ):
            acl = ec2.CfnNetworkAcl(self, tier, vpc_id=network.vpc_id)
            for number, rule in enumerate(rules, 1):
                self._entry(acl, f"{tier}{number}", 100 * number, rule)
            for number, subnet in enumerate(subnets, 1):
                ec2.CfnSubnetNetworkAclAssociation(
                    self, f"{tier}Subnet{number}", network_acl_id=acl.ref, subnet_id=subnet.subnet.ref
                )

    def _entry(self, acl: ec2.CfnNetworkAcl, id: str, number: int, rule: Rule) -> None:
        ports = None
        if rule.ports:
            ports = ec2.CfnNetworkAclEntry.PortRangeProperty(from_=rule.ports[0], to=rule.ports[1])
        ec2.CfnNetworkAclEntry(
            self,
            id,
            network_acl_id=acl.ref,
            rule_number=number,
            protocol=rule.protocol,
            rule_action="allow" if rule.allow else "deny",
            egress=rule.egress,
            cidr_block=rule.cidr,
            port_range=ports,
        )
