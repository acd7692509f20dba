"""Which IAM actions each program needs, so that its role allows these and no other.

Tests hold both sides: they run each program, record what its code asks of AWS and compare that with
`BY_CODE`, and they compare the statements of each role with `BY_CODE` and `BY_AWS`.
"""

from __future__ import annotations

ON_INDEX = " on an index"
"""An index of a table is a resource of its own, so a query of it is another right."""

BY_CODE: dict[str, frozenset[str]] = {
    "manager": frozenset(
        {
            "dynamodb:BatchGetItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            f"dynamodb:Query{ON_INDEX}",
            "dynamodb:UpdateItem",
            "ecs:DeregisterTaskDefinition",
            "ecs:DescribeTasks",
            "ecs:ListTasks",
            "ecs:RegisterTaskDefinition",
            "ecs:RunTask",
            "ecs:StopTask",
            "ecs:TagResource",
            "elasticfilesystem:CreateAccessPoint",
            "elasticfilesystem:DeleteAccessPoint",
            "elasticfilesystem:TagResource",
            "iam:PassRole",
            "lambda:DeleteProvisionedConcurrencyConfig",
            "lambda:GetProvisionedConcurrencyConfig",
            "lambda:InvokeFunction",
            "lambda:PutProvisionedConcurrencyConfig",
            "s3:ListBucket",
            "sqs:SendMessage",
            "ssm:GetParametersByPath",
        }
    ),
    "backup-worker": frozenset(
        {
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            f"dynamodb:Query{ON_INDEX}",
            "dynamodb:UpdateItem",
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject",
            "secretsmanager:GetSecretValue",
        }
    ),
    "mover": frozenset(),
    "backend": frozenset({"lambda:InvokeFunction", "secretsmanager:GetSecretValue", "ssm:PutParameter"}),
    "password-rotation": frozenset({"ecs:UpdateService"}),
    "workspace": frozenset(),
}
"""Recorded from requests of the code, restic's included."""

_LOG = "Lambda writes the function's log with the function's role"
_VPC = "Lambda attaches the function to subnets with the function's role"
_MOUNT = "the mount of the file system presents the role"
_QUEUE = "Lambda polls the queue with the role of the function that it feeds"
_KEY = "DynamoDB uses the table's key in the name of who asks"
_LOGS = dict.fromkeys(("logs:CreateLogStream", "logs:PutLogEvents"), _LOG)
_SUBNETS = dict.fromkeys(
    (
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ),
    _VPC,
)
_FILES: dict[str, str] = dict.fromkeys(("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"), _MOUNT)
_ROOT = {"elasticfilesystem:ClientRootAccess": _MOUNT}
_TABLE_KEY = dict.fromkeys(("kms:Decrypt", "kms:GenerateDataKey"), _KEY)

BY_AWS: dict[str, dict[str, str]] = {
    "manager": {
        **dict.fromkeys(("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"), _QUEUE),
        **_TABLE_KEY,
        **_LOGS,
        **_SUBNETS,
    },
    "backup-worker": {**_TABLE_KEY, **_LOGS, **_SUBNETS, **_FILES, **_ROOT},
    "mover": {**_LOGS, **_SUBNETS, **_FILES, **_ROOT},
    "backend": {
        "elasticfilesystem:ClientMount": _MOUNT,
        "kms:Decrypt": "Secrets Manager decrypts the secret in the name of who asks",
        **_ROOT,
    },
    "password-rotation": {**_LOGS, "sqs:SendMessage": "Lambda keeps an event that failed, with the function's role"},
    "workspace": _FILES,
}
"""What AWS does with a program's role by itself, and when."""

OF_AWS = {
    "Execution": "ECS pulls images, writes logs and reads secrets with it before a container runs",
    "NightlyRole": "EventBridge Scheduler invokes the backup worker with it",
    "TriggersRole": "EventBridge Scheduler invokes the manager with it",
    "FlowLogRole": "VPC writes the flow logs with it",
    "AuditRole": "CloudTrail writes its log with it",
    "ComplianceRole": "AWS Config delivers its records with it",
    "DatabaseMonitoring": "RDS writes its enhanced metrics with it",
}
"""Roles that no code of ours has, by a word of their logical ids."""
