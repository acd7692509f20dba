"""One dashboard: what students feel first, then what carries it."""

from __future__ import annotations

import json

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infrastructure.elements.alarms import cache_nodes
from infrastructure.names import LAUNCH_FAILURES, LAUNCHES, METRICS_NAMESPACE, RESTORES, SNAPSHOTS, SWEEP_SECONDS
from infrastructure.stacks.base import PlatformStack

WIDTH, HEIGHT = 12, 6


def make_dashboard(stack: PlatformStack, *, balancer: str) -> None:
    """`balancer`: its name in CloudWatch, app/name/id."""
    names = stack.names
    own = ("service", names.name)
    cluster = ("ClusterName", names.cluster, "ServiceName")
    database = ("DBInstanceIdentifier", names.of("database"))
    function = ("FunctionName", names.manager)
    launches = [(METRICS_NAMESPACE, LAUNCHES, *own, "path", path) for path in ("existing", "warm", "cold")]
    snapshots = [
        (METRICS_NAMESPACE, metric, *own, "result", result)
        for metric, result in ((SNAPSHOTS, "taken"), (SNAPSHOTS, "failed"), (RESTORES, "done"), (RESTORES, "failed"))
    ]
    answers = [
        ("AWS/ApplicationELB", f"HTTPCode_Target_{code}_Count", "LoadBalancer", balancer)
        for code in ("2XX", "4XX", "5XX")
    ]
    redis = [
        ("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId", node)
        for node in cache_nodes(stack.settings)
    ]
    charts = [
        ("Launches", "Sum", [*launches, (METRICS_NAMESPACE, LAUNCH_FAILURES, *own)]),
        ("Reconcile pass, seconds", "Maximum", [(METRICS_NAMESPACE, SWEEP_SECONDS, *own)]),
        ("Manager", "Sum", [("AWS/Lambda", metric, *function) for metric in ("Invocations", "Errors", "Throttles")]),
        ("Manager, milliseconds", "p99", [("AWS/Lambda", "Duration", *function)]),
        ("Snapshots of homes", "Sum", snapshots),
        (
            "Services, CPU %",
            "Average",
            [("AWS/ECS", "CPUUtilization", *cluster, names.of(word)) for word in ("backend", "portal")],
        ),
        ("Answers", "Sum", answers),
        ("Database", "Average", [("AWS/RDS", name, *database) for name in ("CPUUtilization", "DatabaseConnections")]),
        ("Redis, memory %", "Average", redis),
    ]
    widgets = [
        {
            "type": "metric",
            "x": WIDTH * (number % 2),
            "y": HEIGHT * (number // 2),
            "width": WIDTH,
            "height": HEIGHT,
            "properties": {"title": title, "region": stack.region, "stat": stat, "period": 300, "metrics": metrics},
        }
        for number, (title, stat, metrics) in enumerate(charts)
    ]
    body = json.dumps({"widgets": widgets})
    cloudwatch.CfnDashboard(Construct(stack, "Overview"), "Dashboard", dashboard_name=names.name, dashboard_body=body)
