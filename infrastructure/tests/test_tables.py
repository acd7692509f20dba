"""Who may do what, when alarms fire, what containers are given: tables, by hand, that are exact."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infrastructure.tests.templates import Assembly, Resource, strings

PULL = {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
VPC = {
    "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
}  # fmt: skip
FILES = {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"}
EXECUTION = {
    "RegistryToken": {"ecr:GetAuthorizationToken"}, "PullImage": PULL, "PullGuardDutyAgent": PULL, "WriteLog": LOG,
}  # fmt: skip
IN_VPC = {"VpcNetworking": VPC, "VpcNetworkingByLambdaAlone": VPC}
RIGHTS: dict[str, tuple[str, dict[str, set[str]]]] = {
    "FlowLogRole": ("vpc-flow-logs", {"WriteFlowLogs": LOG | {"logs:DescribeLogStreams"}}),
    "MoverRole": (
        "lambda",
        {"WriteLog": LOG, "MountFiles": FILES | {"elasticfilesystem:ClientRootAccess"}, **IN_VPC},
    ),
    "BackupWorkersRole": (
        "lambda",
        {
            "ReadAndWriteRecords": {
                "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
            },
            "ListWorkspaces": {"dynamodb:Query"},
            "ReadSnapshotsPassword": {"secretsmanager:GetSecretValue"},
            "UseDataKey": {"kms:Decrypt", "kms:GenerateDataKey"},
            "ListSnapshots": {"s3:ListBucket"},
            "ReadAndWriteSnapshots": {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
            "WriteLog": LOG,
            "MountFiles": FILES | {"elasticfilesystem:ClientRootAccess"},
            **IN_VPC,
        },
    ),
    "BackupWorkersNightlyRole": ("scheduler", {"InvokeBackupWorkers": {"lambda:InvokeFunction"}}),
    "TriggersRole": ("scheduler", {"InvokeManager": {"lambda:InvokeFunction"}, "ReportFailures": {"sqs:SendMessage"}}),
    "WorkspaceTasksExecution": ("ecs-tasks", EXECUTION),
    "WorkspaceTasksTask": ("ecs-tasks", {"MountSlots": FILES}),
    "PortalExecution": ("ecs-tasks", EXECUTION),
    "BackendExecution": (
        "ecs-tasks",
        {**EXECUTION, "ReadSecrets": {"secretsmanager:GetSecretValue"}, "DecryptSecrets": {"kms:Decrypt"}},
    ),
    "BackendRole": (
        "ecs-tasks",
        {
            "InvokeManager": {"lambda:InvokeFunction"},
            "ReadDatabasePassword": {"secretsmanager:GetSecretValue"},
            "DecryptDatabasePassword": {"kms:Decrypt"},
            "MountFiles": {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess"},
            "PublishIdentityKey": {"ssm:PutParameter"},
        },
    ),
    "PasswordRotationRole": (
        "lambda",
        {"RedeployBackend": {"ecs:UpdateService"}, "WriteLog": LOG, "ReportFailures": {"sqs:SendMessage"}},
    ),
    "AuditRole": ("cloudtrail", {"WriteLog": LOG}),
    "ComplianceRole": ("config", {"DeliverRecords": {"s3:PutObject"}, "ReadBucket": {"s3:GetBucketAcl", "s3:ListBucket"}}),
    "DatabaseMonitoring": ("monitoring.rds", {}),
}  # fmt: skip
"""Role → the service that may take it, and its statements. The manager's are in test_guarded."""
ON_ANYTHING = {"RegistryToken", *IN_VPC}
TYPES = {
    "WriteLog": "AWS::Logs::LogGroup", "WriteFlowLogs": "AWS::Logs::LogGroup", "MountFiles": "AWS::EFS::FileSystem",
    "MountSlots": "AWS::EFS::FileSystem", "UseDataKey": "AWS::KMS::Key", "DecryptSecrets": "AWS::KMS::Key",
    "DecryptDatabasePassword": "AWS::KMS::Key", "ReportFailures": "AWS::SQS::Queue", "ListSnapshots": "AWS::S3::Bucket",
    "InvokeBackupWorkers": "AWS::Lambda::Function",
    "ReadSnapshotsPassword": "AWS::SecretsManager::Secret", "ReadAndWriteRecords": "AWS::DynamoDB::Table",
}  # fmt: skip


