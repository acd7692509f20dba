"""A stream (server-sent events) of rows with the manager's views, while somebody looks at them.

The class's wall and the console's list are such streams. What the database says is read once a
second for each page that is open, or when something wakes it; the views come from the process's one
poller.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.platform.problems import ProblemError
from backend.workspaces import streams
from backend.workspaces.live import LiveWorkspaces, Watch, live_workspaces
from contract.manager import WorkspaceView

LOOK_EVERY_S = 1.0
"""The database is read so often, for each page that somebody has open."""
Waking = Callable[[asyncio.Event], contextlib.AbstractContextManager[None]]


@dataclass(frozen=True)
class Rows:
    """What the database says now, and how it is told together with the manager's views."""

    workspace_ids: Collection[str]
    tell: Callable[[Mapping[str, WorkspaceView]], dict[str, Any]]


@dataclass(frozen=True)
class Followed:
    event: str
    """The event's name in the stream."""
    look: Callable[[], Rows]
    refuse: Callable[[User], object]
    """Raises ProblemError for somebody who may not see it (any more)."""
    wants_activity: bool = False
    """As it is this moment, not as it was up to a minute ago."""
    wants_memory: bool = False
    """What its programs hold, a few seconds old."""
    look_every_s: float = LOOK_EVERY_S
    waking: Waking = lambda _: contextlib.nullcontext()
    """While it is entered, the event is set when the database says something new."""


async def open_stream(request: HttpRequest, followed: Followed) -> StreamingHttpResponse:
    """The caller has been authorized. The request's database connection goes back first."""
    user = acting_user(request)
    streams.refuse_too_many(user)
    await sync_to_async(connections.close_all)()
    return streams.response(_stream(request, user, followed))


async def _stream(request: HttpRequest, user: User, followed: Followed) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    ends_at, heartbeat_at = loop.time() + streams.STREAM_MAX_S, loop.time() + streams.HEARTBEAT_S
    live = live_workspaces()
    watches: dict[str, Watch] = {}
    changed = asyncio.Event()
    sent = ""
    try:
        with streams.counted(user), live.waking_at_the_end(changed), followed.waking(changed):
            yield streams.GREETING
            while loop.time() < ends_at and not live.ended:
                changed.clear()
                rows = await sync_to_async(_look)(followed)
                _watch(live, watches, set(rows.workspace_ids), followed, changed)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(_answers(live, watches, changed), streams.HEARTBEAT_S)
                if all(watch.answered for watch in watches.values()):
                    views = {name: view for name, watch in watches.items() if (view := watch.current)}
                    text = json.dumps(rows.tell(views), ensure_ascii=False)
                    if text != sent:
                        sent = text
                        yield f"event: {followed.event}\ndata: {text}\n\n"
                if loop.time() >= heartbeat_at:
                    if not await sync_to_async(_still_allowed)(request, user, followed):
                        return
                    yield ": heartbeat\n\n"
                    heartbeat_at = loop.time() + streams.HEARTBEAT_S
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), followed.look_every_s)
                await asyncio.sleep(LOOK_EVERY_S / 4)  # the rest of what changed in this moment
    finally:
        for watch in watches.values():
            live.leave(watch)


async def _answers(live: LiveWorkspaces, watches: dict[str, Watch], changed: asyncio.Event) -> None:
    """Wait for those that are new, however slow the manager is. Looking for other rows first would
    never end, and nothing would be told, where somebody comes at each look."""
    while not live.ended and not all(watch.answered for watch in watches.values()):
        changed.clear()
        await changed.wait()


def _watch(
    live: LiveWorkspaces, watches: dict[str, Watch], wanted: set[str], followed: Followed, changed: asyncio.Event
) -> None:
    for gone in watches.keys() - wanted:
        live.leave(watches.pop(gone))
    for name in wanted - watches.keys():
        watches[name] = live.join(
            Watch(
                name,
                wants_ports=False,
                wants_activity=followed.wants_activity,
                wants_memory=followed.wants_memory,
                changed=changed,
            )
        )


def _look(followed: Followed) -> Rows:
    try:
        return followed.look()
    finally:
        connections.close_all()


def _still_allowed(request: HttpRequest, user: User, followed: Followed) -> bool:
    """False ends the stream: signed out, deactivated, or it is not theirs any more."""
    try:
        caller = streams.caller_now(request)
        if caller is None or caller.pk != user.pk:
            return False
        followed.refuse(caller)
    except ProblemError:
        return False
    else:
        return True
    finally:
        connections.close_all()
