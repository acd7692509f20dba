"""What the supervisor and `status` ask of the running workspace manager."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

from contract.manager import Action, FleetAnswer
from contract.names import MANAGER_FUNCTION, WorkspaceState
from contract.wire import BadMessage, from_json
from single_machine.preflight import CannotGoOn
from single_machine.secrets_file import load
from single_machine.settings import Settings

SAVE_WITHIN_S = 15.0
_UP = (WorkspaceState.STARTING, WorkspaceState.RUNNING, WorkspaceState.STOPPING)


def ask_fleet(settings: Settings, endpoint: str) -> FleetAnswer | None:
    """The whole fleet, or None when the manager does not answer."""
    answer = _invoke(settings, endpoint, {"action": Action.FLEET})
    with contextlib.suppress(BadMessage):
        return from_json(FleetAnswer, answer) if answer else None
    return None


def stop_workspaces(settings: Settings, endpoint: str) -> dict[str, str] | None:
    """Save and stop everything that runs.

    Returns why a workspace's newest changes may be missing, by workspace id. None: the manager did
    not answer.
    """
    deadline = time.monotonic() + SAVE_WITHIN_S
    asked: set[str] = set()
    while (fleet := ask_fleet(settings, endpoint)) is not None:
        up = {workspace.workspace_id for workspace in fleet.workspaces if workspace.state in _UP}
        if not up or time.monotonic() > deadline:
            return dict.fromkeys(up, "it was still saving") | {
                workspace.workspace_id: workspace.failure
                for workspace in fleet.workspaces
                if workspace.workspace_id in asked - up and workspace.failure
            }
        for workspace_id in up - asked:
            _invoke(settings, endpoint, {"action": Action.STOP, "workspace_id": workspace_id})
        asked |= up
        time.sleep(0.1)
    return None


def ask(settings: Settings, endpoint: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The manager's answer. Raises CannotGoOn with its words when it refuses."""
    answer = _call(settings, endpoint, payload)
    if answer is None:
        raise CannotGoOn(f"the workspace manager does not answer. Its log: {settings.logs / 'manager.log'}")
    if not answer.get("ok"):
        raise CannotGoOn(f"{answer.get('error', {}).get('message', 'the workspace manager refuses')}.")
    return answer


def _invoke(settings: Settings, endpoint: str, payload: dict[str, Any]) -> dict[str, Any] | None:
    answer = _call(settings, endpoint, payload)
    return answer if answer is not None and answer.get("ok") else None


def _call(settings: Settings, endpoint: str, payload: dict[str, Any]) -> dict[str, Any] | None:
    import boto3  # here: the supervisor calls once, at its end, and would carry 20 MB all its life
    import botocore.config
    import botocore.exceptions

    secrets = load(settings.home / "secrets.json")
    client = boto3.client(
        "lambda",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=secrets.manager_key_id,
        aws_secret_access_key=secrets.manager_secret,
        config=botocore.config.Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 1}),
    )
    with contextlib.suppress(botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, ValueError):
        answer: dict[str, Any] = json.load(
            client.invoke(FunctionName=MANAGER_FUNCTION, Payload=json.dumps(payload))["Payload"]
        )
        return answer
    return None