def name_of(resource: Resource) -> str:
    return re.sub(r"[0-9A-F]{8}$", "", resource.id)


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_role_is_in_the_table(each: Assembly) -> None:
    assert {name_of(role) for role in each.all("AWS::IAM::Role")} == {*RIGHTS, "ManagerRole"}


def test_each_role_is_for_one_service_and_this_account(each: Assembly) -> None:
    for role in each.all("AWS::IAM::Role"):
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        service = RIGHTS[name_of(role)][0] if name_of(role) in RIGHTS else "lambda"
        assert trust == {
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
        }


@pytest.mark.parametrize("name", RIGHTS)
def test_a_role_has_exactly_these_rights(name: str, each: Assembly) -> None:
    (role,) = [role for role in each.all("AWS::IAM::Role") if name_of(role) == name]
    statements = each.statements(role)
    assert {s["Sid"]: set(many(s["Action"])) for s in statements} == RIGHTS[name][1]
    for statement in statements:
        sid, resource = statement["Sid"], statement["Resource"]
        assert statement["Effect"] == ("Deny" if sid == "VpcNetworkingByLambdaAlone" else "Allow"), sid
        assert (resource == "*") == (sid in ON_ANYTHING), sid
        if sid in TYPES:
            assert each.target(resource, role.stack).type == TYPES[sid]
        assert ("Condition" in statement) == (
            sid in {"MountFiles", "MountSlots", "DeliverRecords", "VpcNetworkingByLambdaAlone"}
        ), sid


def test_the_mover_and_the_backup_worker_mount_through_their_own_access_point(each: Assembly) -> None:
    for function in each.all("AWS::Lambda::Function"):
        for mount in function.properties.get("FileSystemConfigs", ()):
            role = each.target(function["Role"], "application")
            (right,) = each.statements(role, "MountFiles")
            assert right["Condition"] == {"StringEquals": {"elasticfilesystem:AccessPointArn": mount["Arn"]}}
            point = each.target(mount["Arn"], "application")
            assert point["PosixUser"] == {"Uid": "0", "Gid": "0"}
            folders = {"apranova-mover": "/", "apranova-backup-worker": "/homes"}
            assert point["RootDirectory"]["Path"] == folders[function["FunctionName"]]
            assert mount["LocalMountPath"] in list(function["Environment"]["Variables"].values())


OVER, UNDER = "GreaterThanThreshold", "LessThanThreshold"
NOT = "notBreaching"
# word, metric, statistic, comparison, threshold, period, periods, missing data
ALARMS = {
    ("database-cpu", "CPUUtilization", "Average", OVER, 80, 60, 10, "missing"),
    ("database-connections", "DatabaseConnections", "Average", OVER, 320, 60, 10, "missing"),
    ("database-disk", "FreeStorageSpace", "Average", UNDER, 2_000_000_000, 60, 10, "missing"),
    ("launches-failing", "launch_failures_total", "Sum", OVER, 3, 300, 1, NOT),
    ("pool-empty", "pool_ready", "Maximum", UNDER, 1, 300, 3, NOT),
    ("sweep-late", "sweep_seconds", "SampleCount", UNDER, 1, 300, 3, "breaching"),
    ("sweep-incomplete", "sweeps_incomplete_total", "Sum", OVER, 0, 300, 3, NOT),
    ("orphans-seen", "actions_total", "Sum", OVER, 0, 300, 1, NOT),
    ("manager-errors", "Errors", "Sum", OVER, 3, 300, 1, NOT),
    ("manager-throttled", "Throttles", "Sum", OVER, 0, 300, 1, NOT),
    ("manager-undelivered", "ApproximateNumberOfMessagesVisible", "Maximum", OVER, 0, 300, 1, NOT),
    ("mover-errors", "Errors", "Sum", OVER, 3, 300, 1, NOT),
    ("mover-throttled", "Throttles", "Sum", OVER, 0, 300, 1, NOT),
    ("slots-missing", "prepare_failures_total", "Sum", OVER, 0, 300, 3, NOT),
    ("backup-worker-1-errors", "Errors", "Sum", OVER, 0, 3600, 1, NOT),
    ("snapshots-failing", "snapshots_total", "Sum", OVER, 0, 3600, 1, NOT),
    ("restores-failing", "restores_total", "Sum", OVER, 0, 3600, 1, NOT),
    ("password-rotation-errors", "Errors", "Sum", OVER, 0, 300, 1, NOT),
    ("password-rotation-undelivered", "ApproximateNumberOfMessagesVisible", "Maximum", OVER, 0, 300, 1, NOT),
    ("errors-to-people", "HTTPCode_Target_5XX_Count", "Sum", OVER, 20, 300, 1, NOT),
    ("apranova-cache-0001-001-memory", "DatabaseMemoryUsagePercentage", "Average", OVER, 80, 60, 5, NOT),
    ("apranova-cache-0001-001-evictions", "Evictions", "Sum", OVER, 1000, 60, 1, NOT),
    ("apranova-cache-0001-002-memory", "DatabaseMemoryUsagePercentage", "Average", OVER, 80, 60, 5, NOT),
    ("apranova-cache-0001-002-evictions", "Evictions", "Sum", OVER, 1000, 60, 1, NOT),
}
WATCHED = {
    "AWS/RDS": "DBInstanceIdentifier", "AWS/Lambda": "FunctionName", "AWS/SQS": "QueueName",
    "AWS/ElastiCache": "CacheClusterId", "AWS/ApplicationELB": "LoadBalancer", "ApraNova": "service",
}  # fmt: skip


