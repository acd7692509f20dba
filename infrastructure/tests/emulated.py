"""Templates as ministack can make them, without what it does not know."""

from __future__ import annotations

import json
import re
from typing import Any

from infrastructure.tests.ministack import ACCOUNT, REGION

NOT_EMULATED = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Budgets::Budget",
    "AWS::CloudTrail::Trail",
    "AWS::Config::ConfigRule",
    "AWS::Config::ConfigurationRecorder",
    "AWS::Config::DeliveryChannel",
    "AWS::EC2::EIP",
    "AWS::EC2::FlowLog",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::NetworkAclEntry",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::GuardDuty::Detector",
    "AWS::WAFv2::LoggingConfiguration",
}
"""Types that ministack 1.5 has no provisioner for."""
UNKNOWN_ATTRIBUTES = {
    "MasterUserSecret.SecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!db-0123456789abcdef-abcdef",
    "ConfigurationEndPoint.Address": "cache.invalid",
}
"""Attributes that CloudFormation has and ministack's resources do not, and what stands for them."""
EXAMPLE_ZONE = "Z0EXAMPLE0EXAMPLE0"


def references(value: Any) -> set[str]:
    """Logical ids that a resource names."""
    found: set[str] = set()
    if isinstance(value, dict):
        if isinstance(value.get("Ref"), str):
            found.add(value["Ref"])
        if isinstance(value.get("Fn::GetAtt"), list):
            found.add(value["Fn::GetAtt"][0])
        for inner in value.values():
            found |= references(inner)
    elif isinstance(value, list):
        for inner in value:
            found |= references(inner)
    return found


def emulated(stack: str, template: dict[str, Any], fallen: dict[tuple[str, str], int]) -> dict[str, Any]:
    resources = {id: body for id, body in template["Resources"].items() if body["Type"] not in NOT_EMULATED}
    gone = set(template["Resources"]) - set(resources)
    while lost := [id for id, body in resources.items() if references(body.get("Properties", {})) & gone]:
        for id in lost:
            key = (stack, resources.pop(id)["Type"])
            fallen[key] = fallen.get(key, 0) + 1
            gone.add(id)
    for body in resources.values():
        after = body.pop("DependsOn", [])
        kept = [id for id in ([after] if isinstance(after, str) else after) if id in resources]
        if kept:
            body["DependsOn"] = kept
    outputs = {key: value for key, value in template.get("Outputs", {}).items() if not references(value) & gone}
    return {"Resources": resources, "Outputs": outputs}


def for_ministack(template: dict[str, Any], zone_id: str) -> str:
    text = json.dumps(template).replace(EXAMPLE_ZONE, zone_id)
    for attribute, value in UNKNOWN_ATTRIBUTES.items():
        wanted = re.compile(rf'\{{"Fn::GetAtt": \["[^"]+", "{re.escape(attribute)}"\]\}}')
        text = wanted.sub(json.dumps(value), text)
    return text
