"""Reasons of errors that cross a process border, and the one exception that carries them."""

from __future__ import annotations

import enum
import logging


class Reason(enum.StrEnum):
    """Short, stable words for metrics, tests and the portal; the backend maps them to HTTP."""

    BAD_REQUEST = "bad_request"
    WORKSPACE_NOT_FOUND = "workspace_not_found"
    WORKSPACE_EXISTS = "workspace_exists"
    WORKSPACE_DELETED = "workspace_deleted"
    SNAPSHOT_NOT_FOUND = "snapshot_not_found"
    WRONG_STATE = "wrong_state"
    KIND_NOT_READY = "kind_not_ready"
    """The kind's image is still being installed, or is not part of this installation."""
    NO_CAPACITY = "no_capacity"
    BUDGET_SPENT = "budget_spent"
    """The student's cohort has used up its month, and its school chose that nothing is launched."""
    LAUNCH_FAILED = "launch_failed"
    SAVE_FAILED = "save_failed"
    CONFLICT = "conflict"
    """Someone else changed the same record; asking again is safe."""
    MANAGER_UNAVAILABLE = "manager_unavailable"
    INTERNAL = "internal"


class ApraNovaError(Exception):
    """An error with a message that people may see, a detail for the log, and a reason."""

    def __init__(self, reason: Reason, message: str, *, detail: str = "") -> None:
        super().__init__(message if not detail else f"{message} [{detail}]")
        self.reason = reason
        self.message = message
        self.detail = detail


def shown(error: Exception, log: logging.Logger) -> ApraNovaError:
    """The one decision on what people are shown of an error. Everything else goes to the log.

    The message of an ApraNovaError is for students, staff and operators. Its detail is for the
    log only, and so is any other exception.
    """
    if not isinstance(error, ApraNovaError):
        log.error("unexpected error", exc_info=error)
        return ApraNovaError(Reason.INTERNAL, "Something went wrong on our side; it has been recorded.")
    if error.detail:
        log.info("%s: %s", error.reason.value, error)
    return error
