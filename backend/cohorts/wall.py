"""The class's wall: a tile for each student of a cohort, with what the manager says right now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.cohorts import access
from backend.cohorts.class_workspaces import of_class
from backend.cohorts.help_calls import LASTS
from backend.cohorts.models import Cohort, Membership
from backend.platform.problems import ProblemError
from backend.workspaces import streams
from backend.workspaces.live import Watch, live_workspaces
from backend.workspaces.manager_client import manager_client
from contract.manager import Activity, WorkspaceView

LOOK_EVERY_S = 1.0
"""Hands and members are read so often, for each wall that somebody has open."""


@dataclass(frozen=True)
class Seat:
    """What the database knows of a student."""

    student_id: str
    name: str
    workspace_id: str | None
    asked_at: datetime | None


def seats(cohort: Cohort) -> list[Seat]:
    """Of the active members, by name."""
    members = Membership.objects.filter(cohort=cohort, student__is_active=True).select_related("student__help_call")
    workspace_of = dict(of_class(cohort).values_list("owner_id", "pk"))
    since = timezone.now() - LASTS
    found = []
    for membership in members:
        student = membership.student
        call = getattr(student, "help_call", None)
        asked_at = call.asked_at if call is not None and call.asked_at > since else None
        found.append(Seat(str(student.pk), student.display_name, workspace_of.get(student.pk), asked_at))
    return sorted(found, key=lambda seat: (seat.name.casefold(), seat.student_id))


def tiles(seated: list[Seat], views: Mapping[str, WorkspaceView]) -> list[dict[str, Any]]:
    """As `TileOut`, built by hand: sixty of them each second."""
    return [_tile(seat, views.get(seat.workspace_id or "")) for seat in seated]


def _tile(seat: Seat, view: WorkspaceView | None) -> dict[str, Any]:
    return {
        "student": {"id": seat.student_id, "name": seat.name},
        "state": view.state.value if view else None,
        "activity": _activity(view.activity) if view and view.activity else None,
        "running_since": _iso(view.running_since) if view else None,
        "failure": (view.failure or None) if view else None,
        "asked_at": seat.asked_at.isoformat() if seat.asked_at else None,
    }


def _activity(it: Activity) -> dict[str, Any]:
    return {"at": _iso(it.at), "reason": it.reason, "is_start": it.is_start}


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def current(cohort: Cohort) -> list[dict[str, Any]]:
    """Raises ApraNovaError when the manager does not answer."""
    seated = seats(cohort)
    ids = [seat.workspace_id for seat in seated if seat.workspace_id]
    connections.close_all()
    views = manager_client().describe(ids).workspaces if ids else ()
    return tiles(seated, {view.workspace_id: view for view in views})


async def open_stream(request: HttpRequest, cohort: Cohort) -> StreamingHttpResponse:
    user = acting_user(request)
    streams.refuse_too_many(user)
    await sync_to_async(connections.close_all)()
    return streams.response(_stream(request, user, cohort))


async def _stream(request: HttpRequest, user: User, cohort: Cohort) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    ends_at, heartbeat_at = loop.time() + streams.STREAM_MAX_S, loop.time() + streams.HEARTBEAT_S
    live = live_workspaces()
    watches: dict[str, Watch] = {}
    sent = ""
    try:
        with streams.counted(user):
            yield streams.GREETING
            while loop.time() < ends_at and not live.ended:
                seated = await sync_to_async(_seats_now)(cohort)
                wanted = {seat.workspace_id for seat in seated if seat.workspace_id}
                for gone in watches.keys() - wanted:
                    live.leave(watches.pop(gone))
                watches |= {name: live.join(Watch(name, wants_ports=False)) for name in wanted - watches.keys()}
                if all(watch.answered for watch in watches.values()):
                    views = {name: watch.view for name, watch in watches.items() if watch.view}
                    text = json.dumps({"items": tiles(seated, views)}, ensure_ascii=False)
                    if text != sent:
                        sent = text
                        yield f"event: wall\ndata: {text}\n\n"
                if loop.time() >= heartbeat_at:
                    if not await sync_to_async(_still_allowed)(request, user, cohort.pk):
                        return
                    yield ": heartbeat\n\n"
                    heartbeat_at = loop.time() + streams.HEARTBEAT_S
                await asyncio.sleep(LOOK_EVERY_S if sent else LOOK_EVERY_S / 10)
    finally:
        for watch in watches.values():
            live.leave(watch)


def _seats_now(cohort: Cohort) -> list[Seat]:
    try:
        return seats(cohort)
    finally:
        connections.close_all()


def _still_allowed(request: HttpRequest, user: User, cohort_id: UUID) -> bool:
    """False ends the stream: signed out, deactivated, or the cohort is not theirs any more."""
    try:
        caller = streams.caller_now(request)
        if caller is None or caller.pk != user.pk:
            return False
        access.get_cohort(caller, cohort_id)
    except ProblemError:
        return False
    else:
        return True
    finally:
        connections.close_all()
