"""The network stack, made in moto and read back: what stands there, not what we meant to write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infrastructure.tests.templates import Assembly

ANYWHERE = "0.0.0.0/0"
SOURCE = Path(__file__).parents[2]

# The document's matrix by hand: (to, port, from), without 8088, on which nothing listens.
DOCUMENT = {
    ("balancer", 443, ANYWHERE),
    ("backend", 8000, "balancer"),
    ("database", 5432, "backend"),
    ("workspace", 8080, "backend"),
}
BESIDE_IT = {
    ("portal", 3000, "balancer"),
    ("cache", 6379, "backend"),
    ("homes", 2049, "workspace"),
    ("homes", 2049, "backend"),
    ("homes", 2049, "mover"),
}


@pytest.fixture(scope="module")
def ec2(hundred: Assembly) -> Iterator[object]:
    with mock_aws():
        formation = boto3.client("cloudformation", region_name="us-east-1")
        template = json.loads(json.dumps(hundred.templates["network"]))
        resources = {
            id: body
            for id, body in template["Resources"].items()
            if body["Type"].startswith("AWS::EC2::") and "FlowLog" not in body["Type"]
        }
        body = json.dumps({"Resources": resources})
        formation.create_stack(StackName="apranova-network", TemplateBody=body)
        yield boto3.client("ec2", region_name="us-east-1")


@pytest.fixture(scope="module")
def groups(ec2: object) -> dict[str, dict[str, object]]:
    found = ec2.describe_security_groups()["SecurityGroups"]
    return {group["GroupName"].removeprefix("apranova-"): group for group in found if group["GroupName"] != "default"}


def test_security_groups_admit_the_documents_rows_and_the_drawings_and_no_other(groups: dict) -> None:
    names = {group["GroupId"]: name for name, group in groups.items()}
    rows = {
        (name, rule["FromPort"], source)
        for name, group in groups.items()
        for rule in group["IpPermissions"]
        for source in [
            *(names[pair["GroupId"]] for pair in rule["UserIdGroupPairs"]),
            *(cidr["CidrIp"] for cidr in rule["IpRanges"]),
        ]
    }
    assert rows == DOCUMENT | BESIDE_IT
    assert all(rule["FromPort"] == rule["ToPort"] for group in groups.values() for rule in group["IpPermissions"])


def test_what_holds_data_starts_no_connection(hundred: Assembly) -> None:
    """From the template: moto gives every group the right to go anywhere."""
    out = {group["GroupName"]: group["SecurityGroupEgress"] for group in hundred.all("AWS::EC2::SecurityGroup")}
    for name in ("database", "cache", "homes"):
        assert [rule["CidrIp"] for rule in out[f"apranova-{name}"]] == ["255.255.255.255/32"]


def test_each_private_zone_goes_out_through_its_own_nat_gateway(ec2: Any, hundred: Assembly) -> None:
    """Routes from moto; each subnet's table from the template, because moto forgets it."""
    subnets = {subnet["SubnetId"]: subnet for subnet in ec2.describe_subnets()["Subnets"]}
    gateways = {gateway["NatGatewayId"]: gateway for gateway in ec2.describe_nat_gateways()["NatGateways"]}
    routes = [
        route
        for table in ec2.describe_route_tables()["RouteTables"]
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == ANYWHERE
    ]
    zones = [
        subnets[gateways[r["NatGatewayId"]]["SubnetId"]]["AvailabilityZone"] for r in routes if "NatGatewayId" in r
    ]
    assert sorted(zones) == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert [route["GatewayId"][:4] for route in routes if "NatGatewayId" not in route] == ["igw-"]
    for route in hundred.all("AWS::EC2::Route"):
        if "NatGatewayId" in route.properties:
            table = hundred.target(route["RouteTableId"], "network")
            gateway = hundred.target(route["NatGatewayId"], "network")
            zone = hundred.target(gateway["SubnetId"], "network")["AvailabilityZone"]
            name = next(tag["Value"] for tag in table["Tags"] if tag["Key"] == "Name")
            assert (name, zone) in zip([f"apranova-private-{n}" for n in (1, 2, 3)], sorted(zones), strict=True)
    tables: dict[str, str] = {}
    for link in hundred.all("AWS::EC2::SubnetRouteTableAssociation"):
        subnet, table = (hundred.target(link[name], "network") for name in ("SubnetId", "RouteTableId"))
        tables[subnet["CidrBlock"]] = next(tag["Value"] for tag in table["Tags"] if tag["Key"] == "Name")
    assert tables == {
        "10.0.0.0/24": "apranova-public-1",
        "10.0.1.0/24": "apranova-public-1",
        "10.0.2.0/24": "apranova-public-1",
        "10.0.16.0/20": "apranova-private-1",
        "10.0.32.0/20": "apranova-private-2",
        "10.0.48.0/20": "apranova-private-3",
    }


