"""What ECS itself may do to start a task: fetch its image, write its log, read its secrets. The task's own code never has this role."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.elements.roles import allow, allow_log, make_role

FETCH = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
GUARDDUTY_REPOSITORY = "aws-guardduty-agent-fargate"
"""GuardDuty adds its agent as one more container of each task, and ECS fetches it with the task's own execution role
(https://docs.aws.amazon.com/guardduty/latest/ug/prereq-runtime-monitoring-ecs-support.html)."""


def make_execution_role(
    scope: Construct,
    id: str,
    *,
    repository_arns: Sequence[str],
    log_group_arn: str,
    secret_arns: Sequence[str] = (),
    key_arn: str,
) -> iam.Role:
    role = make_role(scope, id, "ecs-tasks.amazonaws.com", "Starts tasks: image, log, secrets")
    allow(role, "RegistryToken", ("ecr:GetAuthorizationToken",), ("*",))
    allow(role, "PullImage", FETCH, repository_arns)
    stack = Stack.of(scope)
    allow(
        role,
        "PullGuardDutyAgent",
        FETCH,
        # AWS keeps it in an account of its own in each region, some thirty by now: any account, but this region and this name.
        (f"arn:{stack.partition}:ecr:{stack.region}:*:repository/{GUARDDUTY_REPOSITORY}",),
    )
    allow_log(role, log_group_arn)
    if secret_arns:
        allow(role, "ReadSecrets", ("secretsmanager:GetSecretValue",), secret_arns)
        allow(role, "DecryptSecrets", ("kms:Decrypt",), (key_arn,))
    return role
