"""The document's alarms (database, cache) and ours (launches, pool, reconcile passes)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infrastructure.elements.cache import REPLICAS
from infrastructure.names import (
    ACTIONS,
    LAUNCH_FAILURES,
    METRICS_NAMESPACE,
    ORPHAN_ACTION,
    POOL_READY,
    PREPARE_FAILURES,
    RESTORES,
    SNAPSHOTS,
    SWEEP_SECONDS,
    SWEEPS_INCOMPLETE,
    Names,
)
from infrastructure.settings import Settings
from infrastructure.stacks.base import PlatformStack

OVER, UNDER = "GreaterThanThreshold", "LessThanThreshold"
HOUR_S = 3600


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
    period_s: int = 300
    periods: int = 1
    missing_data: str = "notBreaching"


def cache_nodes(settings: Settings) -> list[str]:
    """The names that ElastiCache gives to the nodes of a replication group in cluster mode."""
    return [
        f"{Names(settings.name).of('cache')}-{shard:04d}-{node:03d}"
        for shard in range(1, settings.cache.shards + 1)
        for node in range(1, 1 + 1 + REPLICAS)
    ]


def all_alarms(settings: Settings, *, balancer: str) -> list[Alarm]:
    """`balancer`: its name in CloudWatch, app/name/id."""
    names = Names(settings.name)
    database = {"DBInstanceIdentifier": names.of("database")}
    ten_minutes = {"statistic": "Average", "period_s": 60, "periods": 10, "missing_data": "missing"}
    service = {"service": names.name}
    failed = {**service, "result": "failed"}
    orphan = {**service, "action": ORPHAN_ACTION, "result": "done"}
    manager, mover = {"FunctionName": names.manager}, {"FunctionName": names.mover}
    connections = 0.8 * settings.database.connections_max
    undelivered = {"QueueName": names.of("manager-failures")}
    own = METRICS_NAMESPACE
    alarms = [
        Alarm("database-cpu", "CPU above 80 % for 10 minutes: the next size is db.r5.large", "AWS/RDS", "CPUUtilization", database, 80, **ten_minutes),
        Alarm("database-connections", "More than 80 % of the connections are in use", "AWS/RDS", "DatabaseConnections", database, connections, **ten_minutes),
        Alarm("database-disk", "Less than 2 GB of disk space are free", "AWS/RDS", "FreeStorageSpace", database, 2e9, comparison=UNDER, **ten_minutes),
        Alarm("launches-failing", "More than 3 launches failed within 5 minutes", own, LAUNCH_FAILURES, service, 3),
        Alarm("pool-empty", "Warm tasks are wanted, but for 15 minutes none was ready", own, POOL_READY, service, 1, "Maximum", UNDER, periods=3),
        Alarm("sweep-late", "No reconcile pass has finished for 15 minutes", own, SWEEP_SECONDS, service, 1, "SampleCount", UNDER, periods=3, missing_data="breaching"),
        Alarm("sweep-incomplete", "Reconcile passes have left work undone for 15 minutes: see the manager's log", own, SWEEPS_INCOMPLETE, service, 0, periods=3),
        Alarm("orphans-seen", "A task without a record was found and stopped; this should not happen", own, ACTIONS, orphan, 0),
        Alarm("manager-errors", "The manager failed 3 times in 5 minutes", "AWS/Lambda", "Errors", manager, 3),
        Alarm("manager-throttled", "AWS throttled the manager", "AWS/Lambda", "Throttles", manager, 0),
        Alarm("manager-undelivered", "An event for the manager could not be delivered", "AWS/SQS", "ApproximateNumberOfMessagesVisible", undelivered, 0, "Maximum"),
        Alarm("mover-errors", "The mover failed 3 times in 5 minutes: homes come late to launches, or back from them", "AWS/Lambda", "Errors", mover, 3),
        Alarm("mover-throttled", "AWS throttled the mover", "AWS/Lambda", "Throttles", mover, 0),
        Alarm("slots-missing", "What starts need could not be made for 15 minutes: see the manager's log", own, PREPARE_FAILURES, service, 0, periods=3),
        Alarm("backup-worker-1-errors", "The backup worker failed or ran out of time", "AWS/Lambda", "Errors", {"FunctionName": names.backup_worker}, 0, period_s=HOUR_S),
        Alarm("snapshots-failing", "A stopped home got no snapshot; the nightly run tries again", own, SNAPSHOTS, failed, 0, period_s=HOUR_S),
        Alarm("restores-failing", "A home could not be restored: see the backup worker's log", own, RESTORES, failed, 0, period_s=HOUR_S),
        Alarm("password-rotation-errors", "The backend was not restarted after a change of the database's password", "AWS/Lambda", "Errors", {"FunctionName": names.password_rotation}, 0),
        Alarm("password-rotation-undelivered", "A change of the database's password was given up: deploy the backend again", "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": names.of("password-rotation-failures")}, 0, "Maximum"),
        Alarm("errors-to-people", "More than 20 server errors in 5 minutes", "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", {"LoadBalancer": balancer}, 20),
    ]  # fmt: skip
    for node in cache_nodes(settings):
        cache = {"CacheClusterId": node}
        alarms += [
            Alarm(f"{node}-memory", "Redis memory above 80 %", "AWS/ElastiCache", "DatabaseMemoryUsagePercentage", cache, 80, "Average", period_s=60, periods=5),
            Alarm(f"{node}-evictions", "More than 1000 evictions a minute", "AWS/ElastiCache", "Evictions", cache, 1000, period_s=60),
        ]  # fmt: skip
    return alarms


def make_alarms(stack: PlatformStack, alarms: list[Alarm], *, topic_arn: str) -> None:
    scope, Dimension = Construct(stack, "Alarms"), cloudwatch.CfnAlarm.DimensionProperty  # noqa: N806 (a class)
    for alarm in alarms:
        cloudwatch.CfnAlarm(
            scope,
            "".join(part.capitalize() for part in alarm.word.split("-")),
            alarm_name=stack.names.of(alarm.word),
            alarm_description=alarm.description,
            namespace=alarm.namespace,
            metric_name=alarm.metric,
            dimensions=[Dimension(name=name, value=value) for name, value in alarm.dimensions.items()],
            statistic=alarm.statistic,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            period=alarm.period_s,
            evaluation_periods=alarm.periods,
            treat_missing_data=alarm.missing_data,
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
        )
