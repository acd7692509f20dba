"""The manager as the stacks deploy it, called through its alias, as by the backend."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from infrastructure.manager_package import SOURCE
from infrastructure.names import IMAGES
from infrastructure.tests.ministack import ACCOUNT, REGION, Ministack
from tests.waiting import until

WAIT_MAX_S = 60.0
AGENT = ["/usr/bin/env", f"PYTHONPATH={SOURCE}", sys.executable, "-m", "agent.tests.fake_task", "{folder}", ""]
"""The real agent around the agent's fake application."""
TASK_IMAGES = {
    f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/apranova/{name}:0.1.0": AGENT
    if name.startswith("workspace-")
    else ["sleep", "600"]
    for name in IMAGES
}
"""What each image runs, where tasks are processes; services only sleep."""


class DeployedManager:
    def __init__(self, aws: Ministack) -> None:
        self._functions, self._ecs = aws.client("lambda"), aws.client("ecs")

    def __call__(self, action: str, **more: Any) -> Any:
        event = json.dumps({"action": action, **more}).encode()
        answer = self._functions.invoke(FunctionName="workspace-manager:live", Payload=event)
        body = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, body
        assert body["ok"], body
        return body

    def workspace(self, workspace_id: str) -> Any:
        return self("describe", workspace_ids=[workspace_id])["workspaces"][0]

    def when(self, there: Callable[[], Any], what: str) -> Any:
        """What `there` returns once it is true. The test asks for no pass; the platform must."""
        return until(there, f"still waiting for {what}", within_s=WAIT_MAX_S)

    def when_state(self, workspace_id: str, state: str) -> Any:
        def there() -> Any:
            found = self.workspace(workspace_id)
            return found if found["state"] == state else None

        return self.when(there, f"{workspace_id} to be {state}")

    def task_of(self, workspace_id: str) -> Any:
        """The task that serves it, as ECS describes it."""
        (task_id,) = [
            task["task_id"]
            for task in self("fleet")["tasks"]
            if (task["workspace_id"], task["state"]) == (workspace_id, "claimed")
        ]
        arns = self._ecs.list_tasks(cluster="apranova-cluster", startedBy=task_id)["taskArns"]
        (task,) = self._ecs.describe_tasks(cluster="apranova-cluster", tasks=arns)["tasks"]
        return task

    def slot_of(self, task: Any) -> str:
        """The access point that its definition mounts."""
        definition = self._ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
        (point,) = [
            volume["efsVolumeConfiguration"]["authorizationConfig"]["accessPointId"]
            for volume in definition["volumes"]
            if "efsVolumeConfiguration" in volume
        ]
        return point
