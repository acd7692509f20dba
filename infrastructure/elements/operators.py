"""The one topic that mails the operators: who may write to it, and what AWS' own watchers find."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infrastructure.elements.keys import StackKey
from infrastructure.names import Names

_SEND = ("kms:Decrypt", "kms:GenerateDataKey")
ALARMS, EVENTS = "cloudwatch.amazonaws.com", "events.amazonaws.com"
SEVERITY_MIN = 4
"""GuardDuty's medium; below are probes that came to nothing."""


class Operators(Construct):
    def __init__(self, scope: Construct, id: str, *, names: Names, key: StackKey, email: str) -> None:
        super().__init__(scope, id)
        self._names = names
        # "Default" leaves no trace in the topic's logical id, so it stays the one that an installation has.
        self.topic = sns.Topic(self, "Default", topic_name=names.of("alarms"), master_key=key.key, enforce_ssl=True)
        self.topic.add_subscription(subscriptions.EmailSubscription(email))
        # A topic with a policy has lost the usual one, which lets the whole account publish: each writer is named.
        ours = {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        self._let_publish("PublishAlarms", ALARMS, ours)
        key.let_service_use_it("EncryptAlarms", ALARMS, _SEND)
        # EventBridge sends no aws:SourceAccount to KMS: with that condition each message would be lost without a word
        # (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html). It takes targets of its own account only.
        self._let_publish("PublishFindings", EVENTS, None)
        key.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="EncryptFindings", principals=[iam.ServicePrincipal(EVENTS)], actions=list(_SEND), resources=["*"]
            )
        )

    def hear_threats(self) -> None:
        self._hear(
            "threats",
            "What GuardDuty finds",
            {
                "source": ["aws.guardduty"],
                "detail-type": ["GuardDuty Finding"],
                "detail": {"severity": [{"numeric": [">=", SEVERITY_MIN]}]},
            },
        )

    def hear_what_is_no_longer_as_made(self) -> None:
        self._hear(
            "compliance",
            "A rule of AWS Config is broken",
            {
                "source": ["aws.config"],
                "detail-type": ["Config Rules Compliance Change"],
                "detail": {
                    "configRuleName": [{"prefix": self._names.of("")}],
                    "newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]},
                },
            },
        )

    def _hear(self, word: str, means: str, pattern: dict[str, object]) -> None:
        events.CfnRule(
            self,
            word.capitalize(),
            name=self._names.of(word),
            description=means,
            event_pattern=pattern,
            state="ENABLED",
            targets=[events.CfnRule.TargetProperty(id="operators", arn=self.topic.topic_arn)],
        )

    def _let_publish(self, sid: str, service: str, conditions: dict[str, dict[str, str]] | None) -> None:
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[iam.ServicePrincipal(service)],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions=conditions,
            )
        )
