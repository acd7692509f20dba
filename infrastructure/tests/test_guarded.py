"""Mistakes that no test noticed when they were planted in the templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infrastructure.tests.templates import Assembly, Resource

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # AWS' own policies, by their ids
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
SOURCE = Path(__file__).parents[2]


def attributes(resource: Resource, name: str) -> dict[str, str]:
    return {entry["Key"]: entry["Value"] for entry in resource[name]}


def test_cloudfront_caches_nothing_but_versioned_files(each: Assembly) -> None:
    """A cached answer of the API would show one person what another may see."""
    for distribution in each.all("AWS::CloudFront::Distribution"):
        config = distribution["DistributionConfig"]
        default = config["DefaultCacheBehavior"]
        assert (default["CachePolicyId"], default["OriginRequestPolicyId"]) == (CACHING_DISABLED, ALL_VIEWER)
        assert set(default["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
        origins = {origin["Id"] for origin in config["Origins"]}
        for behavior in (default, *config["CacheBehaviors"]):
            assert behavior["TargetOriginId"] in origins
            assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
        for behavior in config["CacheBehaviors"]:
            assert set(behavior["AllowedMethods"]) == {"GET", "HEAD"}
        assert config["Enabled"] is True


def subnets_of(each: Assembly, stack: str, references: list[Any]) -> set[str]:
    return {re.sub(r"\d.*", "", each.target(it, stack).id.removeprefix("Network")) for it in references}


def placed(each: Assembly) -> Iterator[tuple[str, Resource, list[Any], list[Any]]]:
    """Who has network interfaces: kind, resource, subnets, security groups."""
    for service in each.all("AWS::ECS::Service"):
        way = service["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert way["AssignPublicIp"] == "DISABLED"
        yield service["ServiceName"].rpartition("-")[2], service, way["Subnets"], way["SecurityGroups"]
    for function in each.all("AWS::Lambda::Function"):
        if "VpcConfig" in function.properties:
            way = function["VpcConfig"]
            yield function["FunctionName"], function, way["SubnetIds"], way["SecurityGroupIds"]
    for group in (*each.all("AWS::RDS::DBSubnetGroup"), *each.all("AWS::ElastiCache::SubnetGroup")):
        yield group.type, group, group["SubnetIds"], []
    for balancer in each.all("AWS::ElasticLoadBalancingV2::LoadBalancer"):
        yield "balancer", balancer, balancer["Subnets"], balancer["SecurityGroups"]


def test_everything_is_in_its_subnets_and_has_its_security_group(each: Assembly) -> None:
    """Nothing but the load balancer is in a public subnet. Each has the group of its row."""
    groups: dict[str, list[str]] = {}
    for word, resource, subnets, members in placed(each):
        assert len(subnets) == 3, word
        assert len({str(it) for it in subnets}) == 3, word
        assert subnets_of(each, resource.stack, subnets) == {"Public" if word == "balancer" else "Private"}, word
        groups[word] = [each.target(it, resource.stack)["GroupName"].rpartition("-")[2] for it in members]
    assert {word: found for word, found in groups.items() if found} == {
        "backend": ["backend"],
        "portal": ["portal"],
        "balancer": ["balancer"],
        "workspace-manager": ["backend"],
        "apranova-mover": ["mover"],
        "apranova-backup-worker": ["backend"],
    }
    zones = {each.target(m["SubnetId"], "data")["AvailabilityZone"] for m in each.all("AWS::EFS::MountTarget")}
    assert len(zones) == 3


def test_states_that_end_a_task_wake_the_manager(each: Assembly) -> None:
    """Without STOPPED, a task that ended by itself is unseen until the next scheduled pass."""
    (rule,) = [r for r in each.all("AWS::Events::Rule") if r.properties.get("Name") == "apranova-task-states"]
    pattern = rule["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["aws.ecs"], ["ECS Task State Change"])
    assert pattern["detail"]["lastStatus"] == ["RUNNING", "STOPPED"]
    assert pattern["detail"]["group"] == [{"anything-but": {"prefix": "service:"}}]
    (target,) = rule["Targets"]
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 240, "MaximumRetryAttempts": 2}
    assert each.target(target["DeadLetterConfig"]["Arn"], "application")["QueueName"] == "apranova-manager-failures"


def test_schedules_are_on_and_what_they_cannot_deliver_is_kept(each: Assembly) -> None:
    for schedule in each.all("AWS::Scheduler::Schedule"):
        assert schedule["State"] == "ENABLED"
        target = schedule["Target"]
        role = each.target(target["RoleArn"], "application")
        function = each.target(target["Arn"], "application")
        (invoke,) = [s for s in each.statements(role) if s["Action"] == "lambda:InvokeFunction"]
        assert each.target(invoke["Resource"], "application") == function
        if "nightly" not in schedule["Name"]:
            assert function["FunctionName"] == "workspace-manager"
            assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
            assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 240, "MaximumRetryAttempts": 2}
            queue = each.target(target["DeadLetterConfig"]["Arn"], "application")
            assert queue["QueueName"] == "apranova-manager-failures"


def test_the_load_balancer_sends_only_to_targets_that_answer(each: Assembly) -> None:
    """A check of a path that is not there would end every deploy."""
    checks = {}
    for group in each.all("AWS::ElasticLoadBalancingV2::TargetGroup"):
        if group["TargetType"] == "ip":
            checks[group["Port"]] = (group["HealthCheckPath"], group["Matcher"]["HttpCode"])
            assert (group["Protocol"], group["HealthCheckIntervalSeconds"]) == ("HTTP", 10)
            assert group["HealthCheckTimeoutSeconds"] < group["HealthCheckIntervalSeconds"]
            assert (group["HealthyThresholdCount"], group["UnhealthyThresholdCount"]) == (2, 3)
    # The gateway redirects hosts that it does not know; the portal has this page for everyone.
    assert checks == {8000: ("/", "200-399"), 3000: ("/signin", "200")}
    assert (SOURCE / "portal/src/app/signin/page.tsx").exists() or list((SOURCE / "portal").glob("src/app/**/signin"))
    balancer = each.one("AWS::ElasticLoadBalancingV2::LoadBalancer")
    on = attributes(balancer, "LoadBalancerAttributes")
    for name in (
        "access_logs.s3.enabled", "deletion_protection.enabled", "routing.http.drop_invalid_header_fields.enabled",
    ):  # fmt: skip
        assert on[name] == "true"
    assert on["routing.http.desync_mitigation_mode"] == "defensive"
    assert on["routing.http.xff_header_processing.mode"] == "append"  # the gateway counts hops in it
    assert (balancer["Scheme"], balancer["Type"]) == ("internet-facing", "application")


def test_the_gateway_believes_as_many_hops_as_there_are(each: Assembly) -> None:
    """CloudFront and the load balancer. With one, every client would have CloudFront's address."""
    (gateway,) = [c for c in each.task("apranova-backend")["ContainerDefinitions"] if c["Name"] == "gateway"]
    told = {entry["Name"]: entry["Value"] for entry in gateway["Environment"]}
    assert told["APRANOVA_TRUSTED_HOPS"] == "2"


