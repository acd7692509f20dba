"""Alarms, dashboard, trail, threats, compliance, budget."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infrastructure.names import (
    ACTIONS,
    LAUNCH_FAILURES,
    LAUNCHES,
    ORPHAN_ACTION,
    POOL_READY,
    PREPARE_FAILURES,
    RESTORES,
    SNAPSHOTS,
    SWEEP_SECONDS,
)
from infrastructure.tests.templates import Assembly

MANAGER = Path(__file__).parents[2] / "manager"


@pytest.fixture
def alarms(hundred: Assembly) -> dict[str, dict]:
    return {alarm["AlarmName"]: alarm.properties for alarm in hundred.all("AWS::CloudWatch::Alarm", "observability")}


def dimensions(alarm: dict) -> dict[str, object]:
    return {entry["Name"]: entry["Value"] for entry in alarm["Dimensions"]}


def test_the_documents_alarms_stand_where_it_says(alarms: dict[str, dict]) -> None:
    cpu = alarms["apranova-database-cpu"]
    assert (cpu["Threshold"], cpu["Period"] * cpu["EvaluationPeriods"]) == (80, 600)
    assert alarms["apranova-apranova-cache-0001-001-memory"]["Threshold"] == 80
    evictions = alarms["apranova-apranova-cache-0001-002-evictions"]
    assert (evictions["Threshold"], evictions["Period"], evictions["Statistic"]) == (1000, 60, "Sum")


def test_the_connections_alarm_counts_against_what_the_database_really_allows(
    hundred: Assembly, alarms: dict[str, dict]
) -> None:
    allowed = int(hundred.one("AWS::RDS::DBParameterGroup")["Parameters"]["max_connections"])
    assert alarms["apranova-database-connections"]["Threshold"] == 0.8 * allowed


@pytest.mark.parametrize(
    ("name", "metric", "statistic", "missing"),
    [
        # No metric at all is no pass at all.
        ("sweep-late", SWEEP_SECONDS, "SampleCount", "breaching"),
        # One ready task in any of the passes is enough. No metric means that none is wanted.
        ("pool-empty", POOL_READY, "Maximum", "notBreaching"),
    ],
)
def test_a_quarter_of_an_hour_without_a_pass_or_a_ready_task_is_an_alarm(
    name: str, metric: str, statistic: str, missing: str, alarms: dict[str, dict]
) -> None:
    alarm = alarms[f"apranova-{name}"]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["TreatMissingData"]) == (metric, statistic, missing)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 900
    assert dimensions(alarm) == {"service": "apranova"}


@pytest.mark.parametrize(
    "name", [LAUNCH_FAILURES, LAUNCHES, SWEEP_SECONDS, POOL_READY, PREPARE_FAILURES, ACTIONS, SNAPSHOTS, RESTORES]
)
def test_the_manager_counts_what_the_alarms_watch(name: str) -> None:
    assert any(f'"{name}"' in file.read_text() for file in (MANAGER / "use_cases").glob("*.py"))


def test_the_action_that_ends_an_orphan_has_the_name_that_its_alarm_knows(alarms: dict[str, dict]) -> None:
    assert f"class {ORPHAN_ACTION}:" in (MANAGER / "domain/lifecycle/actions.py").read_text()
    assert dimensions(alarms["apranova-orphans-seen"])["action"] == ORPHAN_ACTION


def test_a_home_without_a_snapshot_and_a_failed_backup_worker_are_alarms(
    hundred: Assembly, alarms: dict[str, dict]
) -> None:
    failing = alarms["apranova-snapshots-failing"]
    assert dimensions(failing) == {"service": "apranova", "result": "failed"}
    assert (failing["Threshold"], failing["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    names = {f.properties.get("FunctionName"): f.properties["Handler"] for f in hundred.all("AWS::Lambda::Function")}
    worker = dimensions(alarms["apranova-backup-worker-1-errors"])["FunctionName"]
    assert names[worker] == "manager.entrypoints.backup_worker.handle"


def test_a_mover_that_fails_and_slots_that_cannot_be_made_are_alarms(
    hundred: Assembly, alarms: dict[str, dict]
) -> None:
    names = {f.properties.get("FunctionName"): f.properties["Handler"] for f in hundred.all("AWS::Lambda::Function")}
    for word, metric in (("mover-errors", "Errors"), ("mover-throttled", "Throttles")):
        alarm = alarms[f"apranova-{word}"]
        assert (names[dimensions(alarm)["FunctionName"]], alarm["MetricName"]) == ("function.handle", metric)
    assert alarms["apranova-slots-missing"]["MetricName"] == "prepare_failures_total"


def test_every_alarm_reaches_the_operators(hundred: Assembly, alarms: dict[str, dict]) -> None:
    assert len(alarms) >= 14
    for alarm in alarms.values():
        assert hundred.target(alarm["AlarmActions"][0], "observability").type == "AWS::SNS::Topic"
    assert hundred.one("AWS::SNS::Subscription")["Endpoint"] == "operators@school.example"


def test_the_dashboard_is_one_that_cloudwatch_can_read(hundred: Assembly) -> None:
    parts = hundred.one("AWS::CloudWatch::Dashboard")["DashboardBody"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "x" for part in parts)
    assert len(json.loads(text)["widgets"]) == 9


def test_all_api_calls_are_on_record(hundred: Assembly) -> None:
    trail = hundred.one("AWS::CloudTrail::Trail")
    for name in ("IsLogging", "IsMultiRegionTrail", "IncludeGlobalServiceEvents", "EnableLogFileValidation"):
        assert trail[name] is True


def test_guardduty_watches_inside_fargate_tasks(hundred: Assembly) -> None:
    features = {feature["Name"]: feature for feature in hundred.one("AWS::GuardDuty::Detector")["Features"]}
    runtime = features["RUNTIME_MONITORING"]
    assert runtime["Status"] == "ENABLED"
    assert {"Name": "ECS_FARGATE_AGENT_MANAGEMENT", "Status": "ENABLED"} in runtime["AdditionalConfiguration"]


def test_config_checks_what_the_document_promises(hundred: Assembly) -> None:
    rules = {rule["Source"]["SourceIdentifier"] for rule in hundred.all("AWS::Config::ConfigRule")}
    assert {"EFS_ENCRYPTED_CHECK", "RDS_STORAGE_ENCRYPTED", "RDS_MULTI_AZ_SUPPORT", "CLOUD_TRAIL_ENABLED"} <= rules


def test_what_is_found_reaches_the_operators(hundred: Assembly) -> None:
    topic = hundred.one("AWS::SNS::Topic", "observability")
    heard = {}
    for rule in hundred.all("AWS::Events::Rule", "observability"):
        (target,) = rule["Targets"]
        assert hundred.target(target["Arn"], "observability") == topic
        assert "RoleArn" not in target
        (source,) = rule["EventPattern"]["source"]
        heard[source] = rule["EventPattern"]["detail"]
    assert heard == {
        "aws.guardduty": {"severity": [{"numeric": [">=", 4]}]},
        "aws.config": {
            "configRuleName": [{"prefix": "apranova-"}],
            "newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]},
        },
    }
    names = {rule["ConfigRuleName"] for rule in hundred.all("AWS::Config::ConfigRule")}
    assert all(name.startswith("apranova-") for name in names)


@pytest.mark.parametrize(
    ("writer", "condition"),
    [
        ("cloudwatch.amazonaws.com", {"StringEquals": {"aws:SourceAccount": "111122223333"}}),
        ("events.amazonaws.com", None),  # it sends no source to KMS: a condition would lose every message
    ],
)
def test_who_writes_to_the_operators_may_publish_and_use_the_topics_key(
    writer: str, condition: object, hundred: Assembly
) -> None:
    topic = hundred.one("AWS::SNS::Topic", "observability")
    policy = hundred.one("AWS::SNS::TopicPolicy", "observability")
    key = hundred.target(topic["KmsMasterKeyId"], "observability")
    for document, action in ((policy["PolicyDocument"], "sns:Publish"), (key["KeyPolicy"], "kms:GenerateDataKey")):
        (statement,) = [s for s in document["Statement"] if s["Principal"] == {"Service": writer}]
        assert statement["Effect"] == "Allow"
        assert action in statement["Action"]
        assert statement.get("Condition") == condition


def test_the_budget_warns_before_it_is_spent(hundred: Assembly) -> None:
    budget = hundred.one("AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 2000, "Unit": "USD"}
    warnings = [
        (w["Notification"]["NotificationType"], w["Notification"]["Threshold"])
        for w in budget["NotificationsWithSubscribers"]
    ]
    assert warnings == [("ACTUAL", 80), ("FORECASTED", 100), ("ACTUAL", 100)]