def test_each_alarm_fires_when_the_table_says(hundred: Assembly) -> None:
    found = set()
    for alarm in hundred.all("AWS::CloudWatch::Alarm", "observability"):
        one = alarm.properties
        found.add((
            one["AlarmName"].removeprefix("apranova-"), one["MetricName"], one["Statistic"], one["ComparisonOperator"],
            one["Threshold"], one["Period"], one["EvaluationPeriods"], one["TreatMissingData"],
        ))  # fmt: skip
        assert one["OKActions"] == one["AlarmActions"]
    assert found == ALARMS


def test_each_alarm_watches_something_that_is_there(hundred: Assembly) -> None:
    there = {
        *(f.properties.get("FunctionName") for f in hundred.all("AWS::Lambda::Function")),
        *(q.properties.get("QueueName") for q in hundred.all("AWS::SQS::Queue")),
        *(d["DBInstanceIdentifier"] for d in hundred.all("AWS::RDS::DBInstance")),
        *("apranova-cache-0001-001", "apranova-cache-0001-002"),
        "apranova",
    }
    for alarm in hundred.all("AWS::CloudWatch::Alarm", "observability"):
        watched = {entry["Name"]: entry["Value"] for entry in alarm["Dimensions"]}
        main = watched.pop(WATCHED[alarm["Namespace"]])
        assert str(main) in there or "LoadBalancerFullName" in json.dumps(main), alarm["AlarmName"]
        assert watched in ({}, {"result": "failed"}, {"action": "StopOrphan", "result": "done"})


def test_containers_have_no_privilege_and_write_only_into_their_volumes(each: Assembly) -> None:
    for task in each.all("AWS::ECS::TaskDefinition"):
        assert (task["NetworkMode"], task["RequiresCompatibilities"]) == ("awsvpc", ["FARGATE"])
        assert task["RuntimePlatform"]["OperatingSystemFamily"] == "LINUX"
        assert int(task["Cpu"]) >= 256
        assert int(task["Memory"]) >= 512
        volumes = {volume["Name"] for volume in task["Volumes"] if "EFSVolumeConfiguration" not in volume}
        for container in task["ContainerDefinitions"]:
            assert container.get("Privileged", False) is False
            assert container["ReadonlyRootFilesystem"] is True
            assert container["Essential"] is True
            assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
            own = [mount for mount in container["MountPoints"] if mount["SourceVolume"] != "homes"]
            assert {mount["SourceVolume"] for mount in own} == volumes
            assert {mount["ReadOnly"] for mount in own} == {False}
            log = container["LogConfiguration"]
            assert log["LogDriver"] == "awslogs"
            assert log["Options"]["mode"] == "non-blocking"  # a log that stands still must not stop us
            assert log["Options"]["awslogs-region"] == each.region("application")
            role = each.target(task["ExecutionRoleArn"], "application")
            (write,) = each.statements(role, "WriteLog")
            group = each.target(log["Options"]["awslogs-group"], "application")
            assert each.target(write["Resource"], "application") == group


