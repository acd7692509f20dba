"""The topic that mails the operators: its writers, and the findings of AWS' own watchers."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infrastructure.elements.roles import Conditions, allow_service
from infrastructure.stacks.base import PlatformStack

SEVERITY_MIN = 4
"""GuardDuty's medium. Below are probes without success."""


class Operators(Construct):
    def __init__(self, stack: PlatformStack) -> None:
        super().__init__(stack, "ToOperators")
        self._names = stack.names
        # The id "Default" adds nothing to the topic's logical id, which installations have.
        self.topic = sns.Topic(
            self, "Default", topic_name=stack.names.of("alarms"), master_key=stack.key, enforce_ssl=True
        )
        self.topic.add_subscription(subscriptions.EmailSubscription(stack.settings.school.operators_email))
        # A topic with a policy loses the default one, under which the whole account may publish.
        # EventBridge sends no aws:SourceAccount to KMS: with that condition each message would be
        # lost silently (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html). It
        # only takes targets of its own account.
        ours: Conditions = {"StringEquals": {"aws:SourceAccount": stack.account}}
        for word, service, conditions in (
            ("Alarms", "cloudwatch.amazonaws.com", ours),
            ("Findings", "events.amazonaws.com", None),
        ):
            publish, topic = "sns:Publish", self.topic.topic_arn
            allow_service(self.topic, f"Publish{word}", service, publish, on=topic, conditions=conditions)
            use = ("kms:Decrypt", "kms:GenerateDataKey")
            allow_service(stack.key, f"Encrypt{word}", service, *use, conditions=conditions)

    def hear_threats(self) -> None:
        severity = {"severity": [{"numeric": [">=", SEVERITY_MIN]}]}
        self._hear("threats", "What GuardDuty finds", "aws.guardduty", "GuardDuty Finding", severity)

    def hear_broken_rules(self) -> None:
        detail = {
            "configRuleName": [{"prefix": self._names.of("")}],
            "newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]},
        }
        kind = "Config Rules Compliance Change"
        self._hear("compliance", "A rule of AWS Config is broken", "aws.config", kind, detail)

    def _hear(self, word: str, means: str, source: str, kind: str, detail: dict[str, object]) -> None:
        events.CfnRule(
            self,
            word.capitalize(),
            name=self._names.of(word),
            description=means,
            event_pattern={"source": [source], "detail-type": [kind], "detail": detail},
            state="ENABLED",
            targets=[events.CfnRule.TargetProperty(id="operators", arn=self.topic.topic_arn)],
        )
