"""Network ACLs: a coarse fence around each tier. They are stateless: answers need the high ports.

Even when a security group is opened by mistake, the internet reaches no service in a private
subnet: only high ports are open, and none of those on which something of ours listens.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infrastructure.elements.network import ANYWHERE, Network
from infrastructure.names import (
    AGENT_PORT,
    BACKEND_PORT,
    CACHE_PORT,
    DATABASE_PORT,
    HOMES_PORT,
    HTTPS_PORT,
    PORTAL_PORT,
)
from infrastructure.stacks.base import PlatformStack

TCP, UDP, ALL = 6, 17, -1
EPHEMERAL = (1024, 65535)
"""NAT gateways and load balancers send from all of these."""
LISTENING = sorted({BACKEND_PORT, CACHE_PORT, DATABASE_PORT, HOMES_PORT, PORTAL_PORT, AGENT_PORT})


_PortRange = ec2.CfnNetworkAclEntry.PortRangeProperty


@dataclass(frozen=True)
class Rule:
    cidr: str
    protocol: int = ALL
    ports: tuple[int, int] | None = None
    egress: bool = False
    allow: bool = True


def public_rules(vpc_cidr: str) -> list[Rule]:
    """No high port is refused: a NAT gateway sends from each, and would wait for its answer."""
    return [
        Rule(vpc_cidr),
        Rule(ANYWHERE, TCP, (HTTPS_PORT, HTTPS_PORT)),
        Rule(ANYWHERE, TCP, EPHEMERAL),
        Rule(ANYWHERE, UDP, EPHEMERAL),
        Rule(ANYWHERE, egress=True),
    ]


def private_rules(vpc_cidr: str) -> list[Rule]:
    """Answers through NAT keep their address. Linux sends from ports above 32767."""
    refused = [Rule(ANYWHERE, TCP, (port, port), allow=False) for port in LISTENING]
    return [
        Rule(vpc_cidr),
        *refused,
        Rule(ANYWHERE, TCP, EPHEMERAL),
        Rule(ANYWHERE, UDP, EPHEMERAL),
        Rule(ANYWHERE, egress=True),
    ]


def make_network_acls(stack: PlatformStack, network: Network) -> None:
    scope, vpc_cidr = Construct(stack, "Acls"), stack.settings.network.vpc_cidr
    for tier, subnets, rules in (
        ("Public", network.public, public_rules(vpc_cidr)),
        ("Private", network.private, private_rules(vpc_cidr)),
    ):
        acl = ec2.CfnNetworkAcl(scope, tier, vpc_id=network.vpc_id)
        for number, rule in enumerate(rules, 1):
            ec2.CfnNetworkAclEntry(
                scope,
                f"{tier}{number}",
                network_acl_id=acl.ref,
                rule_number=100 * number,
                protocol=rule.protocol,
                rule_action="allow" if rule.allow else "deny",
                egress=rule.egress,
                cidr_block=rule.cidr,
                port_range=_PortRange(from_=rule.ports[0], to=rule.ports[1]) if rule.ports else None,
            )
        for number, subnet in enumerate(subnets, 1):
            ec2.CfnSubnetNetworkAclAssociation(
                scope, f"{tier}Subnet{number}", network_acl_id=acl.ref, subnet_id=subnet.subnet.ref
            )
