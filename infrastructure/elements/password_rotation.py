"""RDS changes the database's password every seven days; a container reads its secrets only when it starts.

So the event of a finished rotation starts the backend's tasks anew, two at a time as in a deploy. Until they have, a new connection
with the old password is refused; the connections that are open stay.
"""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.elements.keys import StackKey
from infrastructure.elements.manager_function import RUNTIME
from infrastructure.elements.roles import allow, make_role

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
        allow(role, "StartAnew", ("ecs:UpdateService",), (service_arn,))
        allow(role, "WriteTheLog", ("logs:CreateLogStream", "logs:PutLogEvents"), (log_group.log_group_arn,))
        function = lambda_.CfnFunction(
            self,
            "Function",
            description="The database's password has changed: start the backend's tasks anew",
            runtime=RUNTIME,
            handler="index.handle",
            code=lambda_.CfnFunction.CodeProperty(zip_file=CODE),
            timeout=30,
            role=role.role_arn,
            kms_key_arn=key.arn,
            logging_config=lambda_.CfnFunction.LoggingConfigProperty(
                log_group=log_group.log_group_name, log_format="JSON"
            ),
            environment=lambda_.CfnFunction.EnvironmentProperty(variables={"CLUSTER": cluster, "SERVICE": service}),
        )
        function.node.add_dependency(role)
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
        lambda_.CfnPermission(
            self,
            "FromEvents",
            action="lambda:InvokeFunction",
            function_name=function.attr_arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
