"""Load balancer, services, manager, workspace tasks: what linters miss."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from infrastructure.app import build
from infrastructure.elements.password_rotation import CODE
from infrastructure.names import WAKE_DELAY_S
from infrastructure.settings_file import EXAMPLES, load_settings
from infrastructure.tests.templates import Assembly, Resource, strings


def conditions(rule: Resource) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for condition in rule["Conditions"]:
        (config,) = (value for key, value in condition.items() if key != "Field")
        found[condition["Field"]] = config["Values"]
    return found


def test_the_load_balancer_has_the_documents_three_paths_and_the_workspaces_hosts(hundred: Assembly) -> None:
    routes = []
    for rule in hundred.all("AWS::ElasticLoadBalancingV2::ListenerRule"):
        group = hundred.target(rule["Actions"][0]["TargetGroupArn"], "application")
        found = conditions(rule)
        target = group.properties.get("Port", group["TargetType"])
        routes.append((rule["Priority"], found["host-header"], found.get("path-pattern"), target))
    assert sorted(routes) == [
        (10, ["*.ws.school.example"], None, 8000),
        (20, ["school.example"], ["/api", "/api/*"], 8000),
        (30, ["school.example"], ["/workspace", "/workspace/*"], "lambda"),
        (40, ["school.example"], ["/*"], 3000),
    ]


def test_nobody_gets_past_cloudfront(hundred: Assembly) -> None:
    """Port 443 is open to everyone. Without the secret header the answer is 403."""
    listener = hundred.one("AWS::ElasticLoadBalancingV2::Listener")
    assert listener["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "403"
    for rule in hundred.all("AWS::ElasticLoadBalancingV2::ListenerRule"):
        (secret,) = conditions(rule)["http-header"]
        assert secret.startswith("{{resolve:secretsmanager:/apranova/origin-secret")
    for distribution in hundred.all("AWS::CloudFront::Distribution"):
        (header,) = distribution["DistributionConfig"]["Origins"][0]["OriginCustomHeaders"]
        assert header["HeaderValue"] == secret


def test_tls_is_1_2_or_newer_and_there_is_no_plain_listener(hundred: Assembly) -> None:
    listener = hundred.one("AWS::ElasticLoadBalancingV2::Listener")
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"


@pytest.mark.parametrize("name", ["apranova-backend", "apranova-portal"])
def test_a_services_container_listens_where_its_target_group_sends(name: str, hundred: Assembly) -> None:
    (service,) = [s for s in hundred.all("AWS::ECS::Service") if s["ServiceName"] == name]
    (way,) = service["LoadBalancers"]
    group = hundred.target(way["TargetGroupArn"], "application")
    task = hundred.target(service["TaskDefinition"], "application")
    container = next(c for c in task["ContainerDefinitions"] if c["Name"] == way["ContainerName"])
    assert (
        [mapping["ContainerPort"] for mapping in container["PortMappings"]] == [way["ContainerPort"]] == [group["Port"]]
    )
    assert group["TargetType"] == "ip"


@pytest.mark.parametrize(("name", "least", "most"), [("apranova-backend", 2, 20), ("apranova-portal", 2, 10)])
def test_services_scale_as_the_document_says(name: str, least: int, most: int, hundred: Assembly) -> None:
    (target,) = [t for t in hundred.all("AWS::ApplicationAutoScaling::ScalableTarget") if name in str(t["ResourceId"])]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (least, most)
    seen = {}
    for alarm in hundred.all("AWS::CloudWatch::Alarm", "application"):
        if any(dimension["Value"] == name for dimension in alarm["Dimensions"]):
            policy = hundred.target(alarm["AlarmActions"][0], "application")
            steps = policy["StepScalingPolicyConfiguration"]
            seen[alarm["ComparisonOperator"]] = (
                alarm["Threshold"],
                alarm["Period"] * alarm["EvaluationPeriods"],
                steps["Cooldown"],
                steps["StepAdjustments"][0]["ScalingAdjustment"],
            )
    assert seen == {"GreaterThanThreshold": (70, 120, 60, 1), "LessThanThreshold": (40, 300, 60, -1)}


def test_envoy_is_the_only_open_port_of_the_backends_task_and_django_is_beside_it(hundred: Assembly) -> None:
    task = hundred.task("apranova-backend")
    ports = {c["Name"]: [m["ContainerPort"] for m in c.get("PortMappings", [])] for c in task["ContainerDefinitions"]}
    assert ports == {"gateway": [8000], "backend": []}
    folders = [{m["ContainerPath"] for m in c["MountPoints"]} for c in task["ContainerDefinitions"]]
    assert all("/run/apranova" in paths for paths in folders)


def test_a_workspaces_task_may_mount_a_slot_and_nothing_else(
    each: Assembly,
) -> None:
    tasks = [t for t in each.all("AWS::ECS::TaskDefinition") if "workspace" in t["Family"]]
    assert {t["Family"] for t in tasks} == {"apranova-workspace-vscode", "apranova-workspace-superset"}
    for task in tasks:
        role = each.target(task["TaskRoleArn"], "application")
        (mount,) = each.statements(role)
        assert set(mount["Action"]) == {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"}
        refused = mount["Condition"]["ArnNotEquals"]["elasticfilesystem:AccessPointArn"]
        points = each.all("AWS::EFS::AccessPoint")  # slots are made by the manager
        assert {each.target(arn, "application").id for arn in refused} == {point.id for point in points}
        (container,) = task["ContainerDefinitions"]
        assert container["ReadonlyRootFilesystem"] is True
        assert container["User"] == "1000"
        assert container["StopTimeout"] == 120  # Spot's whole notice: the agent may have to save first
        assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
        assert "Secrets" not in container
        (port,) = container["PortMappings"]
        assert port["ContainerPort"] == 8080  # the agent's, of either kind
        assert {mount["ContainerPath"] for mount in container["MountPoints"]} == {"/tmp", "/run"}  # noqa: S108


SOURCE = Path(__file__).parents[2]


def words_in(*folders: str) -> set[str]:
    files = (file for folder in folders for file in (SOURCE / folder).rglob("*") if file.suffix in (".py", ".sh"))
    return {word for file in files for word in re.findall(r"APRANOVA_[A-Z_]+", file.read_text())}


def test_everything_that_a_task_or_a_function_is_told_is_read_there(hundred: Assembly) -> None:
    """What nobody reads was needed once, and may still have rights."""
    given: dict[str, set[str]] = {"backend": set(), "gateway": set(), "portal": set(), "manager": set()}
    for task in hundred.all("AWS::ECS::TaskDefinition"):
        for container in task["ContainerDefinitions"]:
            entries = (*container.get("Environment", ()), *container.get("Secrets", ()))
            given.setdefault(container["Name"], set()).update(entry["Name"] for entry in entries)
    for function in hundred.all("AWS::Lambda::Function"):
        if function.properties.get("Handler", "").startswith("manager."):
            given["manager"] |= set(function["Environment"]["Variables"])
    read = {
        "backend": words_in("backend", "gateway"),
        "gateway": words_in("gateway"),
        "manager": words_in("manager"),
    }
    for part, words in read.items():
        ours = {name for name in given[part] if name.startswith("APRANOVA_")}
        assert ours
        assert ours - words == set(), part


def test_guardduty_can_fetch_its_agent_into_every_task(each: Assembly) -> None:
    """With each task's execution role, from another registry; else tasks run unwatched."""
    registry = f":ecr:{each.region('application')}:*:repository/aws-guardduty-agent-fargate"
    for task in each.all("AWS::ECS::TaskDefinition"):
        role = each.target(task["ExecutionRoleArn"], "application")
        (pull,) = each.statements(role, "PullGuardDutyAgent")
        assert "ecr:BatchGetImage" in pull["Action"]
        assert "".join(strings(pull["Resource"])).endswith(registry)


