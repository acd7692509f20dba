"""GuardDuty, with its agent beside every Fargate task: it sees what a process in a workspace does, not only who it speaks with."""

from __future__ import annotations

from aws_cdk import aws_guardduty as guardduty
from constructs import Construct

_Detector = guardduty.CfnDetector


class ThreatDetection(Construct):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        fargate = _Detector.CFNFeatureAdditionalConfigurationProperty(
            name="ECS_FARGATE_AGENT_MANAGEMENT", status="ENABLED"
        )
        _Detector(
            self,
            "Detector",
            enable=True,
            finding_publishing_frequency="FIFTEEN_MINUTES",
            features=[
                _Detector.CFNFeatureConfigurationProperty(
                    name="RUNTIME_MONITORING", status="ENABLED", additional_configuration=[fargate]
                ),
                *(
                    _Detector.CFNFeatureConfigurationProperty(name=name, status="ENABLED")
                    for name in ("S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS")
                ),
            ],
        )
