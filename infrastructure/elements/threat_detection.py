"""GuardDuty, with its agent next to every task: it sees what a workspace's process does."""

from __future__ import annotations

from aws_cdk import aws_guardduty as guardduty
from constructs import Construct

from infrastructure.stacks.base import PlatformStack

_Detector = guardduty.CfnDetector
_Feature = _Detector.CFNFeatureConfigurationProperty


def watch_threats(stack: PlatformStack) -> None:
    fargate = _Detector.CFNFeatureAdditionalConfigurationProperty(name="ECS_FARGATE_AGENT_MANAGEMENT", status="ENABLED")
    others = ("S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS")
    _Detector(
        Construct(stack, "Threats"),
        "Detector",
        enable=True,
        finding_publishing_frequency="FIFTEEN_MINUTES",
        features=[
            _Feature(name="RUNTIME_MONITORING", status="ENABLED", additional_configuration=[fargate]),
            *(_Feature(name=name, status="ENABLED") for name in others),
        ],
    )
