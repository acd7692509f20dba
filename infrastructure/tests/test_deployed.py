"""All five stacks made in ministack, except what it does not know, and checked through AWS' APIs.

This proves that references resolve, that stacks fit together in their order, and that the real
manager works in the function and with the resources that they made. Its tasks are real processes
with the real agent around the agent's fake application. It proves nothing about IAM, KMS, networks,
files or scaling: docs/guides/deploy-on-aws.md lists that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infrastructure.deploy.assembly import pack
from infrastructure.elements.mover import MOUNT
from infrastructure.tests.deployed_manager import TASK_IMAGES, DeployedManager
from infrastructure.tests.emulated import NOT_EMULATED, emulated, for_ministack
from infrastructure.tests.ministack import Ministack, running
from infrastructure.tests.templates import STACKS, Assembly, strings
from tests.waiting import until

FALLS_WITH_THEM = {
    ("network", "AWS::EC2::Route"): 3,  # the private subnets' ways through NAT
    ("application", "AWS::CloudWatch::Alarm"): 4,  # those that only call a scaling policy
}
"""Resources that name one of those, and how many."""
WANTED = {
    "idle-timeout-s": "2",
    "slots-ahead": "4",
    "kinds": "vscode",
    "pool-policy": "schedule",
    "pool": "base=1 peak=1 off=1 weekend=1",
}
"""This school's overrides: a warm VS Code at any hour, and a short idle timeout."""


@dataclass(frozen=True)
class Deployed:
    aws: Ministack
    statuses: dict[str, str]
    fallen: dict[tuple[str, str], int]
    folder: Path


def upload_manager(aws: Ministack, assembly: Assembly) -> None:
    """As a deploy does before the stacks: the function's folder, zipped, in the deploy's bucket."""
    s3 = aws.client("s3")
    assets = json.loads((assembly.folder / "apranova-application.assets.json").read_text())["files"]
    for asset in assets.values():
        if asset["source"]["packaging"] == "zip":
            packed = pack(assembly.folder / asset["source"]["path"])
            for place in asset["destinations"].values():
                s3.create_bucket(Bucket=place["bucketName"])
                s3.put_object(Bucket=place["bucketName"], Key=place["objectKey"], Body=packed)


def settled(formation: Any, name: str) -> str:
    """The stack's state when nothing changes any more. Prints what failed."""

    def at_rest() -> str | None:
        state = formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        return None if state.endswith("_IN_PROGRESS") else state

    state = until(at_rest, f"{name} still changes", within_s=60)
    if state != "CREATE_COMPLETE":
        for event in formation.describe_stack_events(StackName=name)["StackEvents"]:
            if "FAILED" in event["ResourceStatus"]:
                print(event["LogicalResourceId"], event["ResourceType"], event.get("ResourceStatusReason"))
    return state


