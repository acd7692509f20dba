"""Puts the stacks together. Pure: settings and the manager's code in, a cloud assembly out; no network, no look-ups."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import App

from infrastructure.names import Names
from infrastructure.settings import Settings
from infrastructure.stacks.application import ApplicationStack
from infrastructure.stacks.data import DataStack
from infrastructure.stacks.edge import EdgeStack
from infrastructure.stacks.network import NetworkStack
from infrastructure.stacks.observability import ObservabilityStack


@dataclass(frozen=True)
class Platform:
    app: App
    network: NetworkStack
    data: DataStack
    application: ApplicationStack
    edge: EdgeStack
    observability: ObservabilityStack


def build(settings: Settings, *, manager_code: Path, out: Path) -> Platform:
    """`manager_code`: a folder, the whole content of the manager's function (`manager_package`)."""
    app = App(
        outdir=str(out),
        analytics_reporting=False,
        tree_metadata=False,
        # cfn-lint checks the templates, with more rules than this one.
        builtin_cloud_formation_validation=False,
        # Log deliveries are let in by the bucket's policy, not by ACLs.
        context={"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True},
    )
    names = Names(settings.name)
    network = NetworkStack(app, settings=settings, names=names)
    data = DataStack(app, settings=settings, names=names, network=network)
    application = ApplicationStack(
        app, settings=settings, names=names, network=network, data=data, manager_code=manager_code
    )
    edge = EdgeStack(app, settings=settings, names=names)
    edge.add_stack_dependency(application, "CloudFront's origin must answer")
    observability = ObservabilityStack(app, settings=settings, names=names, data=data, application=application)
    return Platform(app, network, data, application, edge, observability)