def test_django_is_given_what_it_cannot_start_without(hundred: Assembly) -> None:
    (django,) = [c for c in hundred.task("apranova-backend")["ContainerDefinitions"] if c["Name"] == "backend"]
    assert {secret["Name"] for secret in django["Secrets"]} == {
        "PGUSER", "PGPASSWORD", "APRANOVA_SECRET_KEY", "APRANOVA_IDENTITY_PRIVATE_KEY", "APRANOVA_REDIS_TOKEN",
        "APRANOVA_EMAIL_URL", "APRANOVA_EMAIL_BOUNCES",
    }  # fmt: skip
    told = {entry["Name"]: entry["Value"] for entry in django["Environment"]}
    assert told["PGSSLMODE"] == "verify-full"
    assert told["PGSSLROOTCERT"] == "/etc/ssl/rds/global-bundle.pem"
    assert (told["APRANOVA_ISOLATION"], told["APRANOVA_REDIS_CLUSTER"]) == ("ecs", "yes")
    assert told["APRANOVA_PUBLIC_URL"] == "https://school.example"
    assert told["APRANOVA_WORKSPACES_DOMAIN"] == "ws.school.example"
    assert told["APRANOVA_MANAGER_ENDPOINT"] == "https://lambda.us-east-1.amazonaws.com"
    assert "".join(strings(told["REDIS_URL"])).count("rediss://") == 1


def test_each_key_has_its_account_and_lets_logs_encrypt(each: Assembly) -> None:
    for key in each.all("AWS::KMS::Key"):
        root, logs, *_ = key["KeyPolicy"]["Statement"]
        assert (root["Action"], root["Effect"], root["Resource"]) == ("kms:*", "Allow", "*")
        assert "".join(strings(root["Principal"])).endswith(":iam::111122223333:root")
        assert (logs["Effect"], logs["Resource"]) == ("Allow", "*")
        assert set(logs["Action"]) == {
            "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo",
        }  # fmt: skip
        (condition,) = logs["Condition"]["ArnLike"].values()
        assert "".join(strings(condition)).endswith(f":logs:{each.region(key.stack)}:111122223333:log-group:*")


def test_images_are_scanned_encrypted_and_old_ones_expire(each: Assembly) -> None:
    for repository in each.all("AWS::ECR::Repository"):
        assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
        assert repository["EncryptionConfiguration"]["EncryptionType"] == "KMS"
        assert each.target(repository["EncryptionConfiguration"]["KmsKey"], "data").type == "AWS::KMS::Key"
        rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
        assert [rule["selection"]["countNumber"] for rule in rules] == [7, 20]


LISTENING = (2049, 3000, 5432, 6379, 8000, 8080)
EPHEMERAL = (1024, 65535)


def test_network_acls_have_exactly_these_rules(hundred: Assembly) -> None:
    everywhere, vpc = "0.0.0.0/0", "10.0.0.0/16"
    high = [("allow", 6, everywhere, EPHEMERAL, False), ("allow", 17, everywhere, EPHEMERAL, False)]
    out = ("allow", -1, everywhere, None, True)
    inside = ("allow", -1, vpc, None, False)
    refused = [("deny", 6, everywhere, (port, port), False) for port in LISTENING]
    found: dict[str, list[Any]] = {"Public": [], "Private": []}
    for it in sorted(hundred.all("AWS::EC2::NetworkAclEntry"), key=lambda one: one["RuleNumber"]):
        ports = it.properties.get("PortRange")
        acl = hundred.target(it["NetworkAclId"], "network")
        found[name_of(acl).removeprefix("Acls")].append((
            it["RuleAction"], it["Protocol"], it["CidrBlock"], (ports["From"], ports["To"]) if ports else None,
            it["Egress"],
        ))  # fmt: skip
    assert found == {
        "Public": [inside, ("allow", 6, everywhere, (443, 443), False), *high, out],
        "Private": [inside, *refused, *high, out],
    }
    tiers = {
        hundred.target(it["SubnetId"], "network")["CidrBlock"]: name_of(hundred.target(it["NetworkAclId"], "network"))
        for it in hundred.all("AWS::EC2::SubnetNetworkAclAssociation")
    }
    assert list(tiers.values()).count("AclsPublic") == list(tiers.values()).count("AclsPrivate") == 3
    assert {cidr for cidr, acl in tiers.items() if acl == "AclsPublic"} == {"10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"}


