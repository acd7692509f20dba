"""What ECS itself may do to start a task: fetch its image, write its log, read its secrets. The task's own code never has this role."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.elements.roles import allow, make_role


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
    allow(role, "SignInToTheRegistry", ("ecr:GetAuthorizationToken",), ("*",))
    allow(
        role,
        "FetchTheImage",
        ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
        repository_arns,
    )
    allow(role, "WriteTheLog", ("logs:CreateLogStream", "logs:PutLogEvents"), (log_group_arn,))
    if secret_arns:
        allow(role, "ReadSecrets", ("secretsmanager:GetSecretValue",), secret_arns)
        allow(role, "DecryptSecrets", ("kms:Decrypt",), (key_arn,))
    return role
