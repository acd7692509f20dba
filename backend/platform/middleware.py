"""What happens around every request of Django: context, headers, static files, bare errors."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from http import HTTPStatus

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

from backend.platform.problems import CONTENT_TYPE, ProblemError, not_found, problem_response
from backend.platform.request_context import RequestContext, enter_request
from contract.door import Page
from contract.door_page import content_security_policy, render
from contract.names import BACKEND_DOOR_PATH

Next = Callable[[HttpRequest], HttpResponseBase]

REQUEST_ID_PATTERN = re.compile(r"^[A-Za-z0-9_.:-]{1,64}$")

# The admin's theme (Alpine.js) evaluates expressions. No other page of Django has scripts.
CSP_OF_ADMIN = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
CSP_OF_THE_REST = "default-src 'none'; frame-ancestors 'none'"
PATHS_WITH_THEIR_OWN_ERRORS = ("/api/admin/", "/api/static/", "/api/auth/", BACKEND_DOOR_PATH)


class RequestContextMiddleware:
    """The outermost middleware: request id and address for log and audit, policy headers."""

    def __init__(self, get_response: Next) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent_id = request.headers.get("x-request-id", "")
        request_id = sent_id if REQUEST_ID_PATTERN.match(sent_id) else uuid.uuid4().hex
        enter_request(RequestContext(request_id=request_id, ip=get_client_ip(request)))
        response = problem_response(not_found()) if _has_null(request) else self._get_response(request)
        response = _as_problem(request, response)
        response.headers.setdefault("X-Request-Id", request_id)
        csp = CSP_OF_ADMIN if request.path.startswith("/api/admin/") else CSP_OF_THE_REST
        response.headers.setdefault("Content-Security-Policy", csp)
        return response


class SingleCookiesMiddleware:
    """Refuses several cookies of one of our names: a workspace's page may have planted one.

    Django would take the last one. The browser then forgets all of them.
    """

    def __init__(self, get_response: Next) -> None:
        self._get_response = get_response
        self._ours = {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.DEVICE_COOKIE_NAME}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = [pair.partition("=")[0].strip() for pair in request.META.get("HTTP_COOKIE", "").split(";")]
        if all(sent.count(name) <= 1 for name in self._ours):
            return self._get_response(request)
        text = "Your browser sent several cookies of one name. They are deleted now."
        if "text/html" in request.headers.get("accept", ""):
            page = Page(HTTPStatus.BAD_REQUEST, "Please sign in again", (text,))
            response = HttpResponse(render(page, now=0.0), status=page.status)
            response.headers["Content-Security-Policy"] = content_security_policy()
        else:
            response = problem_response(
                ProblemError(HTTPStatus.BAD_REQUEST, "several_cookies", text, remedy="Sign in again.")
            )
        response.headers["Clear-Site-Data"] = '"cookies"'
        return response


def _has_null(request: HttpRequest) -> bool:
    """PostgreSQL takes this character in no text, so nothing has such a name, and looking it up
    would fail. The door looks up no such name, and answers with a page."""
    if not request.path.startswith("/api/"):
        return False
    return "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Turn bare text errors of Django or Ninja, such as 405, into problem details."""
    is_bare_error = response.status_code >= HTTPStatus.BAD_REQUEST and not response.headers.get(
        "Content-Type", ""
    ).startswith((CONTENT_TYPE, "application/json"))
    is_api = request.path.startswith("/api/") and not request.path.startswith(PATHS_WITH_THEIR_OWN_ERRORS)
    if not is_bare_error or not is_api:
        return response
    detail = {
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible at this address.",
        HTTPStatus.NOT_FOUND: "There is nothing at this address.",
        HTTPStatus.BAD_REQUEST: "The request is malformed.",
    }.get(HTTPStatus(response.status_code), "The request could not be answered.")
    problem = problem_response(
        ProblemError(response.status_code, HTTPStatus(response.status_code).name.lower(), detail)
    )
    for name in ("Allow", "Retry-After", "Clear-Site-Data"):
        if name in response.headers:
            problem.headers[name] = response.headers[name]
    problem.cookies = response.cookies
    return problem


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise that answers with bytes: Django would iterate its file on the event loop."""

    def __init__(self, get_response: Next) -> None:
        super().__init__(get_response, settings)
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:  # pyright: ignore[reportIncompatibleMethodOverride]
        static_file = self.files.get(request.path_info)
        if static_file is None:
            return self._get_response(request)
        found = self.serve(static_file, request)
        try:
            content = b"".join(found)  # some tens of kB, read from the page cache
        finally:
            found.close()
        response = HttpResponse(content, status=found.status_code)
        response.headers = found.headers
        return response
