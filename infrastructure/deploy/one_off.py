"""Runs a command of the backend in a task of its own: migrations, the first admin.

The task has the service's image, secrets and network, and no port.
"""

from __future__ import annotations

import secrets
from typing import Any

from botocore.exceptions import ClientError

from infrastructure.deploy.aws import Aws, DeployFailed, refusal
from infrastructure.names import DJANGO, Names

WITHIN_S = 1_800.0
POLL_S = 3.0
_COPIED = (
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "volumes",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "runtimePlatform",
)
_LINES_SHOWN = 15


def run_in_backend(aws: Aws, names: Names, command: list[str], *, release: str) -> tuple[str, ...]:
    """The lines that the command wrote. Raises DeployFailed, also after half an hour."""
    ecs = aws.client("ecs")
    definition = _definition(ecs, names, release)
    try:
        task = _start(aws, ecs, names, definition, command)

        def described() -> dict[str, Any]:
            return ecs.describe_tasks(cluster=names.cluster, tasks=[task])["tasks"][0]

        aws.until(
            lambda: described()["lastStatus"] == "STOPPED",
            within_s=WITHIN_S,
            every_s=POLL_S,
            failure=lambda: (
                f"the task {task} still runs after {WITHIN_S / 60:.0f} minutes; its log is {names.logs('backend')}"
            ),
        )
        lines = _lines(aws, names, task)
        _judge(described(), command, lines)
        return lines
    finally:
        ecs.deregister_task_definition(taskDefinition=definition)


def _definition(ecs: Any, names: Names, release: str) -> str:
    """The backend's own, but only Django, in the image of `release`, which may be newer."""
    service = ecs.describe_task_definition(taskDefinition=names.of("backend"))["taskDefinition"]
    django = next(container for container in service["containerDefinitions"] if container["name"] == DJANGO)
    container = {key: value for key, value in django.items() if key not in ("healthCheck", "portMappings", "dependsOn")}
    container["image"] = f"{django['image'].rpartition(':')[0]}:{release}"
    copied = {key: service[key] for key in _COPIED if service.get(key)}
    made = ecs.register_task_definition(family=names.of("one-off"), containerDefinitions=[container], **copied)
    return made["taskDefinition"]["taskDefinitionArn"]


def _start(aws: Aws, ecs: Any, names: Names, definition: str, command: list[str]) -> str:
    read = aws.client("ssm").get_parameter
    subnets, group = (
        read(Name=names.path("platform", word))["Parameter"]["Value"]
        for word in ("private-subnets", "backend-security-group")
    )
    answer = ecs.run_task(
        cluster=names.cluster,
        taskDefinition=definition,
        launchType="FARGATE",
        startedBy="deploy",
        clientToken=secrets.token_hex(16),  # boto3 repeats a request whose answer was lost
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": subnets.split(","),
                "securityGroups": [group],
                "assignPublicIp": "DISABLED",
            }
        },
        overrides={"containerOverrides": [{"name": DJANGO, "command": command}]},
    )
    if not answer["tasks"]:
        reasons = ", ".join(failure.get("reason", "") for failure in answer.get("failures", [])) or "no reason given"
        raise DeployFailed(
            f"ECS does not start the task for {' '.join(command)}: {reasons}. Run the same command again."
        )
    return answer["tasks"][0]["taskArn"]


def _lines(aws: Aws, names: Names, task: str) -> tuple[str, ...]:
    stream = f"{DJANGO}/{DJANGO}/{task.rsplit('/', 1)[1]}"
    try:
        events = aws.client("logs").get_log_events(
            logGroupName=names.logs("backend"), logStreamName=stream, startFromHead=False, limit=100
        )["events"]
    except ClientError as error:
        if refusal(error) == "ResourceNotFoundException":  # it wrote nothing
            return ()
        raise
    return tuple(event["message"] for event in events)


def _judge(task: dict[str, Any], command: list[str], lines: tuple[str, ...]) -> None:
    container = next((one for one in task["containers"] if one["name"] == DJANGO), {})
    if container.get("exitCode") == 0:
        return
    why = container.get("reason") or task.get("stoppedReason") or f"exit code {container.get('exitCode')}"
    shown = "\n".join(f"  {line}" for line in lines[-_LINES_SHOWN:]) or "  (its log is empty)"
    raise DeployFailed(f"{' '.join(command)} failed: {why}\n{shown}\nFix that and run the same command again.")
