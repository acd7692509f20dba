"""The manager and the cluster's tasks: wake it, count them, save and stop all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from infrastructure.deploy.aws import Aws, DeployFailed
from infrastructure.names import Names

SAVED_WITHIN_S = 900.0
POLL_S = 5.0
_NOT_STOPPED = ("starting", "running", "stopping")


def ask_manager(aws: Aws, names: Names, request: dict[str, Any]) -> dict[str, Any]:
    """Raises DeployFailed when it fails or refuses."""
    answer = aws.client("lambda").invoke(FunctionName=names.manager, Payload=json.dumps(request).encode())
    body = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        reason = body.get("errorMessage", body) if isinstance(body, dict) else body
        raise DeployFailed(f"the manager failed at {request['action']}: {reason}. Its log: {names.logs('manager')}")
    if not isinstance(body, dict) or not body.get("ok"):
        raise DeployFailed(f"the manager refuses {request['action']}: {body}. Its log: {names.logs('manager')}")
    return body


def pause_schedules(aws: Aws, names: Names) -> None:
    """The scheduled passes and the pool's hours. The next deploy enables them again."""
    scheduler = aws.client("scheduler")
    for entry in scheduler.list_schedules(GroupName=names.name)["Schedules"]:
        found = scheduler.get_schedule(GroupName=names.name, Name=entry["Name"])
        if found.get("State") == "DISABLED":
            continue
        kept = (
            "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target", "Description",
        )  # fmt: skip
        values = {key: found[key] for key in kept if key in found}
        scheduler.update_schedule(GroupName=names.name, Name=entry["Name"], State="DISABLED", **values)


def stop_workspaces(aws: Aws, names: Names, say: Callable[[str], None]) -> None:
    """If one cannot be saved, it keeps its task and the teardown ends. Safe to repeat."""

    def left() -> list[str]:
        views = ask_manager(aws, names, {"action": "fleet"})["workspaces"]
        return [view["workspace_id"] for view in views if view["state"] in _NOT_STOPPED]

    def asked_again() -> bool:
        waiting = left()
        for workspace in waiting:
            ask_manager(aws, names, {"action": "stop", "workspace_id": workspace})
        if waiting:
            say(f"saving and stopping {len(waiting)} workspaces")
            ask_manager(aws, names, {"action": "sweep"})  # the schedules that would wake it are off
        return not waiting

    aws.until(
        asked_again,
        within_s=SAVED_WITHIN_S,
        every_s=POLL_S,
        failure=lambda: (
            f"{', '.join(left()[:10])} could not be saved and stopped in {SAVED_WITHIN_S / 60:.0f} minutes; their "
            "tasks still run. The manager's log says why. Run the same command again."
        ),
    )
    _stop_warm_tasks(aws, names, say)


def _stop_warm_tasks(aws: Aws, names: Names, say: Callable[[str], None]) -> None:
    """No workspace runs now, so all tasks but the services' are warm."""
    ecs = aws.client("ecs")
    arns = [arn for page in ecs.get_paginator("list_tasks").paginate(cluster=names.cluster) for arn in page["taskArns"]]
    for start in range(0, len(arns), 100):
        for task in ecs.describe_tasks(cluster=names.cluster, tasks=arns[start : start + 100])["tasks"]:
            if not str(task.get("group", "")).startswith("service:") and task["lastStatus"] != "STOPPED":
                say(f"stopping the warm task {task['taskArn'].rsplit('/', 1)[1]}")
                ecs.stop_task(cluster=names.cluster, task=task["taskArn"], reason="teardown")
