"""Translates what ECS says: its tasks to `ObservedTask`, its errors to our reasons."""

from __future__ import annotations

import datetime as dt
from typing import Any

from botocore.exceptions import ClientError

from contract.errors import ApraNovaError, Reason
from contract.names import TASK_ID_PATTERN
from manager.adapters.dynamodb.refusals import code_of
from manager.adapters.ecs.definitions import AGENT_PORT, CONTAINER
from manager.domain.lifecycle.task import ObservedTask

ENDED = "STOPPED"
"""Not DEPROVISIONING: only then is the slot's mount gone, and a home may leave it."""

NOT_MOUNTED = "its slot could not be mounted"

_NO_ROOM = ("capacity is unavailable", "reached the limit", "limitexceeded", "resource:")
_LATER = frozenset(
    {
        "ThrottlingException",
        "RequestLimitExceeded",
        "ServerException",
        "ServiceUnavailableException",
        "InternalFailure",
        "ConflictException",
    }
)
"""A conflict: an earlier start succeeded, with other arguments. The next look finds its task."""


def observed(task: Any, slot: str = "") -> ObservedTask | None:
    """None: it is not a task of the manager's."""
    task_id = task.get("startedBy", "")
    if not TASK_ID_PATTERN.fullmatch(task_id):
        return None
    alive = task["lastStatus"] != ENDED
    address = _address(task) if task["lastStatus"] == "RUNNING" else ""
    endpoint = f"{address}:{AGENT_PORT}" if address else ""
    return ObservedTask(
        task_id=task_id,
        alive=alive,
        started_at=_seconds(task.get("createdAt")),
        control_address=endpoint,
        cluster="original_dst" if endpoint else "",
        address=endpoint,
        slot=slot,
        ended_because="" if alive else why_ended(task),
    )


def why_ended(task: Any) -> str:
    """ECS puts the useful part sometimes into the container, sometimes into the task."""
    # By its name: GuardDuty adds a container of its own, in no particular order.
    container: Any = next((one for one in task.get("containers") or () if one.get("name") == CONTAINER), {})
    text = f"{container.get('reason', '')} {task.get('stoppedReason', '')}"
    code = container.get("exitCode")
    if "OutOfMemory" in text:
        return "killed: out of memory"
    match task.get("stopCode", ""):
        case "SpotInterruption":
            return "AWS took the spot capacity back"
        case "UserInitiated":
            return ""
        case "TaskFailedToStart" if "CannotPull" in text:
            return "its image could not be fetched"
        case "TaskFailedToStart" if "apacity is unavailable" in text:
            return "AWS has no capacity right now"
        case "TaskFailedToStart" if "EFS" in text or "mount" in text:
            return NOT_MOUNTED
        case "TaskFailedToStart":
            return "ECS could not start it"
    if code is None:
        return "ECS ended it"
    return f"killed by signal {code - 128}" if code > 128 else f"exited with code {code}"


def refused_start(error: ClientError) -> ApraNovaError:
    """What a failed RunTask or RegisterTaskDefinition means for a launch."""
    code, text = code_of(error), error.response.get("Error", {}).get("Message", "")
    if code in _LATER:
        return unreachable(f"{code}: {text}")
    return _refusal(f"{code}: {text}")


def refused_placement(failures: list[Any]) -> ApraNovaError:
    """What it means that RunTask answered without a task."""
    return _refusal("; ".join(f"{failure.get('reason', '')} {failure.get('detail', '')}" for failure in failures))


def unreachable(detail: str) -> ApraNovaError:
    message = "AWS does not answer right now."
    return ApraNovaError(Reason.MANAGER_UNAVAILABLE, message, detail=detail)


def _refusal(detail: str) -> ApraNovaError:
    if any(words in detail.lower() for words in _NO_ROOM):
        return ApraNovaError(
            Reason.NO_CAPACITY, "AWS has no room for another workspace right now; please try again", detail=detail
        )
    return ApraNovaError(
        Reason.LAUNCH_FAILED, "AWS refused to start the workspace; please tell your school", detail=detail
    )


def _address(task: Any) -> str:
    for attachment in task.get("attachments") or ():
        for detail in attachment.get("details") or ():
            if detail.get("name") == "privateIPv4Address":
                return detail.get("value", "")
    return ""


def _seconds(moment: dt.datetime | None) -> float:
    return moment.timestamp() if moment is not None else 0.0
