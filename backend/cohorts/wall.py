"""The class's wall: a tile for each student of a cohort, with what the manager says right now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from backend.cohorts import access, help_visits
from backend.cohorts.class_workspaces import of_class
from backend.cohorts.help_calls import LASTS
from backend.cohorts.models import Cohort, Membership
from backend.workspaces.followed import Followed, Rows
from backend.workspaces.followed import open_stream as follow
from backend.workspaces.manager_client import manager_client
from backend.workspaces.presentation import activity_out, iso
from contract.manager import WorkspaceView
from contract.names import WorkspaceKind, WorkspaceState


@dataclass(frozen=True)
class Seat:
    """What the database knows of a student."""

    student_id: str
    name: str
    workspace_id: str | None
    asked_at: datetime | None
    helpers: tuple[tuple[str, str, str], ...] = ()
    """Id and name of those who are in the workspace to help, and the visit's mode."""
    may_open: bool = False
    """An instructor may come in, if the workspace runs."""


def seats(cohort: Cohort) -> list[Seat]:
    """Of the active members, by name."""
    members = Membership.objects.filter(cohort=cohort, student__is_active=True).select_related("student__help_call")
    workspace_of = dict(of_class(cohort).values_list("owner_id", "pk"))
    now = timezone.now()
    since = now - LASTS
    class_ends_at = help_visits.class_ends_at(cohort, now)
    can_be_opened = cohort.kind is WorkspaceKind.VSCODE
    helpers = _helpers(cohort)
    found = []
    for membership in members:
        student = membership.student
        call = getattr(student, "help_call", None)
        asked_at = call.asked_at if call is not None and call.asked_at > since else None
        allowed = can_be_opened and help_visits.permission(asked_at, class_ends_at, now) is not None
        found.append(
            Seat(
                str(student.pk), student.display_name, workspace_of.get(student.pk), asked_at,
                tuple(helpers.get(student.pk, ())), allowed,
            )
        )  # fmt: skip
    return sorted(found, key=lambda seat: (seat.name.casefold(), seat.student_id))


def _helpers(cohort: Cohort) -> dict[Any, list[tuple[str, str, str]]]:
    """By student."""
    found: dict[Any, list[tuple[str, str, str]]] = {}
    visits = help_visits.in_force().filter(workspace__owner__membership__cohort=cohort).select_related("workspace")
    for visit in visits:
        helper = (str(visit.visitor.pk), visit.visitor.display_name, visit.mode)
        found.setdefault(visit.workspace.owner_id, []).append(helper)  # pyright: ignore[reportAttributeAccessIssue]
    return found


def tiles(seated: list[Seat], views: Mapping[str, WorkspaceView]) -> list[dict[str, Any]]:
    """As `TileOut`, built by hand: sixty of them each second."""
    return [_tile(seat, views.get(seat.workspace_id or "")) for seat in seated]


def _tile(seat: Seat, view: WorkspaceView | None) -> dict[str, Any]:
    may_open = seat.may_open and view is not None and view.state is WorkspaceState.RUNNING
    return {
        "student": {"id": seat.student_id, "name": seat.name},
        "state": view.state.value if view else None,
        "activity": activity_out(view.activity) if view else None,
        "running_since": iso(view.running_since) if view else None,
        "failure": (view.failure or None) if view else None,
        "asked_at": seat.asked_at.isoformat() if seat.asked_at else None,
        "helpers": [{"id": helper_id, "name": name, "mode": mode} for helper_id, name, mode in seat.helpers],
        "may_open": may_open,
        "may_look": may_open and view is not None and help_visits.can_be_read(view),
    }


def current(cohort: Cohort) -> list[dict[str, Any]]:
    """Raises ApraNovaError when the manager does not answer."""
    seated = seats(cohort)
    ids = [seat.workspace_id for seat in seated if seat.workspace_id]
    connections.close_all()
    views = manager_client().describe(ids).workspaces if ids else ()
    return tiles(seated, {view.workspace_id: view for view in views})


async def open_stream(request: HttpRequest, cohort: Cohort) -> StreamingHttpResponse:
    return await follow(
        request,
        Followed(
            "wall",
            lambda: _rows(cohort),
            lambda caller: access.get_cohort_to_see(caller, cohort.pk),
            wants_activity=True,
        ),
    )


def _rows(cohort: Cohort) -> Rows:
    seated = seats(cohort)
    return Rows(
        {seat.workspace_id for seat in seated if seat.workspace_id}, lambda views: {"items": tiles(seated, views)}
    )