def test_no_environment_holds_what_a_secret_holds(hundred: Assembly) -> None:
    for task in hundred.all("AWS::ECS::TaskDefinition"):
        for container in task["ContainerDefinitions"]:
            assert "{{resolve:" not in json.dumps(container)
            names = {entry["Name"] for entry in container.get("Environment", ())}
            assert not names & {"PGPASSWORD", "APRANOVA_SECRET_KEY", "APRANOVA_REDIS_TOKEN"}


def test_no_code_of_a_function_touches_network_interfaces(each: Assembly) -> None:
    """Lambda needs the rights in the function's role. What the code itself asks is refused."""
    attached = [f for f in each.all("AWS::Lambda::Function") if "VpcConfig" in f.properties]
    assert len(attached) == 3
    for function in attached:
        role = each.target(function["Role"], function.stack)
        (allowed,) = each.statements(role, "VpcNetworking")
        (refused,) = each.statements(role, "VpcNetworkingByLambdaAlone")
        assert refused["Effect"] == "Deny"
        assert refused["Action"] == allowed["Action"]
        assert refused["Resource"] == "*"
        arn = "".join(strings(refused["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]))
        assert arn.endswith(f":function:{function['FunctionName']}")


def test_the_backend_may_do_what_its_code_calls_and_no_more(each: Assembly) -> None:
    role = each.target(each.task("apranova-backend")["TaskRoleArn"], "application")
    rights = {s["Action"]: s["Resource"] for s in each.statements(role) if s["Sid"] != "MountFiles"}
    assert len(each.statements(role)) == len(rights) + 1
    assert set(rights) == {
        "lambda:InvokeFunction", "ssm:PutParameter", "secretsmanager:GetSecretValue", "kms:Decrypt",
    }  # fmt: skip
    alias, function = (each.target(arn, "application") for arn in rights["lambda:InvokeFunction"])
    assert each.target(alias["FunctionName"], "application") == function
    assert function["FunctionName"] == "workspace-manager"
    (django,) = [c for c in each.task("apranova-backend")["ContainerDefinitions"] if c["Name"] == "backend"]
    told = {entry["Name"]: entry["Value"] for entry in django["Environment"]}
    assert told["APRANOVA_DATABASE_SECRET"] == rights["secretsmanager:GetSecretValue"]
    assert "MasterUserSecret" in json.dumps(told["APRANOVA_DATABASE_SECRET"])


def test_no_action_of_an_identity_has_a_wildcard(each: Assembly) -> None:
    assert each.all("AWS::IAM::ManagedPolicy") == []
    actions = [action for statement in each.statements() for action in strings(statement["Action"])]
    assert len(actions) > 80
    assert [action for action in actions if "*" in action] == []


def test_the_manager_may_hand_on_two_roles_to_one_service(hundred: Assembly) -> None:
    (pass_role,) = [s for s in hundred.statements() if "iam:PassRole" in str(s["Action"])]
    roles = sorted(hundred.target(arn, "application").id.rstrip("0123456789ABCDEF") for arn in pass_role["Resource"])
    assert roles == ["WorkspaceTasksExecution", "WorkspaceTasksTask"]
    assert pass_role["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def test_the_manager_starts_tasks_in_our_cluster_alone(hundred: Assembly) -> None:
    for action in ("ecs:RunTask", "ecs:StopTask", "ecs:ListTasks"):
        (statement,) = [s for s in hundred.statements() if action in strings(s["Action"])]
        assert "ecs:cluster" in statement["Condition"]["ArnEquals"]


def test_every_schedule_asks_for_a_pass_or_a_nightly_run(each: Assembly) -> None:
    schedules = each.all("AWS::Scheduler::Schedule")
    actions = Counter(json.loads(schedule["Target"]["Input"])["action"] for schedule in schedules)
    assert actions == {"sweep": 6, "round": len(each.all("AWS::EFS::FileSystem"))}


def test_the_sweep_comes_every_five_minutes_and_the_pool_changes_at_the_documents_hours(hundred: Assembly) -> None:
    when = {
        s["Name"]: (s["ScheduleExpression"], s["Description"].rsplit(" ", 1)[1])
        for s in hundred.all("AWS::Scheduler::Schedule")
    }
    assert when.pop("apranova-sweep")[0] == "rate(5 minutes)"
    assert when["apranova-pool-peak"] == ("cron(0 9 ? * MON-FRI *)", "5")
    assert when["apranova-pool-evening"] == ("cron(0 21 ? * MON-FRI *)", "3")
    assert when["apranova-pool-night"] == ("cron(0 23 * * ? *)", "1")
    assert when["apranova-pool-weekend"] == ("cron(0 7 ? * SAT,SUN *)", "2")
    assert {s["ScheduleExpressionTimezone"] for s in hundred.all("AWS::Scheduler::Schedule")} == {"America/New_York"}


def test_the_managers_own_schedule_changes_at_the_same_hours() -> None:
    """`PoolSchedule` decides the size. Infrastructure never imports the manager."""
    source = (SOURCE / "manager/domain/policy.py").read_text()
    assert re.search(r"(?m)^PEAK_FROM_H, PEAK_UNTIL_H, SHOULDER_H = 9, 21, 2$", source)


def test_states_of_our_workspaces_tasks_wake_the_manager(hundred: Assembly) -> None:
    (rule,) = [r for r in hundred.all("AWS::Events::Rule") if r.properties.get("Name") == "apranova-task-states"]
    detail = rule["EventPattern"]["detail"]
    assert hundred.target(detail["clusterArn"][0], "application").type == "AWS::ECS::Cluster"
    assert hundred.target(rule["Targets"][0]["Arn"], "application")["FunctionName"] == "workspace-manager"
    principals = {p["Principal"] for p in hundred.all("AWS::Lambda::Permission")}
    assert principals == {"events.amazonaws.com", "elasticloadbalancing.amazonaws.com"}


def test_a_pass_of_the_manager_can_ask_for_the_next_one(hundred: Assembly) -> None:
    mapping = hundred.one("AWS::Lambda::EventSourceMapping")
    queue = hundred.target(mapping["EventSourceArn"], "application")
    function = hundred.target(mapping["FunctionName"], "application")
    assert function["FunctionName"] == "workspace-manager"
    assert function["RecursiveLoop"] == "Allow"  # else Lambda cuts the chain after 16 passes
    assert hundred.target(function["Environment"]["Variables"]["APRANOVA_WAKE_QUEUE"], "application") == queue
    assert queue["FifoQueue"] is True
    assert queue["DelaySeconds"] == WAKE_DELAY_S
    assert queue["VisibilityTimeout"] >= function["Timeout"]  # SQS refuses the mapping otherwise


def test_the_backend_tells_the_manager_its_public_key_and_nothing_else(hundred: Assembly) -> None:
    (write,) = [s for s in hundred.statements() if "ssm:PutParameter" in strings(s["Action"])]
    assert "".join(strings(write["Resource"])).endswith(":parameter/apranova/manager/identity-key")


def test_after_a_restore_the_backend_takes_the_password_of_the_restored_database(
    hundred: Assembly, manager_code: Path, tmp_path: Path
) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-restored-AbCdEf"
    settings = load_settings(EXAMPLES / "hundred.toml")
    restored = replace(settings, database=replace(settings.database, secret_arn=arn))
    build(restored, manager_code=manager_code, out=tmp_path).synth()
    assembly = Assembly(tmp_path)
    task = assembly.task("apranova-backend")
    secrets = {s["Name"]: s["ValueFrom"] for c in task["ContainerDefinitions"] for s in c.get("Secrets", ())}
    assert (secrets["PGUSER"], secrets["PGPASSWORD"]) == (f"{arn}:username::", f"{arn}:password::")
    (reading,) = [s for s in assembly.statements(sid="ReadSecrets") if arn in s["Resource"]]
    assert "MasterUserSecret" not in json.dumps(reading)
    (rule,) = [r for r in assembly.all("AWS::Events::Rule") if "RotationSucceeded" in json.dumps(r["EventPattern"])]
    assert rule["EventPattern"]["detail"]["additionalEventData"] == {"SecretId": [arn]}
    assert password_exports(assembly) == password_exports(hundred)  # the application's stack still imports it


def password_exports(assembly: Assembly) -> list[str]:
    outputs = assembly.templates["data"].get("Outputs", {}).values()
    return [output["Export"]["Name"] for output in outputs if "MasterUserSecret" in json.dumps(output["Value"])]


def test_a_new_password_of_the_database_starts_the_backend_anew(hundred: Assembly) -> None:
    (rule,) = [r for r in hundred.all("AWS::Events::Rule") if "RotationSucceeded" in json.dumps(r["EventPattern"])]
    function = hundred.target(rule["Targets"][0]["Arn"], "application")
    assert function["Code"] == {"ZipFile": CODE}
    assert function["Environment"]["Variables"]["SERVICE"] == "apranova-backend"
    compile(CODE, "rotation", "exec")


def test_a_restart_that_fails_after_a_rotation_is_an_alarm_and_no_event_is_lost(hundred: Assembly) -> None:
    (function,) = [f for f in hundred.all("AWS::Lambda::Function") if f["Code"] == {"ZipFile": CODE}]
    queue = hundred.target(function["DeadLetterConfig"]["TargetArn"], "application")
    role = hundred.target(function["Role"], "application")
    (report,) = hundred.statements(role, "ReportFailures")
    assert (report["Action"], hundred.target(report["Resource"], "application")) == ("sqs:SendMessage", queue)
    watched = [
        (a["Namespace"], a["MetricName"], a["Dimensions"][0]["Value"], a["Threshold"])
        for a in hundred.all("AWS::CloudWatch::Alarm", "observability")
    ]
    assert ("AWS/Lambda", "Errors", function["FunctionName"], 0) in watched
    assert ("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue["QueueName"], 0) in watched
