"""The VPC as drawn: in three zones public subnets (load balancer, NAT) and private ones (all else).

Made of single resources, because `ec2.Vpc` asks AWS for zones during synthesis and divides
addresses by its own rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CfnTag, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infrastructure.stacks.base import PlatformStack

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Subnet:
    zone: str
    subnet: ec2.CfnSubnet
    routes: ec2.CfnRouteTable


class Network(Construct):
    def __init__(self, stack: PlatformStack) -> None:
        super().__init__(stack, "Network")
        settings = stack.settings.network
        self._names, self._settings = stack.names, settings
        self.vpc = ec2.CfnVPC(
            self,
            "Vpc",
            cidr_block=settings.vpc_cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._tags("vpc"),
        )
        self.gateway = ec2.CfnInternetGateway(self, "InternetGateway", tags=self._tags("internet"))
        self.attachment = ec2.CfnVPCGatewayAttachment(
            self, "InternetGatewayAttachment", vpc_id=self.vpc_id, internet_gateway_id=self.gateway.ref
        )
        self.public = self._subnets("Public", settings.public_cidrs, tables=1)
        self.private = self._subnets("Private", settings.private_cidrs, tables=len(settings.zones))
        self._route_to_internet()
        self._route_to_nat()
        self._gateway_endpoints()

    @property
    def vpc_id(self) -> str:
        return self.vpc.ref

    def _tags(self, word: str) -> list[CfnTag]:
        return [CfnTag(key="Name", value=self._names.of(word))]

    def _subnets(self, kind: str, cidrs: tuple[str, ...], *, tables: int) -> tuple[Subnet, ...]:
        """Private subnets have a route table each, so that each uses its zone's NAT gateway."""
        routes = [
            ec2.CfnRouteTable(
                self, f"{kind}Routes{number}", vpc_id=self.vpc_id, tags=self._tags(f"{kind.lower()}-{number}")
            )
            for number in range(1, tables + 1)
        ]
        made: list[Subnet] = []
        for index, (zone, cidr) in enumerate(zip(self._settings.zones, cidrs, strict=True)):
            subnet = ec2.CfnSubnet(
                self,
                f"{kind}{index + 1}",
                vpc_id=self.vpc_id,
                availability_zone=zone,
                cidr_block=cidr,
                map_public_ip_on_launch=False,
                tags=self._tags(f"{kind.lower()}-{zone}"),
            )
            table = routes[index % tables]
            ec2.CfnSubnetRouteTableAssociation(
                self, f"{kind}{index + 1}Routes", subnet_id=subnet.ref, route_table_id=table.ref
            )
            made.append(Subnet(zone, subnet, table))
        return tuple(made)

    def _route_to_internet(self) -> None:
        route = ec2.CfnRoute(
            self,
            "ToInternet",
            route_table_id=self.public[0].routes.ref,
            destination_cidr_block=ANYWHERE,
            gateway_id=self.gateway.ref,
        )
        route.add_resource_dependency(self.attachment)

    def _route_to_nat(self) -> None:
        """A NAT gateway in each zone, or one for all."""
        gateways: list[ec2.CfnNatGateway] = []
        for number, subnet in enumerate(self.public[: self._settings.nat_gateways], 1):
            address = ec2.CfnEIP(self, f"NatAddress{number}", domain="vpc", tags=self._tags(f"nat-{number}"))
            gateway = ec2.CfnNatGateway(
                self,
                f"Nat{number}",
                subnet_id=subnet.subnet.ref,
                allocation_id=address.attr_allocation_id,
                tags=self._tags(f"nat-{number}"),
            )
            gateway.add_resource_dependency(self.attachment)
            gateways.append(gateway)
        for index, subnet in enumerate(self.private):
            ec2.CfnRoute(
                self,
                f"Private{index + 1}ToNat",
                route_table_id=subnet.routes.ref,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=gateways[index % len(gateways)].ref,
            )

    def _gateway_endpoints(self) -> None:
        """They are free. Without S3's, each task start would pay NAT for its image layers."""
        region = Stack.of(self).region
        for word in ("s3", "dynamodb"):
            ec2.CfnVPCEndpoint(
                self,
                f"{word.capitalize()}Endpoint",
                vpc_id=self.vpc_id,
                vpc_endpoint_type="Gateway",
                service_name=f"com.amazonaws.{region}.{word}",
                route_table_ids=[subnet.routes.ref for subnet in self.private],
            )
