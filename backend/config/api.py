"""The API: routers of all apps, authentication, and every error as problem details."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from psycopg_pool import PoolTimeout
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from backend.accounts.api import router as accounts_router
from backend.accounts.authentication import BearerToken, SessionCookie
from backend.assignments.api import own_router as own_assignments_router
from backend.assignments.api import router as assignments_router
from backend.assignments.starter_api import router as starter_router
from backend.assignments.submission_api import router as submissions_router
from backend.cohorts.announcements_api import own_router as own_announcements_router
from backend.cohorts.announcements_api import router as announcements_router
from backend.cohorts.api import router as cohorts_router
from backend.cohorts.invitations import router as invitations_router
from backend.cohorts.join_api import of_cohorts as join_links_router
from backend.cohorts.join_api import of_visitors as join_router
from backend.cohorts.messages_api import own_router as own_messages_router
from backend.cohorts.messages_api import router as messages_router
from backend.cohorts.roster.api import router as roster_router
from backend.cohorts.wall_api import class_router, help_router
from backend.cohorts.wall_api import router as wall_router
from backend.config.health import router as health_router
from backend.console.audit_api import router as console_audit_router
from backend.console.condition_api import capacity_router
from backend.console.condition_api import health_router as console_health_router
from backend.console.people_api import router as console_people_router
from backend.console.personal_data_api import router as console_personal_data_router
from backend.console.workspaces_api import router as console_workspaces_router
from backend.costs.api import router as costs_router
from backend.costs.budgets_api import router as budgets_router
from backend.history.api import router as history_router
from backend.history.class_api import router as class_history_router
from backend.history.look_api import router as look_router
from backend.lti.api import of_cohorts as courses_of_cohorts_router
from backend.lti.api import router as courses_router
from backend.personal_data.api import own_router as own_export_router
from backend.platform.problems import (
    CONTENT_TYPE,
    FieldError,
    Problem,
    ProblemError,
    invalid_fields,
    not_found,
    problem_response,
    unavailable,
)
from backend.shared_data.api import router as shared_data_router
from backend.sharing.api import router as sharing_router
from backend.workspaces.api import router as workspaces_router
from backend.workspaces.errors import problem_of
from contract.errors import ApraNovaError, shown

logger = logging.getLogger(__name__)

PATH_PREFIX = "/api/"


class ApraNovaAPI(NinjaAPI):
    """Ninja's API whose document also says what errors look like."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        document = super().get_openapi_schema(path_prefix=path_prefix or PATH_PREFIX, path_params=path_params)
        schema = Problem.model_json_schema(ref_template=REF_TEMPLATE)
        document["components"]["schemas"].update(schema.pop("$defs", {}))
        document["components"]["schemas"]["Problem"] = schema
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = {
                    "description": "What went wrong (RFC 9457)",
                    "content": {CONTENT_TYPE: {"schema": {"$ref": REF_TEMPLATE.format(model="Problem")}}},
                }
        return document


def _validation_problem(error: ValidationError) -> ProblemError:
    errors = [
        FieldError(
            field=".".join(str(part) for part in item.get("loc", ()) if part != "payload"),
            message=str(item.get("msg", "")).removeprefix("Value error, "),
        )
        for item in error.errors
    ]
    return invalid_fields(errors)


def _http_problem(error: HttpError) -> ProblemError:
    if isinstance(error, AuthenticationError):
        return ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "not_signed_in",
            "Sign in first.",
            headers={"WWW-Authenticate": 'Bearer realm="apranova"'},
        )
    if isinstance(error, Throttled):
        return ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", "Too many requests; slow down.")
    return ProblemError(error.status_code, "refused", error.message)


def problem_for(error: Exception) -> ProblemError:
    """Any exception as an answer of the API."""
    match error:
        case ProblemError():
            return error
        case ValidationError():
            return _validation_problem(error)
        case HttpError():
            return _http_problem(error)
        case Http404():
            return not_found()
        case RequestDataTooBig():
            return ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "The request is too large.")
        case PermissionDenied():
            return ProblemError(HTTPStatus.FORBIDDEN, "forbidden", "You may not do this.")
        case SuspiciousOperation() | BadRequest() | MultiPartParserError():
            return ProblemError(HTTPStatus.BAD_REQUEST, "bad_request", "The request is malformed.")
        case OperationalError() | PoolTimeout():
            logger.error("database unavailable: %s", error)
            return unavailable("The database does not answer right now.")
        case RedisConnectionError() | RedisTimeoutError():
            logger.error("redis unavailable: %s", error)
            return unavailable("A part of the platform does not answer right now.")
        case _:
            return problem_of(shown(error, logger))


def _handle(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem_response(problem_for(error))


def build_api() -> ApraNovaAPI:
    api = ApraNovaAPI(
        title="ApraNova",
        version="1.0.0",
        description="Workspaces for the students of a coding bootcamp. Errors are RFC 9457 problem details.",
        auth=[BearerToken(), SessionCookie()],
        docs_url=None,
        openapi_url="openapi.json",
    )
    for kind in (Exception, ProblemError, ApraNovaError, ValidationError, HttpError, Http404):
        api.add_exception_handler(kind, _handle)
    api.add_router("", accounts_router)
    api.add_router("me/export/", own_export_router)
    api.add_router("invitations/", invitations_router)
    api.add_router("cohorts/", cohorts_router)
    api.add_router("cohorts/", roster_router)
    api.add_router("cohorts/", join_links_router)
    api.add_router("cohorts/", wall_router)
    api.add_router("cohorts/", messages_router)
    api.add_router("cohorts/", look_router)
    api.add_router("cohorts/", class_history_router)
    api.add_router("class/", class_router)
    api.add_router("help/", help_router)
    api.add_router("messages/", own_messages_router)
    api.add_router("announcements/", own_announcements_router)
    api.add_router("join/", join_router)
    api.add_router("cohorts/", assignments_router)
    api.add_router("cohorts/", submissions_router)
    api.add_router("cohorts/", starter_router)
    api.add_router("cohorts/", shared_data_router)
    api.add_router("courses/", courses_router)
    api.add_router("cohorts/", courses_of_cohorts_router)
    api.add_router("assignments/", own_assignments_router)
    api.add_router("workspace/", workspaces_router)
    api.add_router("workspace/", sharing_router)
    api.add_router("workspace/", history_router)
    api.add_router("costs/", costs_router)
    api.add_router("costs/budgets/", budgets_router)
    api.add_router("console/announcements/", announcements_router)
    api.add_router("console/audit/", console_audit_router)
    api.add_router("console/health/", console_health_router)
    api.add_router("console/capacity/", capacity_router)
    api.add_router("console/people/", console_people_router)
    api.add_router("console/people/", console_personal_data_router)
    api.add_router("console/workspaces/", console_workspaces_router)
    api.add_router("health/", health_router)
    return api


api = build_api()
