"""Puts the stacks together. Pure: settings and the manager's code in, an app to synthesize out."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import App

from infrastructure.settings import Settings
from infrastructure.stacks.application import ApplicationStack
from infrastructure.stacks.data import DataStack
from infrastructure.stacks.edge import EdgeStack
from infrastructure.stacks.network import NetworkStack
from infrastructure.stacks.observability import ObservabilityStack


def build(settings: Settings, *, manager_code: Path, out: Path) -> App:
    """`manager_code`: a folder, the whole content of the manager's function (`manager_package`)."""
    app = App(
        outdir=str(out),
        analytics_reporting=False,
        tree_metadata=False,
        # cfn-lint checks the templates, with more rules than this.
        builtin_cloud_formation_validation=False,
        # The bucket's policy, not ACLs, admits log deliveries.
        context={"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True},
    )
    network = NetworkStack(app, settings)
    data = DataStack(app, settings, network)
    application = ApplicationStack(app, settings, network=network, data=data, manager_code=manager_code)
    EdgeStack(app, settings).add_stack_dependency(application, "CloudFront's origin must answer")
    ObservabilityStack(app, settings, data=data, application=application)
    return app
