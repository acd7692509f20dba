"""Task definitions: they fix the image and the mounted slot, so each slot has a family of its own.

They are registered ahead, in the passes: ECS registers about one a second for an account. A slot's
next definition is its family's next revision, and the one before is deregistered, which does not
touch tasks that run from it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from contract.names import SLOT_FOLDER, STUDENT_UID, WorkspaceKind
from manager.adapters.dynamodb.refusals import code_of
from manager.adapters.ecs.settings import EcsSettings

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

AGENT_PORT = 8080
CONTAINER = "workspace"
STOP_TIMEOUT_S = 120
"""From SIGTERM to SIGKILL: the most that Fargate allows, which is also Spot's notice. The agent may
have to save in that time. It delays no stop, because a stop has saved before and its agent ends
within seconds."""


class Definitions:
    def __init__(self, client: ECSClient, settings: EcsSettings) -> None:
        self._client = client
        self._settings = settings

    def digest(self, kind: WorkspaceKind) -> str:
        """Changes with whatever the definitions of this kind say: image, size, roles, school."""
        wanted = json.dumps(self._wanted(kind, "", ""), sort_keys=True)
        return hashlib.sha256(wanted.encode()).hexdigest()[:32]

    def register(self, kind: WorkspaceKind, slot: str, access_point: str) -> str:
        """The new definition's ARN. Raises ClientError, BotoCoreError."""
        answer = self._client.register_task_definition(**self._wanted(kind, slot, access_point))
        return answer["taskDefinition"].get("taskDefinitionArn", "")

    def deregister(self, arn: str) -> None:
        """Idempotent. Raises ClientError, BotoCoreError."""
        try:
            self._client.deregister_task_definition(taskDefinition=arn)
        except ClientError as error:
            if code_of(error) not in ("ClientException", "InvalidParameterException"):
                raise

    def _wanted(self, kind: WorkspaceKind, slot: str, access_point: str) -> dict[str, Any]:
        settings = self._settings
        container: dict[str, Any] = {
            "name": CONTAINER,
            "image": settings.images[kind],
            "essential": True,
            "user": f"{STUDENT_UID}:{STUDENT_UID}",
            "portMappings": [{"containerPort": AGENT_PORT, "protocol": "tcp"}],
            "readonlyRootFilesystem": True,
            "stopTimeout": STOP_TIMEOUT_S,
            "mountPoints": [
                {"sourceVolume": "slot", "containerPath": SLOT_FOLDER, "readOnly": False},
                *({"sourceVolume": name, "containerPath": f"/{name}", "readOnly": False} for name in ("tmp", "run")),
            ],
            "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
            "ulimits": [{"name": "nofile", "softLimit": 65_536, "hardLimit": 65_536}],
        }
        if settings.of_the_school:
            container["environment"] = [
                {"name": name, "value": value} for name, value in sorted(settings.of_the_school.items())
            ]
        if settings.log_group:
            container["logConfiguration"] = {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": settings.log_group,
                    "awslogs-region": settings.region,
                    "awslogs-stream-prefix": str(kind),
                },
            }
        wanted: dict[str, Any] = {
            "family": f"{settings.family_prefix}-{kind}-{slot}",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": str(settings.cpu_units),
            "memory": str(settings.memory_mib),
            "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": settings.architecture},
            "executionRoleArn": settings.execution_role_arn,
            # For the mount of a slot alone. The agent keeps its credentials to itself.
            "taskRoleArn": settings.task_role_arn,
            "containerDefinitions": [container],
            "volumes": [
                {
                    "name": "slot",
                    "efsVolumeConfiguration": {
                        "fileSystemId": settings.file_system,
                        "transitEncryption": "ENABLED",
                        "authorizationConfig": {"accessPointId": access_point, "iam": "ENABLED"},
                    },
                },
                {"name": "tmp"},
                {"name": "run"},
            ],
            "tags": [{"key": "apranova:slot", "value": slot}, {"key": "apranova:kind", "value": str(kind)}],
        }
        return wanted
