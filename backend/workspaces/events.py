"""The stream of a workspace's changes (server-sent events), while its owner may see it."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from importlib import import_module
from typing import Any

from allauth.core.internal.httpkit import get_authorization_credential
from allauth.headless.tokens.strategies.jwt.internal import validate_access_token
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from ninja.responses import NinjaJSONEncoder

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.platform.problems import ProblemError
from backend.workspaces import services
from backend.workspaces.live import live_workspaces
from backend.workspaces.models import Workspace
from backend.workspaces.presentation import ports_out, workspace_out
from backend.workspaces.schemas import KindOut

HEARTBEAT_S = 15.0
STREAM_MAX_S = 3600.0
"""Then the stream ends and the browser opens a new one: nothing lives forever."""
STREAMS_PER_USER_MAX = 8
BROWSER_RETRY_MS = 2000

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


async def open_stream(request: HttpRequest, workspace: Workspace) -> StreamingHttpResponse:
    """Answer with the stream. The request's database connection goes back to the pool first."""
    user = acting_user(request)
    if _open_streams[user.pk] >= STREAMS_PER_USER_MAX:
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_streams",
            "Too many pages of yours watch workspaces at the same time.",
            remedy="Close some of them.",
            headers={"Retry-After": "5"},
        )
    await sync_to_async(connections.close_all)()
    response = StreamingHttpResponse(_stream(request, user, workspace), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _stream(request: HttpRequest, user: User, workspace: Workspace) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + STREAM_MAX_S
    heartbeat_at = loop.time() + HEARTBEAT_S
    sent: dict[str, str] = {}
    _open_streams[user.pk] += 1
    try:
        live = live_workspaces()
        async with live.watching(workspace.pk) as watch:
            yield f"retry: {BROWSER_RETRY_MS}\n\n"
            while loop.time() < ends_at and not live.ended:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(watch.changed.wait(), max(0.0, heartbeat_at - loop.time()))
                if watch.changed.is_set():
                    watch.changed.clear()
                    out = workspace_out(workspace, watch.view or services.unknown_view(workspace))
                    news: dict[str, Any] = {
                        "workspace": out.dict(),
                        "kinds": [KindOut.model_validate(it).dict() for it in watch.kinds],
                        "notices": watch.notices,
                    }
                    if watch.ports is not None:
                        news["ports"] = [port.dict() for port in ports_out(workspace, watch.ports)]
                    for event, data in news.items():
                        text = json.dumps(data, cls=NinjaJSONEncoder)
                        if sent.get(event) != text:
                            sent[event] = text
                            yield f"event: {event}\ndata: {text}\n\n"
                if loop.time() >= heartbeat_at:
                    if not await sync_to_async(_still_allowed)(request, user, workspace):
                        return
                    yield ": heartbeat\n\n"
                    heartbeat_at = loop.time() + HEARTBEAT_S
    finally:
        _open_streams[user.pk] -= 1
        if _open_streams[user.pk] <= 0:
            del _open_streams[user.pk]


def _still_allowed(request: HttpRequest, user: User, workspace: Workspace) -> bool:
    """False ends the stream: signed out, deactivated, password changed, or workspace gone."""
    try:
        caller = _caller_now(request)
        return caller is not None and caller.pk == user.pk and services.find_workspace(caller, workspace.pk) is not None
    finally:
        connections.close_all()


def _caller_now(request: HttpRequest) -> User | None:
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
