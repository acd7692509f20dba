"""What ECS may do to start a task: pull its image, write its log, read its secrets.

The task's own code never gets this role.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.elements.roles import allow, allow_log, make_role

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def make_execution_role(
    scope: Construct,
    *,
    repository_arns: Sequence[str],
    log_group: logs.LogGroup,
    secret_arns: Sequence[str] = (),
    secrets_key: kms.IKey | None = None,
) -> iam.Role:
    role = make_role(scope, "Execution", "ecs-tasks.amazonaws.com", "Starts tasks: image, log, secrets")
    allow(role, "RegistryToken", "*", "ecr:GetAuthorizationToken")
    allow(role, "PullImage", repository_arns, *PULL)
    stack = Stack.of(scope)
    # GuardDuty adds its agent to each task as one more container, and ECS pulls it with this role
    # (https://docs.aws.amazon.com/guardduty/latest/ug/prereq-runtime-monitoring-ecs-support.html).
    # Its registry is in another account of AWS in each region: any account, but only this name.
    agent = f"arn:{stack.partition}:ecr:{stack.region}:*:repository/aws-guardduty-agent-fargate"
    allow(role, "PullGuardDutyAgent", agent, *PULL)
    allow_log(role, log_group)
    if secrets_key:
        allow(role, "ReadSecrets", secret_arns, "secretsmanager:GetSecretValue")
        allow(role, "DecryptSecrets", secrets_key.key_arn, "kms:Decrypt")
    return role