def test_image_layers_and_records_do_not_pass_the_nat_gateways(ec2: object) -> None:
    endpoints = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    assert {endpoint["ServiceName"] for endpoint in endpoints} == {
        "com.amazonaws.us-east-1.s3",
        "com.amazonaws.us-east-1.dynamodb",
    }
    assert all(len(set(endpoint["RouteTableIds"])) == 3 for endpoint in endpoints)


def test_network_acls_let_in_https_and_answers_but_no_port_that_listens_in_a_private_subnet(hundred: Assembly) -> None:
    entries = hundred.all("AWS::EC2::NetworkAclEntry")
    private = [it.properties for it in entries if "Private" in it["NetworkAclId"]["Ref"] and not it["Egress"]]
    rules = sorted(private, key=lambda rule: rule["RuleNumber"])

    def verdict(port: int) -> str:
        for rule in rules:
            ports = rule.get("PortRange", {"From": 0, "To": 65535})
            if rule["CidrBlock"] == ANYWHERE and rule["Protocol"] in (6, -1) and ports["From"] <= port <= ports["To"]:
                return rule["RuleAction"]
        return "deny"

    assert {verdict(port) for port in (22, 443, 2049, 3000, 5432, 6379, 8000, 8080)} == {"deny"}
    assert verdict(40_000) == "allow"  # an answer to what a task asked
    assert rules[0]["CidrBlock"] == "10.0.0.0/16"


@pytest.mark.parametrize(("example", "gateways"), [("small", 1), ("thousand", 3)])
def test_the_number_of_nat_gateways_is_a_setting(example: str, gateways: int, school) -> None:
    assembly = school(example)
    assert len(assembly.all("AWS::EC2::NatGateway")) == gateways


def test_nothing_is_in_the_vpcs_default_group(each: Assembly) -> None:
    """Its members may always connect to each other. A resource without a group gets it."""

    def groups(kind: str, *path: str) -> list[Any]:
        found: list[Any] = [one.properties for one in each.all(kind)]
        for name in path:
            found = [one.get(name, {}) for one in found]
        return found

    named = [
        *groups("AWS::ECS::Service", "NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups"),
        *(one["SecurityGroupIds"] for one in groups("AWS::Lambda::Function", "VpcConfig") if one),
        *groups("AWS::RDS::DBInstance", "VPCSecurityGroups"),
        *groups("AWS::ElastiCache::ReplicationGroup", "SecurityGroupIds"),
        *groups("AWS::EFS::MountTarget", "SecurityGroups"),
        *groups("AWS::ElasticLoadBalancingV2::LoadBalancer", "SecurityGroups"),
    ]
    assert len(named) >= 10
    assert all(named)
    assert "DefaultSecurityGroup" not in json.dumps(each.templates)


def test_refused_connections_are_logged(each: Assembly) -> None:
    """By the group's name: with the ARN that GetAtt gives, which ends in `:*`, nothing arrives."""
    log = each.one("AWS::EC2::FlowLog")
    assert (log["TrafficType"], log["LogDestinationType"]) == ("REJECT", "cloud-watch-logs")
    assert each.target(log["LogGroupName"], "network")["LogGroupName"] == "/apranova/logs/network"
    assert "Ref" in log["LogGroupName"]
    assert "LogDestination" not in log.properties


def test_no_nat_gateway_waits_for_an_answer_that_the_acl_refuses(each: Assembly) -> None:
    entries = [it for it in each.all("AWS::EC2::NetworkAclEntry") if "Public" in it["NetworkAclId"]["Ref"]]
    assert entries
    assert {it["RuleAction"] for it in entries} == {"allow"}
    high = [it["Protocol"] for it in entries if it.properties.get("PortRange") == {"From": 1024, "To": 65535}]
    assert sorted(high) == [6, 17]


def test_workspaces_reach_the_ports_that_one_machine_lets_them_and_their_homes(each: Assembly) -> None:
    proxy = (SOURCE / "manager/adapters/sandbox_engine/egress.py").read_text()
    (ports,) = re.findall(r"ports: frozenset\[int\] = frozenset\(\{([\d, ]+)\}\)", proxy)
    (group,) = [it for it in each.all("AWS::EC2::SecurityGroup") if it["GroupName"].endswith("-workspace")]
    rules = [(r["IpProtocol"], r["FromPort"], r["ToPort"], r["CidrIp"]) for r in group["SecurityGroupEgress"]]
    vpc = each.one("AWS::EC2::VPC")["CidrBlock"]
    allowed = [("tcp", int(port), int(port), ANYWHERE) for port in ports.split(",")]
    assert sorted(rules) == sorted([*allowed, ("tcp", 2049, 2049, vpc)])
