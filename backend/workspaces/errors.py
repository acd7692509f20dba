"""HTTP statuses for the reasons of contract.errors: only the backend knows statuses."""

from __future__ import annotations

from http import HTTPStatus

from backend.platform.problems import ProblemError
from contract.errors import ApraNovaError, Reason

STATUS_OF_REASON: dict[Reason, HTTPStatus] = {
    Reason.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    Reason.WORKSPACE_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Reason.WORKSPACE_EXISTS: HTTPStatus.CONFLICT,
    Reason.WORKSPACE_DELETED: HTTPStatus.CONFLICT,
    Reason.SNAPSHOT_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Reason.WRONG_STATE: HTTPStatus.CONFLICT,
    Reason.KIND_NOT_READY: HTTPStatus.CONFLICT,
    Reason.NO_CAPACITY: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.BUDGET_SPENT: HTTPStatus.CONFLICT,
    Reason.LAUNCH_FAILED: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.SAVE_FAILED: HTTPStatus.CONFLICT,
    Reason.CONFLICT: HTTPStatus.CONFLICT,
    Reason.MANAGER_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}

REMEDY_OF_REASON: dict[Reason, str] = {
    Reason.WORKSPACE_DELETED: "Undo the deletion first, or create a new workspace.",
    Reason.KIND_NOT_READY: "Wait until it is installed; this page shows the progress.",
    Reason.NO_CAPACITY: "Try again in a few minutes, or ask your instructor.",
    Reason.LAUNCH_FAILED: "Launch it again; tell your instructor if it happens twice.",
    Reason.SAVE_FAILED: "Open the workspace, save your files there, and stop it again.",
    Reason.CONFLICT: "Try again.",
    Reason.MANAGER_UNAVAILABLE: "Try again in a moment.",
}

RETRY_AFTER_S: dict[Reason, int] = {
    Reason.MANAGER_UNAVAILABLE: 2,
    Reason.NO_CAPACITY: 60,
    Reason.LAUNCH_FAILED: 5,
}


def problem_of(error: ApraNovaError) -> ProblemError:
    """An error of another part as an answer of the API. `contract.errors.shown` logs its detail."""
    retry_after_s = RETRY_AFTER_S.get(error.reason)
    return ProblemError(
        STATUS_OF_REASON[error.reason],
        error.reason.value,
        error.message,
        remedy=REMEDY_OF_REASON.get(error.reason),
        headers={"Retry-After": str(retry_after_s)} if retry_after_s else None,
    )