def test_disks_of_tasks_are_encrypted_with_our_key(each: Assembly) -> None:
    cluster = each.one("AWS::ECS::Cluster")
    storage = cluster["Configuration"]["ManagedStorageConfiguration"]
    key = each.target(storage["FargateEphemeralStorageKmsKeyId"], "application")
    assert key.type == "AWS::KMS::Key"


MANAGER_RIGHTS = {
    "ReadAndWriteRecords": {
        "dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    },
    "QueryDueRecords": {"dynamodb:Query"},
    "UseDataKey": {"kms:Decrypt", "kms:GenerateDataKey"},
    "StartTasks": {"ecs:RunTask"},
    "DescribeAndStopTasks": {"ecs:DescribeTasks", "ecs:StopTask"},
    "ListTasks": {"ecs:ListTasks"},
    "TagTasks": {"ecs:TagResource"},
    "TaskDefinitions": {"ecs:DeregisterTaskDefinition", "ecs:RegisterTaskDefinition"},
    "PassExecutionRole": {"iam:PassRole"},
    "CreateAccessPoints": {"elasticfilesystem:CreateAccessPoint"},
    "DeleteAccessPoints": {"elasticfilesystem:DeleteAccessPoint", "elasticfilesystem:TagResource"},
    "ListSnapshots": {"s3:ListBucket"},
    "ReadParameters": {"ssm:GetParametersByPath"},
    "ReportFailures": {"sqs:SendMessage"},
    "RequestNextPass": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"},
    "InvokeBackupWorkers": {"lambda:InvokeFunction"},
    "InvokeMover": {"lambda:InvokeFunction"},
    "ReadyInstances": {
        "lambda:DeleteProvisionedConcurrencyConfig", "lambda:GetProvisionedConcurrencyConfig",
        "lambda:PutProvisionedConcurrencyConfig",
    },
    "WriteLog": {"logs:CreateLogStream", "logs:PutLogEvents"},
}  # fmt: skip
ANY_RESOURCE = {"ListTasks", "TaskDefinitions", "VpcNetworking", "VpcNetworkingByLambdaAlone"}
"""AWS supports no resource for these actions, or a condition limits them."""


def test_the_manager_has_exactly_the_rights_that_its_code_uses(each: Assembly) -> None:
    (function,) = [
        f for f in each.all("AWS::Lambda::Function") if f.properties.get("FunctionName") == "workspace-manager"
    ]
    statements = {s["Sid"]: s for s in each.statements(each.target(function["Role"], "application"))}
    for sid, wanted in MANAGER_RIGHTS.items():
        actions = statements[sid]["Action"]
        assert set([actions] if isinstance(actions, str) else actions) == wanted, sid
        assert statements[sid]["Effect"] == "Allow"
    assert set(statements) == set(MANAGER_RIGHTS) | {"VpcNetworking", "VpcNetworkingByLambdaAlone"}
    assert {sid for sid, statement in statements.items() if statement["Resource"] == "*"} == ANY_RESOURCE
    table = statements["ReadAndWriteRecords"]["Resource"]
    assert each.target(table, "application").type == "AWS::DynamoDB::Table"
