"""The stream of a workspace's changes (server-sent events), while its owner may see it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from ninja.responses import NinjaJSONEncoder

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.workspaces import services, streams
from backend.workspaces.live import live_workspaces
from backend.workspaces.models import Workspace
from backend.workspaces.presentation import ports_out, workspace_out
from backend.workspaces.schemas import KindOut


async def open_stream(request: HttpRequest, workspace: Workspace) -> StreamingHttpResponse:
    """Answer with the stream. The request's database connection goes back to the pool first."""
    user = acting_user(request)
    streams.refuse_too_many(user)
    await sync_to_async(connections.close_all)()
    return streams.response(_stream(request, user, workspace))


async def _stream(request: HttpRequest, user: User, workspace: Workspace) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + streams.STREAM_MAX_S
    heartbeat_at = loop.time() + streams.HEARTBEAT_S
    sent: dict[str, str] = {}
    with streams.counted(user):
        live = live_workspaces()
        async with live.watching(workspace.pk) as watch:
            yield streams.GREETING
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
                    heartbeat_at = loop.time() + streams.HEARTBEAT_S


def _still_allowed(request: HttpRequest, user: User, workspace: Workspace) -> bool:
    """False ends the stream: signed out, deactivated, password changed, or workspace gone."""
    try:
        caller = streams.caller_now(request)
        return caller is not None and caller.pk == user.pk and services.find_workspace(caller, workspace.pk) is not None
    finally:
        connections.close_all()
