"""The document's alarms (database, cache) and ours (launches, pool, reconcile passes), sent to the topic that mails the operators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infrastructure.names import (
    ACTIONS,
    LAUNCH_FAILURES,
    METRICS_NAMESPACE,
    ORPHAN_ACTION,
    POOL_READY,
    RESTORES,
    SNAPSHOTS,
    SWEEP_SECONDS,
    SWEEPS_INCOMPLETE,
    Names,
)
from infrastructure.settings import Settings

OVER, UNDER = "GreaterThanThreshold", "LessThanThreshold"
FIVE_MINUTES, HOUR = 300, 3600


@dataclass(frozen=True)
class Alarm:
    """Fires after `periods` bad periods of `period_s` seconds in a row."""

    word: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    threshold: float
    statistic: str = "Sum"
    comparison: str = OVER
    period_s: int = FIVE_MINUTES
    periods: int = 1
    missing_data: str = "notBreaching"


def database_alarms(names: Names, connections_max: int) -> Iterator[Alarm]:
    for word, description, metric, threshold, comparison in (
        ("cpu", "CPU above 80 % for 10 minutes: the next size is db.r5.large", "CPUUtilization", 80, OVER),
        ("connections", "More than 80 % of the connections are in use", "DatabaseConnections", 0.8 * connections_max, OVER),
        ("disk", "Less than 2 GB of disk space are free", "FreeStorageSpace", 2e9, UNDER),
    ):  # fmt: skip
        yield Alarm(
            f"database-{word}", description, "AWS/RDS", metric, {"DBInstanceIdentifier": names.of("database")}, threshold,
            statistic="Average", comparison=comparison, period_s=60, periods=10, missing_data="missing",
        )  # fmt: skip


def cache_nodes(names: Names, settings: Settings) -> list[str]:
    """Names that ElastiCache gives the nodes of a replication group in cluster mode."""
    return [
        f"{names.of('cache')}-{shard:04d}-{node:03d}"
        for shard in range(1, settings.cache.shards + 1)
        for node in range(1, settings.cache.replicas + 2)
    ]


def cache_alarms(node: str) -> Iterator[Alarm]:
    for word, description, metric, threshold, statistic, periods in (
        ("memory", "Redis memory above 80 %", "DatabaseMemoryUsagePercentage", 80, "Average", 5),
        ("evictions", "More than 1000 evictions a minute", "Evictions", 1000, "Sum", 1),
    ):
        yield Alarm(
            f"{node}-{word}", description, "AWS/ElastiCache", metric, {"CacheClusterId": node}, threshold,
            statistic=statistic, period_s=60, periods=periods,
        )  # fmt: skip


def manager_alarms(names: Names) -> Iterator[Alarm]:
    """On the manager's own metrics, under the names of its `Metrics` port."""
    service = {"service": names.name}
    orphans = {**service, "action": ORPHAN_ACTION, "result": "done"}
    # There is no alarm on cold launches: a student with a home of their own gets one by design, unless it was forecast.
    for word, description, metric, dimensions, threshold, more in (
        ("launches-failing", "More than 3 launches failed within 5 minutes", LAUNCH_FAILURES, service, 3, {}),
        (
            "pool-empty", "Warm tasks are wanted, but for 15 minutes none was ready", POOL_READY, service, 1,
            {"statistic": "Maximum", "comparison": UNDER, "periods": 3},
        ),
        (
            "sweep-late", "No reconcile pass has finished for 15 minutes", SWEEP_SECONDS, service, 1,
            {"statistic": "SampleCount", "comparison": UNDER, "periods": 3, "missing_data": "breaching"},
        ),
        (
            "sweep-incomplete", "Reconcile passes have left work undone for 15 minutes: see the manager's log",
            SWEEPS_INCOMPLETE, service, 0, {"periods": 3},
        ),
        ("orphans-seen", "A task without a record was found and stopped; this should not happen", ACTIONS, orphans, 0, {}),
    ):  # fmt: skip
        yield Alarm(word, description, METRICS_NAMESPACE, metric, dimensions, threshold, **more)


def backup_alarms(names: Names, workers: Sequence[str]) -> Iterator[Alarm]:
    """`workers`: names of the backup workers' functions, one for each file system."""
    failed = {"service": names.name, "result": "failed"}
    for word, description, metric in (
        ("snapshots-failing", "A stopped home got no snapshot; the nightly run tries again", SNAPSHOTS),
        ("restores-failing", "A home could not be restored: see the backup worker's log", RESTORES),
    ):
        yield Alarm(word, description, METRICS_NAMESPACE, metric, failed, 0, period_s=HOUR)
    for number, worker in enumerate(workers, 1):
        description, function = "A backup worker failed or ran out of time", {"FunctionName": worker}
        yield Alarm(f"keeper-{number}-errors", description, "AWS/Lambda", "Errors", function, 0, period_s=HOUR)


def function_alarms(names: Names) -> Iterator[Alarm]:
    function = {"FunctionName": names.manager}
    yield Alarm("manager-errors", "The manager failed 3 times in 5 minutes", "AWS/Lambda", "Errors", function, 3)
    yield Alarm("manager-throttled", "AWS throttled the manager", "AWS/Lambda", "Throttles", function, 0)
    yield Alarm(
        "manager-undelivered", "An event for the manager could not be delivered", "AWS/SQS",
        "ApproximateNumberOfMessagesVisible", {"QueueName": names.of("manager-failures")}, 0, statistic="Maximum",
    )  # fmt: skip


def all_alarms(names: Names, settings: Settings, *, balancer: str, workers: Sequence[str]) -> list[Alarm]:
    """`balancer`: its name in CloudWatch, app/name/id."""
    return [
        *database_alarms(names, settings.database.connections_max),
        *(alarm for node in cache_nodes(names, settings) for alarm in cache_alarms(node)),
        *manager_alarms(names),
        *function_alarms(names),
        *backup_alarms(names, workers),
        Alarm(
            "errors-to-people", "More than 20 server errors in 5 minutes", "AWS/ApplicationELB",
            "HTTPCode_Target_5XX_Count", {"LoadBalancer": balancer}, 20,
        ),
    ]  # fmt: skip


class Alarms(Construct):
    def __init__(self, scope: Construct, id: str, *, names: Names, alarms: list[Alarm], topic_arn: str) -> None:
        super().__init__(scope, id)
        for alarm in alarms:
            cloudwatch.CfnAlarm(
                self,
                "".join(part.capitalize() for part in alarm.word.split("-")),
                alarm_name=names.of(alarm.word),
                alarm_description=alarm.description,
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=[
                    cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
                    for name, value in alarm.dimensions.items()
                ],
                statistic=alarm.statistic,
                comparison_operator=alarm.comparison,
                threshold=alarm.threshold,
                period=alarm.period_s,
                evaluation_periods=alarm.periods,
                treat_missing_data=alarm.missing_data,
                alarm_actions=[topic_arn],
                ok_actions=[topic_arn],
            )
