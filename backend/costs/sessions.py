"""Keeps sessions, from the manager's views of workspaces.

A launch always passes through the backend, so it sees a session begin at once, but not its end by
idleness or a limit. The manager keeps a workspace's last stop until the next one, so an occasional
look loses nothing.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from backend.cohorts.models import Membership
from backend.costs.models import Session
from backend.platform.background import BackgroundWorker
from backend.platform.redis_connections import connect
from backend.workspaces.manager_client import DESCRIBE_IDS_MAX, manager_client
from contract.errors import ApraNovaError
from contract.manager import WorkspaceView
from contract.names import WorkspaceState

LOOK_EVERY_S = 120.0
TURN_KEY = "apranova:sessions:turn"
UP = (WorkspaceState.STARTING, WorkspaceState.RUNNING, WorkspaceState.STOPPING)
OVER = (WorkspaceState.STOPPED, WorkspaceState.DELETED)

logger = logging.getLogger(__name__)


def note(view: WorkspaceView, **_: Any) -> None:
    """Receives `workspace_seen`. A failure is only logged: the next pass sees the same."""
    try:
        observe(view)
    except DatabaseError as error:
        logger.warning("could not note the session of %s: %s", view.workspace_id, error)


def observe(view: WorkspaceView) -> None:
    """Update the workspace's sessions to this view. Safe to repeat, also concurrently."""
    try:
        with transaction.atomic():
            open_one = Session.objects.select_for_update().filter(workspace_id=view.workspace_id, ended_at=None).first()
            if open_one is not None:
                open_one = _carry_on(open_one, view)
            if open_one is None and view.state in UP:
                _begin(view)
    except IntegrityError:
        logger.debug("another process saw %s begin at the same time", view.workspace_id)


def _carry_on(session: Session, view: WorkspaceView) -> Session | None:
    """The session if it goes on; None when it has ended."""
    stopped_at = _moment(view.stopped_at)
    if stopped_at is not None and stopped_at > session.started_at:
        # A newer launch has cleared the reason already, if there was one.
        session.reason = view.stop_reason.value if view.stop_reason and view.state in OVER else ""
        session.ended_at = stopped_at
        session.save(update_fields=["reason", "ended_at"])
        return None
    session.seen_at = timezone.now()
    if session.running_at is None and view.running_since is not None:
        session.running_at = _moment(view.running_since)
        session.path = view.launch_path.value if view.launch_path else ""
    session.save(update_fields=["seen_at", "running_at", "path"])
    return session


def _begin(view: WorkspaceView) -> None:
    requested_at = view.launch_requested_at or view.running_since  # None in records of release 0.1
    if view.stopped_at is not None and (requested_at is None or requested_at <= view.stopped_at):
        return  # that session has ended; the next one has not begun
    started_at = _moment(requested_at) or timezone.now()
    membership = Membership.objects.select_related("cohort").filter(student__workspaces=view.workspace_id).first()
    Session.objects.create(
        workspace_id=view.workspace_id,
        started_at=started_at,
        running_at=_moment(view.running_since),
        path=view.launch_path.value if view.launch_path else "",
        size=view.size.value,
        cohort_id=membership.cohort.pk if membership else None,
        cohort_name=membership.cohort.name if membership else "",
        seen_at=timezone.now(),
    )


def look_at_open_ones() -> None:
    """One pass: ask the manager about every workspace with an open session."""
    if not _is_our_turn():
        return
    last = ""
    while ids := _open_after(last):
        last = ids[-1]
        try:
            answer = manager_client().describe(ids)
        except ApraNovaError as error:
            logger.info("sessions are looked at later: %s", error)
            return
        known = {view.workspace_id for view in answer.workspaces}
        for view in answer.workspaces:
            observe(view)
        for session in Session.objects.filter(workspace_id__in=set(ids) - known, ended_at=None):
            session.ended_at = max(session.seen_at, session.started_at)  # purged, or the manager's records were lost
            session.save(update_fields=["ended_at"])


worker = BackgroundWorker("sessions", look_at_open_ones, interval_s=LOOK_EVERY_S)


def _open_after(workspace_id: str) -> list[str]:
    still_open = Session.objects.filter(ended_at=None, workspace_id__gt=workspace_id).order_by("workspace_id")
    return list(still_open.values_list("workspace_id", flat=True)[:DESCRIBE_IDS_MAX])


def _is_our_turn() -> bool:
    """Whether this process is the first in the interval. Two would only ask twice."""
    with connect(settings.ENVIRONMENT, socket_timeout=2, socket_connect_timeout=2) as client:
        try:
            return bool(client.set(TURN_KEY, 1, nx=True, ex=int(LOOK_EVERY_S * 0.9)))
        except redis.RedisError as error:
            logger.warning("sessions are looked at later: %s", error)
            return False


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
