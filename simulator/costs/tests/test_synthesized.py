"""The bill of templates: each resource is on a line, free, or listed as not counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.costs.assembly import Assembly, BadAssembly, Resource, read_assembly
from simulator.costs.from_infrastructure import bill_of
from simulator.costs.model import Group
from simulator.costs.plan import Plan
from simulator.costs.price_book import load_price_book
from simulator.costs.synthesized import BY_USE, FREE, LINES, synthesized

BOOK = load_price_book()
MANAGER = {
    "APRANOVA_POOL": "base=3 peak=5 off=1 weekend=2",
    "APRANOVA_SPOT_PERCENT": "0",
    "APRANOVA_READY_INSTANCES": "workspace-manager:live=4 apranova-mover:live=8",
    "APRANOVA_IDLE_TIMEOUT_S": "1800",
}


def definition(name: str, family: str, *, cpu: int, memory: int, arch: str = "X86_64") -> Resource:
    body = {"Family": family, "Cpu": str(cpu), "Memory": str(memory), "RuntimePlatform": {"CpuArchitecture": arch}}
    return Resource("application", name, "AWS::ECS::TaskDefinition", body)


def service(name: str, task: str) -> list[Resource]:
    body = {"ServiceName": name, "TaskDefinition": {"Ref": task}}
    target = {"ResourceId": {"Fn::Join": ["", ["service/", {"Ref": "C"}, f"/{name}"]]}, "MinCapacity": 2}
    return [
        Resource("application", name, "AWS::ECS::Service", body),
        Resource("application", f"{name}s", "AWS::ApplicationAutoScaling::ScalableTarget", target),
    ]


def school(*more: Resource, **changed: Any) -> Assembly:
    """The smallest platform that can be priced; `changed`: properties of the database."""
    database = {"DBInstanceClass": "db.t3.medium", "MultiAZ": True, "AllocatedStorage": "20"} | changed
    cache = {"CacheNodeType": "cache.t3.micro", "NumNodeGroups": 1, "ReplicasPerNodeGroup": 1}
    manager = {"FunctionName": "workspace-manager", "MemorySize": 1024, "Environment": {"Variables": MANAGER}}
    return Assembly(
        (
            Resource("data", "D", "AWS::RDS::DBInstance", database),
            Resource("data", "C", "AWS::ElastiCache::ReplicationGroup", cache),
            Resource("application", "B", "AWS::ElasticLoadBalancingV2::LoadBalancer", {"Subnets": [1, 2, 3]}),
            Resource("application", "M", "AWS::Lambda::Function", manager),
            Resource("edge", "Z", "AWS::Route53::RecordSet", {"HostedZoneId": "Z1"}),
            Resource("network", "N", "AWS::EC2::NatGateway", {}),
            definition("BT", "apranova-backend", cpu=512, memory=1024),
            definition("PT", "apranova-portal", cpu=256, memory=512),
            definition("W", "apranova-workspace-vscode", cpu=1024, memory=2048),
            *service("apranova-backend", "BT"),
            *service("apranova-portal", "PT"),
            *more,
        )
    )


def test_what_the_templates_say_is_what_is_counted() -> None:
    found = synthesized(school())
    assert (found.stack.database_class, found.stack.database_instances, found.stack.cache_nodes) == ("t3_medium", 2, 2)
    assert (found.pool, found.idle_minutes, found.task.vcpus, found.task.memory_gb) == (3, 30, 1, 2)
    assert (found.stack.nat_gateways, found.stack.dns_zones, found.stack.load_balancer_addresses) == (1, 1, 3)
    bill = bill_of(found, Plan(), BOOK).bill
    # two tasks of half a vCPU and 1 GB, two of a quarter and half a GB
    assert bill.line("Backend and frontend").dollars == pytest.approx(730 * 1.5 * (0.04048 + 2 * 0.004445))
    assert "0.5 vCPU, 1 GB, x86 and of 0.25 vCPU, 0.5 GB, x86" in bill.line("Backend and frontend").basis


def test_another_class_of_database_has_another_price() -> None:
    small, large = (
        bill_of(synthesized(school(DBInstanceClass=name, MultiAZ=False)), Plan(), BOOK).bill.line("Database")
        for name in ("db.t3.medium", "db.r5.large")
    )
    assert large.dollars - small.dollars == pytest.approx(730 * (0.25 - 0.072))
    assert "1 × db.r5.large" in large.basis


def test_a_resource_that_nobody_has_priced_is_refused_by_name() -> None:
    with pytest.raises(BadAssembly, match="nobody has said what AWS::Redshift::Cluster costs"):
        synthesized(school(Resource("data", "R", "AWS::Redshift::Cluster", {})))


def test_an_interface_endpoint_is_not_taken_for_a_free_gateway() -> None:
    endpoint = Resource("network", "E", "AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Interface"})
    with pytest.raises(BadAssembly, match="costs by the hour"):
        synthesized(school(endpoint))


def test_workspaces_of_two_sizes_are_refused() -> None:
    larger = definition("W2", "apranova-workspace-superset", cpu=2048, memory=4096)
    with pytest.raises(BadAssembly, match="workspaces of one size, and the templates have 2"):
        synthesized(school(larger))


def test_a_type_is_on_one_list_only() -> None:
    lists = [kind for kinds in LINES.values() for kind in kinds] + list(BY_USE) + list(FREE)
    assert len(lists) == len(set(lists))


def test_other_numbers_than_the_documents_are_not_shown_beside_what_it_says() -> None:
    assert bill_of(synthesized(school()), Plan(students=50), BOOK).document_stated is None
    assert bill_of(synthesized(school()), Plan(), BOOK).document_stated == 1167


def test_the_documents_workspaces_come_out_of_the_templates_at_the_whole_price() -> None:
    lines = {line.group: line.dollars for line in bill_of(synthesized(school()), Plan(), BOOK).document}
    assert lines[Group.WORKSPACES] == pytest.approx(552.45, abs=0.005)


def test_a_folder_without_templates_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadAssembly, match="holds no templates"):
        read_assembly(tmp_path)


def test_templates_are_found_through_the_manifest(tmp_path: Path) -> None:
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "n.json"}}
    (tmp_path / "manifest.json").write_text(
        json.dumps({"artifacts": {"n": stack, "n.assets": {"type": "cdk:asset-manifest"}}})
    )
    (tmp_path / "n.json").write_text(json.dumps({"Resources": {"V": {"Type": "AWS::EC2::VPC"}}}))
    assert read_assembly(tmp_path).resources == (Resource("n", "V", "AWS::EC2::VPC", {}),)
