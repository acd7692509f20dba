"""The document's alarms (database, cache) and ours (launches, pool, sweep, orphans), all to one topic that mails the operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True)
class Alarm:
    """`minutes` periods of `period_s` seconds each must be bad, one after the other."""

    word: str
    means: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    threshold: float
    statistic: str = "Average"
    comparison: str = OVER
    period_s: int = 60
    periods: int = 1
    silence: str = "notBreaching"
    """What no data at all means."""


def database_alarms(names: Names, connections_max: int) -> list[Alarm]:
    database = {"DBInstanceIdentifier": names.of("database")}

    def alarm(word: str, means: str, metric: str, threshold: float, comparison: str = OVER) -> Alarm:
        return Alarm(
            word, means, "AWS/RDS", metric, database, threshold, comparison=comparison, periods=10, silence="missing"
        )

    return [
        alarm("database-cpu", "CPU above 80 % for 10 minutes: the next size is db.r5.large", "CPUUtilization", 80),
        alarm(
            "database-connections",
            "More than 80 % of its connections are used",
            "DatabaseConnections",
            0.8 * connections_max,
        ),
        alarm("database-disk", "Less than 2 GB of disk are free", "FreeStorageSpace", 2e9, UNDER),
    ]


def cache_nodes(names: Names, shards: int, replicas: int) -> list[str]:
    """Names that ElastiCache gives the nodes of a replication group in cluster mode."""
    return [
        f"{names.of('cache')}-{shard:04d}-{node:03d}"
        for shard in range(1, shards + 1)
        for node in range(1, replicas + 2)
    ]


def cache_alarms(node: str) -> list[Alarm]:
    where = {"CacheClusterId": node}
    memory = "DatabaseMemoryUsagePercentage"
    return [
        Alarm(f"{node}-memory", "Redis memory above 80 %", "AWS/ElastiCache", memory, where, 80, periods=5),
        Alarm(
            f"{node}-evictions", "More than 1000 evictions a minute", "AWS/ElastiCache", "Evictions", where, 1000, "Sum"
        ),
    ]


def manager_alarms(names: Names) -> list[Alarm]:
    """On what the manager counts itself, under the names of its `Metrics` port."""
    own = {"service": names.name}

    def alarm(
        word: str,
        means: str,
        metric: str,
        threshold: float,
        *,
        more: Mapping[str, str] | None = None,
        **changes: object,
    ) -> Alarm:
        return Alarm(
            word,
            means,
            METRICS_NAMESPACE,
            metric,
            {**own, **(more or {})},
            threshold,
            statistic="Sum",
            **changes,  # pyright: ignore[reportArgumentType]
        )

    return [
        alarm("launches-failing", "More than 3 launches failed within 5 minutes", LAUNCH_FAILURES, 3, period_s=300),
        # Not by cold launches: who comes back to a home of their own is served cold by design, unless somebody foresaw it.
        Alarm(
            "pool-empty",
            "Warm tasks are wanted, and for 15 minutes no pass found one ready",
            METRICS_NAMESPACE,
            POOL_READY,
            own,
            1,
            statistic="Maximum",
            comparison=UNDER,
            period_s=300,
            periods=3,
        ),
        Alarm(
            "sweep-late",
            "No sweep has ended for 15 minutes",
            METRICS_NAMESPACE,
            SWEEP_SECONDS,
            own,
            1,
            statistic="SampleCount",
            comparison=UNDER,
            period_s=300,
            periods=3,
            silence="breaching",
        ),
        alarm(
            "sweep-incomplete",
            "For 15 minutes passes have left something undone: the manager's log says what",
            SWEEPS_INCOMPLETE,
            0,
            period_s=300,
            periods=3,
        ),
        alarm(
            "orphans-seen",
            "A task ran that no record knew: it was ended, and should not have been",
            ACTIONS,
            0,
            more={"action": ORPHAN_ACTION, "result": "done"},
            period_s=300,
        ),
    ]


def keeper_alarms(names: Names, keepers: Sequence[str]) -> list[Alarm]:
    """`keepers`: names of the functions, one for each file system."""

    def failing(word: str, means: str, metric: str) -> Alarm:
        where = {"service": names.name, "result": "failed"}
        return Alarm(word, means, METRICS_NAMESPACE, metric, where, 0, statistic="Sum", period_s=3600)

    return [
        failing("snapshots-failing", "A stopped home got no snapshot; the next round tries again", SNAPSHOTS),
        failing("restores-failing", "A home could not be put back: the keeper's log says why", RESTORES),
        *(
            Alarm(
                f"keeper-{number}-errors",
                "A keeper of homes failed or ran out of time",
                "AWS/Lambda",
                "Errors",
                {"FunctionName": keeper},
                0,
                "Sum",
                period_s=3600,
            )
            for number, keeper in enumerate(keepers, 1)
        ),
    ]


def function_alarms(names: Names) -> list[Alarm]:
    function = {"FunctionName": names.manager}
    queue = {"QueueName": names.of("manager-failures")}
    waiting = "ApproximateNumberOfMessagesVisible"
    return [
        Alarm(
            "manager-errors",
            "The manager failed 3 times in 5 minutes",
            "AWS/Lambda",
            "Errors",
            function,
            3,
            "Sum",
            period_s=300,
        ),
        Alarm(
            "manager-throttled", "AWS let the manager wait", "AWS/Lambda", "Throttles", function, 0, "Sum", period_s=300
        ),
        Alarm(
            "manager-undelivered", "A wake-up call was given up", "AWS/SQS", waiting, queue, 0, "Maximum", period_s=300
        ),
    ]


def balancer_alarms(balancer: str) -> list[Alarm]:
    """`balancer`: what CloudWatch calls it, app/name/id."""
    where = {"LoadBalancer": balancer}
    metric = "HTTPCode_Target_5XX_Count"
    return [
        Alarm(
            "errors-to-people",
            "More than 20 errors in 5 minutes",
            "AWS/ApplicationELB",
            metric,
            where,
            20,
            "Sum",
            period_s=300,
        )
    ]


def all_alarms(names: Names, settings: Settings, *, balancer: str, keepers: Sequence[str]) -> list[Alarm]:
    nodes = cache_nodes(names, settings.cache.shards, settings.cache.replicas)
    return [
        *database_alarms(names, settings.database.connections_max),
        *(alarm for node in nodes for alarm in cache_alarms(node)),
        *manager_alarms(names),
        *function_alarms(names),
        *keeper_alarms(names, keepers),
        *balancer_alarms(balancer),
    ]


class Alarms(Construct):
    def __init__(self, scope: Construct, id: str, *, names: Names, alarms: list[Alarm], topic_arn: str) -> None:
        super().__init__(scope, id)
        for alarm in alarms:
            cloudwatch.CfnAlarm(
                self,
                "".join(part.capitalize() for part in alarm.word.split("-")),
                alarm_name=names.of(alarm.word),
                alarm_description=alarm.means,
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
                treat_missing_data=alarm.silence,
                alarm_actions=[topic_arn],
                ok_actions=[topic_arn],
            )
