"""RDS changes the database's password every seven days; a container reads its secrets only when it starts.

So the event of a finished rotation starts the backend's tasks anew, two at a time as in a deploy. Until they have, a new connection
with the old password is refused; the connections that are open stay.
"""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.elements.function import let_events_invoke, make_function
from infrastructure.elements.keys import StackKey
from infrastructure.elements.roles import allow, allow_log, make_role

CODE = """\
import os

import boto3


def handle(event, context):
    boto3.client("ecs").update_service(
        cluster=os.environ["CLUSTER"], service=os.environ["SERVICE"], forceNewDeployment=True
    )
"""


class PasswordRotation(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        secret_arn: str,
        cluster: str,
        service: str,
        service_arn: str,
        log_group: logs.LogGroup,
        key: StackKey,
    ) -> None:
        super().__init__(scope, id)
        role = make_role(self, "Role", "lambda.amazonaws.com", "Starts the backend's tasks anew after a rotation")
        allow(role, "RedeployBackend", ("ecs:UpdateService",), (service_arn,))
        allow_log(role, log_group.log_group_arn)
        function = make_function(
            self,
            "Function",
            code=CODE,
            role=role,
            log_group=log_group,
            key=key,
            environment={"CLUSTER": cluster, "SERVICE": service},
            description="The database's password has changed: start the backend's tasks anew",
            handler="index.handle",
            timeout=30,
        )
        rule = events.CfnRule(
            self,
            "Rotated",
            description="RDS has changed the database's password",
            event_pattern={
                "source": ["aws.secretsmanager"],
                "detail-type": ["AWS Service Event via CloudTrail"],
                "detail": {"eventName": ["RotationSucceeded"], "additionalEventData": {"SecretId": [secret_arn]}},
            },
            targets=[events.CfnRule.TargetProperty(id="start-anew", arn=function.attr_arn)],
        )
        let_events_invoke(self, function.attr_arn, rule.attr_arn)
