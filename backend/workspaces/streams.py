"""What all streams of live updates (server-sent events) have in common."""

from __future__ import annotations

import collections
import contextlib
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from importlib import import_module
from typing import Any

from allauth.core.internal.httpkit import get_authorization_credential
from allauth.headless.tokens.strategies.jwt.internal import validate_access_token
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, StreamingHttpResponse

from backend.accounts.models import User
from backend.platform.problems import ProblemError

HEARTBEAT_S = 15.0
STREAM_MAX_S = 3600.0
"""Then the stream ends and the browser opens a new one: nothing lives forever."""
STREAMS_PER_USER_MAX = 8
BROWSER_RETRY_MS = 2000
GREETING = f"retry: {BROWSER_RETRY_MS}\n\n"

STREAM_DESCRIPTION: dict[str, Any] = {
    "responses": {
        200: {
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                }
            }
        }
    }
}

_open_streams: collections.Counter[Any] = collections.Counter()


def count_open_streams() -> int:
    return sum(_open_streams.values())


def refuse_too_many(user: User) -> None:
    if _open_streams[user.pk] >= STREAMS_PER_USER_MAX:
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_streams",
            "Too many pages of yours watch workspaces at the same time.",
            remedy="Close some of them.",
            headers={"Retry-After": "5"},
        )


@contextlib.contextmanager
def counted(user: User) -> Iterator[None]:
    _open_streams[user.pk] += 1
    try:
        yield
    finally:
        _open_streams[user.pk] -= 1
        if _open_streams[user.pk] <= 0:
            del _open_streams[user.pk]


def response(events: AsyncIterator[str]) -> StreamingHttpResponse:
    made = StreamingHttpResponse(events, content_type="text/event-stream")
    made["Cache-Control"] = "no-store"
    made["X-Accel-Buffering"] = "no"
    return made


def caller_now(request: HttpRequest) -> User | None:
    """Authenticate again, past everything that the request has cached."""
    token = get_authorization_credential(request, "Bearer")
    found = validate_access_token(token) if token else None
    if found is not None:
        user = found[0]
    else:
        again = HttpRequest()
        again.session = import_module(settings.SESSION_ENGINE).SessionStore(
            request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        )
        user = get_user(again)
    return user if isinstance(user, User) and user.is_active else None