def test_rows_of_the_matrix_are_tcp_and_one_port(each: Assembly) -> None:
    """As test_network reads them from moto, here from the template."""
    for row in each.all("AWS::EC2::SecurityGroupIngress"):
        assert (row["IpProtocol"], row["FromPort"]) == ("tcp", row["ToPort"])


def test_everything_of_the_network_is_in_the_one_vpc(each: Assembly) -> None:
    kinds = ("Subnet", "RouteTable", "NetworkAcl", "SecurityGroup", "VPCEndpoint", "VPCGatewayAttachment")
    for kind in kinds:
        for one in each.all(f"AWS::EC2::{kind}"):
            assert each.target(one["VpcId"], "network").type == "AWS::EC2::VPC"
    for subnet in each.all("AWS::EC2::Subnet"):
        assert subnet["MapPublicIpOnLaunch"] is False
    vpc = each.one("AWS::EC2::VPC")
    assert (vpc["EnableDnsSupport"], vpc["EnableDnsHostnames"]) == (True, True)
    for endpoint in each.all("AWS::EC2::VPCEndpoint"):
        assert endpoint["VpcEndpointType"] == "Gateway"
        assert len({str(table) for table in endpoint["RouteTableIds"]}) == 3
    for route in each.all("AWS::EC2::Route"):
        assert route["DestinationCidrBlock"] == "0.0.0.0/0"


FUNCTIONS = {
    "apranova-mover": ("function.handle", 10, 256, None),
    "apranova-backup-worker": ("manager.entrypoints.backup_worker.handle", 900, 1769, 1),
    "workspace-manager": ("manager.entrypoints.aws_lambda.handle", 60, 1024, None),
    "apranova-password-rotation": ("index.handle", 30, None, None),
}
"""Function → handler, timeout in seconds, memory in MB, reserved concurrency."""


def test_each_function_has_its_limits_its_log_and_its_role_first(hundred: Assembly) -> None:
    found = {}
    for function in hundred.all("AWS::Lambda::Function"):
        one = function.properties
        found[one["FunctionName"]] = (
            one["Handler"], one["Timeout"], one.get("MemorySize"), one.get("ReservedConcurrentExecutions"),
        )  # fmt: skip
        assert one["Runtime"] == "python3.13"
        assert hundred.target(one["KmsKeyArn"], "application").type == "AWS::KMS::Key"
        role = hundred.target(one["Role"], "application")
        (write,) = hundred.statements(role, "WriteLog")
        group = hundred.target(one["LoggingConfig"]["LogGroup"], "application")
        assert hundred.target(write["Resource"], "application") == group
        assert one["LoggingConfig"]["LogFormat"] == "JSON"
        # Without the policy, Lambda refuses to attach the function to the network.
        policies = [p.id for p in hundred.all("AWS::IAM::Policy") if {"Ref": role.id} in p["Roles"]]
        assert {role.id, *policies} <= set(function.whole["DependsOn"])
    assert found == FUNCTIONS


def test_a_bad_release_of_a_service_rolls_back_and_never_leaves_too_few_tasks(each: Assembly) -> None:
    for service in each.all("AWS::ECS::Service"):
        assert service["DeploymentConfiguration"] == {
            "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
            "MaximumPercent": 200,
            "MinimumHealthyPercent": 100,
        }
        assert service["EnableExecuteCommand"] is False
        assert (service["LaunchType"], service["AvailabilityZoneRebalancing"]) == ("FARGATE", "ENABLED")
        assert service["HealthCheckGracePeriodSeconds"] == 120
        assert each.target(service["Cluster"], "application").type == "AWS::ECS::Cluster"
        rules = {rule.id for rule in each.all("AWS::ElasticLoadBalancingV2::ListenerRule")}
        assert rules <= set(service.whole["DependsOn"])  # ECS refuses a target group without a listener


