"""Errors as RFC 9457 problem details: one shape for every failure of the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from pydantic import BaseModel

CONTENT_TYPE = "application/problem+json"
MEANING_URN = "urn:apranova:problem:"


class FieldError(BaseModel):
    field: str
    """Path of the value inside the request: `body.email`, `path.workspace_id`."""
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457). `reason` is stable and for programs; `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    reason: str
    remedy: str | None = None
    errors: list[FieldError] | None = None


class ProblemError(Exception):
    """Raise it anywhere below a view to answer with this problem."""

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        *,
        remedy: str | None = None,
        errors: list[FieldError] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.remedy = remedy
        self.errors = errors
        self.headers = headers or {}


def not_found(detail: str = "There is nothing at this address.", *, reason: str = "not_found") -> ProblemError:
    return ProblemError(HTTPStatus.NOT_FOUND, reason, detail)


def invalid_fields(errors: list[FieldError]) -> ProblemError:
    detail = f"Some values are invalid: {', '.join(error.field for error in errors)}."
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", detail, errors=errors)


def invalid(field: str, message: str) -> ProblemError:
    """One value of the request is invalid."""
    return invalid_fields([FieldError(field=field, message=message)])


def problem_body(error: ProblemError) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": MEANING_URN + error.reason,
        "title": HTTPStatus(error.status).phrase,
        "status": int(error.status),
        "detail": error.detail,
        "reason": error.reason,
    }
    if error.remedy:
        body["remedy"] = error.remedy
    if error.errors:
        body["errors"] = [item.model_dump() for item in error.errors]
    return body


def problem_response(error: ProblemError) -> HttpResponse:
    response = JsonResponse(problem_body(error), status=error.status, content_type=CONTENT_TYPE)
    for name, value in error.headers.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response


def csrf_failed(detail: str = "") -> ProblemError:
    return ProblemError(
        HTTPStatus.FORBIDDEN,
        "csrf_failed",
        detail or "The request does not carry the token that proves it came from the portal.",
        remedy="Reload the page and try again.",
    )


def csrf_failure(_request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW; `reason` is Django's own and names no secret."""
    return problem_response(csrf_failed(reason))


def unavailable(detail: str, *, retry_after_s: int = 2) -> ProblemError:
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        detail,
        remedy="Try again in a moment.",
        headers={"Retry-After": str(retry_after_s)},
    )
