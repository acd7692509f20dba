"""Task definitions: they fix the image and the mounted home, so each home has a family of its own.

A definition is reused as long as it matches. A change becomes the family's next revision, and the
previous one is deregistered, which does not touch tasks that run from it. The last one is
deregistered when the home is purged. ECS registers about one definition per second and account;
only a home's first launch, and its first one after a new image, wait for that.
"""

from __future__ import annotations

import hashlib
import json
import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from contract.names import STUDENT_HOME, STUDENT_UID, WorkspaceKind
from manager.adapters.dynamodb.refusals import code_of
from manager.adapters.ecs.settings import EcsSettings, HomePlace

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

AGENT_PORT = 8080
CONTAINER = "workspace"
STOP_TIMEOUT_S = 120
"""From SIGTERM to SIGKILL: the most that Fargate allows, which is also Spot's notice. The agent may
have to save in that time. It delays no stop, because a stop has saved before and its agent ends
within seconds."""
_LABEL = "apranova.definition"
_KNOWN_MAX = 20_000
_ACTIVE_MAX = 5
"""Of a family: one, and those left by processes that died between registering and deregistering."""


class Definitions:
    def __init__(self, client: ECSClient, settings: EcsSettings) -> None:
        self._client = client
        self._settings = settings
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], str] = {}
        """(family, digest) → ARN, as this process saw them."""

    def find_or_register(self, kind: WorkspaceKind, image: str, home_id: str, place: HomePlace) -> str:
        """The ARN of a definition for this image and home. Raises ClientError, BotoCoreError."""
        wanted = self._wanted(kind, image, home_id, place)
        digest = wanted["containerDefinitions"][0]["dockerLabels"][_LABEL]
        with self._lock:
            known = self._known.get((wanted["family"], digest))
        if known:
            return known
        current = self._find_current(wanted["family"])
        if current is not None and _digest_of(current) == digest:
            arn = current["taskDefinitionArn"]
        else:
            arn = self._client.register_task_definition(**wanted)["taskDefinition"].get("taskDefinitionArn", "")
            if current is not None:
                self._client.deregister_task_definition(taskDefinition=current["taskDefinitionArn"])
        with self._lock:
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known[wanted["family"], digest] = arn
        return arn

    def drop(self, home_id: str) -> None:
        """Deregister the definitions of a purged home, for each kind that it could have.
        Idempotent. Raises ClientError, BotoCoreError."""
        for kind in WorkspaceKind:
            for _ in range(_ACTIVE_MAX):
                current = self._find_current(self._family(kind, home_id))
                if current is None or current.get("status") != "ACTIVE":
                    break
                self._client.deregister_task_definition(taskDefinition=current["taskDefinitionArn"])

    def forget(self, arn: str) -> None:
        """Another process deregistered it: look again."""
        with self._lock:
            self._known = {key: known for key, known in self._known.items() if known != arn}

    def _find_current(self, family: str) -> Any | None:
        try:
            return self._client.describe_task_definition(taskDefinition=family)["taskDefinition"]
        except ClientError as error:
            if code_of(error) == "ClientException":  # "Unable to describe task definition."
                return None
            raise

    def _family(self, kind: WorkspaceKind, home_id: str) -> str:
        return f"{self._settings.family_prefix}-{kind}-{home_id}"

    def _wanted(self, kind: WorkspaceKind, image: str, home_id: str, place: HomePlace) -> dict[str, Any]:
        settings = self._settings
        container: dict[str, Any] = {
            "name": CONTAINER,
            "image": image,
            "essential": True,
            "user": f"{STUDENT_UID}:{STUDENT_UID}",
            "portMappings": [{"containerPort": AGENT_PORT, "protocol": "tcp"}],
            "readonlyRootFilesystem": True,
            "stopTimeout": STOP_TIMEOUT_S,
            "mountPoints": [
                {"sourceVolume": "home", "containerPath": STUDENT_HOME, "readOnly": False},
                *({"sourceVolume": name, "containerPath": f"/{name}", "readOnly": False} for name in ("tmp", "run")),
            ],
            "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
            "ulimits": [{"name": "nofile", "softLimit": 65_536, "hardLimit": 65_536}],
        }
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
            "family": self._family(kind, home_id),
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": str(settings.cpu_units),
            "memory": str(settings.memory_mib),
            "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": settings.architecture},
            "executionRoleArn": settings.execution_role_arn,
            # No task role: a student's code could use it.
            "containerDefinitions": [container],
            "volumes": [
                {
                    "name": "home",
                    "efsVolumeConfiguration": {
                        "fileSystemId": place.file_system_id,
                        "transitEncryption": "ENABLED",
                        "authorizationConfig": {"accessPointId": place.access_point_id, "iam": "DISABLED"},
                    },
                },
                {"name": "tmp"},
                {"name": "run"},
            ],
            "tags": [{"key": "apranova:home", "value": home_id}, {"key": "apranova:kind", "value": str(kind)}],
        }
        digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:32]
        container["dockerLabels"] = {_LABEL: digest}
        return wanted


def _digest_of(definition: Any) -> str:
    containers = definition.get("containerDefinitions") or [{}]
    return (containers[0].get("dockerLabels") or {}).get(_LABEL, "")
