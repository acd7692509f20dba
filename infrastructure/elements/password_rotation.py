"""RDS changes the database's password every seven days; containers get it when they start.

The backend reads it again by itself when the database refuses a connection
(backend/platform/database_password.py), so nobody waits. The event of a finished rotation restarts
the tasks, as a deploy does, so that none runs for long with a password that is out of date.
"""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infrastructure.elements.function import let_events_invoke, make_function
from infrastructure.elements.roles import allow, allow_log, make_role
from infrastructure.stacks.base import PlatformStack

CODE = """\
import os

import boto3


def handle(event, context):
    boto3.client("ecs").update_service(
        cluster=os.environ["CLUSTER"], service=os.environ["SERVICE"], forceNewDeployment=True
    )
"""


def restart_after_rotation(stack: PlatformStack, *, secret_arn: str, cluster: str, service: str) -> None:
    scope = Construct(stack, "PasswordRotation")
    log_group = stack.log_group("RotationLogs", stack.names.logs("password-rotation"))
    role = make_role(scope, "Role", "lambda.amazonaws.com", "Restarts the backend's tasks after a rotation")
    allow(role, "RedeployBackend", stack.arn_of("ecs", f"service/{cluster}/{service}"), "ecs:UpdateService")
    allow_log(role, log_group)
    failures = sqs.Queue(
        scope,
        "Failures",
        queue_name=stack.names.of("password-rotation-failures"),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
    )
    allow(role, "ReportFailures", failures.queue_arn, "sqs:SendMessage")
    function = make_function(
        stack,
        scope,
        "Function",
        code=CODE,
        role=role,
        log_group=log_group,
        environment={"CLUSTER": cluster, "SERVICE": service},
        function_name=stack.names.password_rotation,
        description="The database's password has changed: restart the backend's tasks",
        handler="index.handle",
        timeout=30,
        dead_letter_config=lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=failures.queue_arn),
    )
    rule = events.CfnRule(
        scope,
        "Rotated",
        description="RDS has changed the database's password",
        event_pattern={
            "source": ["aws.secretsmanager"],
            "detail-type": ["AWS Service Event via CloudTrail"],
            "detail": {"eventName": ["RotationSucceeded"], "additionalEventData": {"SecretId": [secret_arn]}},
        },
        targets=[events.CfnRule.TargetProperty(id="restart-backend", arn=function.attr_arn)],
    )
    let_events_invoke(scope, function.attr_arn, rule.attr_arn)