@pytest.fixture(scope="module")
def deployed(hundred: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    fallen: dict[tuple[str, str], int] = {}
    folder = tmp_path_factory.mktemp("ms")
    (folder / "efs").mkdir()
    with running(folder, images=TASK_IMAGES) as aws:
        upload_manager(aws, hundred)
        for name, value in WANTED.items():
            aws.client("ssm").put_parameter(Name=f"/apranova/manager/{name}", Value=value, Type="String")
        formation = aws.client("cloudformation")
        aws.client("s3").create_bucket(Bucket="templates")  # as CDK does: a request holds 51,200 bytes of a template
        zone = aws.client("route53").create_hosted_zone(Name="school.example", CallerReference="test")
        zone_id = zone["HostedZone"]["Id"].rsplit("/", 1)[1]
        statuses: dict[str, str] = {}
        for stack in STACKS:
            template = json.loads(hundred.template_file(stack).read_text())
            name = f"apranova-{stack}"
            body = for_ministack(emulated(stack, template, fallen), zone_id)
            files = f'{json.dumps(str(folder / "efs"))}, "APRANOVA_STUDENT": "{os.getuid()}:{os.getgid()}"'
            body = body.replace(f'"APRANOVA_FILES": "{MOUNT}"', f'"APRANOVA_FILES": {files}')  # as if it were mounted
            aws.client("s3").put_object(Bucket="templates", Key=f"{stack}.json", Body=body.encode())
            formation.create_stack(
                StackName=name,
                TemplateURL=f"http://127.0.0.1:{aws.port}/templates/{stack}.json",
                Capabilities=["CAPABILITY_NAMED_IAM"],
            )
            statuses[stack] = settled(formation, name)
        yield Deployed(aws, statuses, fallen, folder)


def test_every_stack_is_made_in_its_order(deployed: Deployed) -> None:
    assert deployed.statuses == dict.fromkeys(STACKS, "CREATE_COMPLETE")


def test_the_list_of_what_is_not_emulated_is_exact(hundred: Assembly, deployed: Deployed) -> None:
    assert {resource.type for resource in hundred.all()} >= NOT_EMULATED
    assert deployed.fallen == FALLS_WITH_THEM


def test_the_real_manager_creates_claims_stops_when_idle_and_resumes(deployed: Deployed) -> None:
    manager = DeployedManager(deployed.aws)
    manager("sweep")  # the first one; the schedule's comes after five minutes

    def warm() -> Any:
        return [task for task in manager("fleet")["tasks"] if task["state"] == "ready"]

    manager.when(warm, "a warm task")
    manager("create", workspace_id="ws-aaaaaaaaaa", owner_id="person-1", kind="vscode")
    launched = manager("launch", workspace_id="ws-aaaaaaaaaa")["workspace"]
    assert (launched["state"], launched["launch_path"]) == ("running", "warm")
    first = manager.task_of("ws-aaaaaaaaaa")
    stopped = manager.when_state("ws-aaaaaaaaaa", "stopped")
    assert (stopped["stop_reason"], stopped["failure"]) == ("idle", "")
    (home,) = (deployed.folder / "efs" / "homes").iterdir()
    assert (home / "visits").read_text() == "ws-aaaaaaaaaa\n"
    manager.when(warm, "another warm task")
    resumed = manager("launch", workspace_id="ws-aaaaaaaaaa")["workspace"]
    assert (resumed["state"], resumed["launch_path"]) == ("running", "warm")
    second = manager.task_of("ws-aaaaaaaaaa")
    assert second["taskArn"] != first["taskArn"]
    assert manager.slot_of(second) != manager.slot_of(first)
    manager.when_state("ws-aaaaaaaaaa", "stopped")
    assert (home / "visits").read_text() == "ws-aaaaaaaaaa\n" * 2


def test_what_the_manager_is_told_exists(deployed: Deployed) -> None:
    aws = deployed.aws
    variables = aws.client("lambda").get_function_configuration(FunctionName="workspace-manager")["Environment"][
        "Variables"
    ]
    assert (
        aws.client("dynamodb").describe_table(TableName=variables["APRANOVA_TABLE"])["Table"]["TableStatus"] == "ACTIVE"
    )
    clusters = aws.client("ecs").describe_clusters(clusters=[variables["APRANOVA_CLUSTER"]])["clusters"]
    assert [cluster["status"] for cluster in clusters] == ["ACTIVE"]
    subnets = aws.client("ec2").describe_subnets(SubnetIds=variables["APRANOVA_SUBNETS"].split(","))["Subnets"]
    assert {subnet["CidrBlock"] for subnet in subnets} == {"10.0.16.0/20", "10.0.32.0/20", "10.0.48.0/20"}
    homes = aws.client("efs").describe_file_systems(FileSystemId=variables["APRANOVA_FILE_SYSTEM"])["FileSystems"]
    assert len(homes) == 1
    aws.client("s3").head_bucket(Bucket=variables["APRANOVA_SNAPSHOTS_BUCKET"])
    images = dict(word.split("=", 1) for word in variables["APRANOVA_WORKSPACE_IMAGES"].split())
    assert set(images) == {"vscode", "superset"}
    for kind, image in images.items():
        task = aws.client("ecs").describe_task_definition(taskDefinition=f"apranova-workspace-{kind}")["taskDefinition"]
        assert task["taskRoleArn"] == variables["APRANOVA_TASK_ROLE"]
        assert [container["image"] for container in task["containerDefinitions"]] == [image]


def test_an_operator_finds_the_installation_in_parameter_store(deployed: Deployed) -> None:
    found = deployed.aws.client("ssm").get_parameters_by_path(Path="/apranova/platform", Recursive=True)["Parameters"]
    values = {parameter["Name"].rsplit("/", 1)[1]: parameter["Value"] for parameter in found}
    assert values["public-url"] == "https://school.example"
    assert values["cluster"] == "apranova-cluster"
    assert all(not text.startswith("{") for text in strings(values))
