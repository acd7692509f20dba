"""One dashboard: what students feel first, then what carries it."""

from __future__ import annotations

import json

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infrastructure.names import LAUNCH_FAILURES, LAUNCHES, METRICS_NAMESPACE, RESTORES, SNAPSHOTS, SWEEP_SECONDS, Names

WIDTH, HEIGHT = 12, 6
_Metric = list[object]


def widgets(names: Names, *, region: str, balancer: str, nodes: list[str]) -> list[dict[str, object]]:
    own: list[object] = ["service", names.name]
    cluster: list[object] = ["ClusterName", names.cluster]
    database: list[object] = ["DBInstanceIdentifier", names.of("database")]
    function: list[object] = ["FunctionName", names.manager]
    charts: list[tuple[str, str, list[_Metric]]] = [
        (
            "Launches",
            "Sum",
            [
                *([METRICS_NAMESPACE, LAUNCHES, *own, "path", path] for path in ("existing", "warm", "cold")),
                [METRICS_NAMESPACE, LAUNCH_FAILURES, *own],
            ],
        ),
        ("Sweep, seconds", "Maximum", [[METRICS_NAMESPACE, SWEEP_SECONDS, *own]]),
        ("Manager", "Sum", [["AWS/Lambda", metric, *function] for metric in ("Invocations", "Errors", "Throttles")]),
        ("Manager, milliseconds", "p99", [["AWS/Lambda", "Duration", *function]]),
        (
            "Snapshots of homes",
            "Sum",
            [
                *([METRICS_NAMESPACE, SNAPSHOTS, *own, "result", result] for result in ("taken", "failed")),
                *([METRICS_NAMESPACE, RESTORES, *own, "result", result] for result in ("done", "failed")),
            ],
        ),
        (
            "Services, CPU %",
            "Average",
            [["AWS/ECS", "CPUUtilization", *cluster, "ServiceName", names.of(word)] for word in ("backend", "portal")],
        ),
        (
            "Answers",
            "Sum",
            [
                ["AWS/ApplicationELB", f"HTTPCode_Target_{code}_Count", "LoadBalancer", balancer]
                for code in ("2XX", "4XX", "5XX")
            ],
        ),
        (
            "Database",
            "Average",
            [["AWS/RDS", metric, *database] for metric in ("CPUUtilization", "DatabaseConnections")],
        ),
        (
            "Redis, memory %",
            "Average",
            [["AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId", node] for node in nodes],
        ),
    ]
    return [
        {
            "type": "metric",
            "x": WIDTH * (number % 2),
            "y": HEIGHT * (number // 2),
            "width": WIDTH,
            "height": HEIGHT,
            "properties": {"title": title, "region": region, "stat": statistic, "period": 300, "metrics": metrics},
        }
        for number, (title, statistic, metrics) in enumerate(charts)
    ]


class Dashboard(Construct):
    def __init__(self, scope: Construct, id: str, *, names: Names, body: list[dict[str, object]]) -> None:
        super().__init__(scope, id)
        cloudwatch.CfnDashboard(
            self, "Dashboard", dashboard_name=names.name, dashboard_body=json.dumps({"widgets": body})
        )