def test_the_database_is_kept_watched_and_not_open(each: Assembly) -> None:
    database = each.one("AWS::RDS::DBInstance")
    for name in ("KmsKeyId", "PerformanceInsightsKMSKeyId"):
        assert each.target(database[name], "data").type == "AWS::KMS::Key"
    assert each.target(database["MasterUserSecret"]["KmsKeyId"], "data").type == "AWS::KMS::Key"
    assert (database["DeleteAutomatedBackups"], database["AllowMajorVersionUpgrade"]) == (False, False)
    for name in ("AutoMinorVersionUpgrade", "CopyTagsToSnapshot", "EnablePerformanceInsights"):
        assert database[name] is True
    assert (database["MonitoringInterval"], database["PerformanceInsightsRetentionPeriod"]) == (60, 7)
    assert each.target(database["MonitoringRoleArn"], "data").type == "AWS::IAM::Role"
    assert (database["Port"], database["StorageType"]) == ("5432", "gp3")
    assert int(database["AllocatedStorage"]) < database["MaxAllocatedStorage"]
    assert database["CACertificateIdentifier"] == "rds-ca-rsa2048-g1"
    groups = [each.target(it, "data")["GroupName"] for it in database["VPCSecurityGroups"]]
    assert [name.rpartition("-")[2] for name in groups] == ["database"]


def test_buckets_belong_to_their_account_and_forget_what_was_left_behind(each: Assembly) -> None:
    for bucket in each.all("AWS::S3::Bucket"):
        assert bucket["OwnershipControls"]["Rules"][0]["ObjectOwnership"] in (
            "BucketOwnerEnforced",
            "BucketOwnerPreferred",  # CloudFront delivers its logs with an ACL
        )
        rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
        assert {rule["Status"] for rule in rules.values()} == {"Enabled"}
        assert rules["unfinished-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
        if "old-logs" in rules:
            assert rules["old-logs"]["ExpirationInDays"] == 90
        else:
            logs = bucket["LoggingConfiguration"]["DestinationBucketName"]
            assert each.target(logs, bucket.stack).type == "AWS::S3::Bucket"
            assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_every_bucket_refuses_plain_http_and_old_tls_to_everyone(each: Assembly) -> None:
    for policy in each.all("AWS::S3::BucketPolicy"):
        bucket = each.target(policy["Bucket"], policy.stack)
        assert bucket.type == "AWS::S3::Bucket"
        for statement in policy["PolicyDocument"]["Statement"]:
            assert all(bucket.id in json.dumps(resource) for resource in many(statement["Resource"]))
            if statement["Effect"] == "Deny":
                assert (statement["Action"], statement["Principal"]) == ("s3:*", {"AWS": "*"})
                assert len(statement["Resource"]) == 2
            else:
                assert statement["Principal"]["Service"].endswith(".amazonaws.com")
                assert set(many(statement["Action"])) <= {"s3:PutObject", "s3:GetBucketAcl", "s3:ListBucket"}
        denied = [s["Condition"] for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied


def test_the_firewalls_rules_end_at_the_door_of_a_workspace(hundred: Assembly) -> None:
    acl = hundred.one("AWS::WAFv2::WebACL")
    assert acl["DefaultAction"] == {"Allow": {}}
    assert [rule["Priority"] for rule in acl["Rules"]] == [0, 1, 2, 3, 4, 5]
    for rule in (acl["Rules"][0], acl["Rules"][5]):
        assert rule["Action"] == {"Block": {"CustomResponse": {"ResponseCode": 429}}}
    for it in (acl, *acl["Rules"]):
        assert it["VisibilityConfig"]["CloudWatchMetricsEnabled"] is True
        assert it["VisibilityConfig"]["SampledRequestsEnabled"] is True
    for rule in acl["Rules"][1:5]:
        assert rule["OverrideAction"] == {"None": {}}
        group = rule["Statement"]["ManagedRuleGroupStatement"]
        assert (group["VendorName"], group["Name"]) == ("AWS", rule["Name"])
        if rule["Name"] == "AWSManagedRulesAmazonIpReputationList":
            assert "ScopeDownStatement" not in group
            continue
        host = group["ScopeDownStatement"]["NotStatement"]["Statement"]["ByteMatchStatement"]
        assert host == {
            "FieldToMatch": {"SingleHeader": {"Name": "host"}},
            "PositionalConstraint": "ENDS_WITH",
            "SearchString": ".ws.school.example",
            "TextTransformations": [{"Priority": 0, "Type": "LOWERCASE"}],
        }
