"""The API of the class: its wall, what a student sees of it, and asking for help."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Router, Status

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.cohorts import access, class_workspaces, help_calls, help_visits, wall
from backend.cohorts.models import Cohort, HelpVisit
from backend.cohorts.schemas import ClassWorkspacesOut, HelpOut, OwnClassAnswer, VisitOut, WallOut
from backend.workspaces.streams import STREAM_DESCRIPTION
from contract.names import BACKEND_DOOR_PATH

router = Router(tags=["cohorts"])
class_router = Router(tags=["class"])
help_router = Router(tags=["help"])


def _asked_for(request: HttpRequest, cohort_id: UUID) -> Cohort:
    return access.get_cohort(acting_user(request), cohort_id)


def _to_see(request: HttpRequest, cohort_id: UUID) -> Cohort:
    return access.get_cohort_to_see(acting_user(request), cohort_id)


@router.get("{cohort_id}/wall/", response=WallOut, operation_id="get_wall", summary="The class's wall")
def get_wall(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    return {"items": wall.current(_to_see(request, cohort_id))}


@router.get(
    "{cohort_id}/wall/events/",
    operation_id="watch_wall",
    summary="The class's wall, live (server-sent events)",
    response={200: None},
    openapi_extra=STREAM_DESCRIPTION,
)
async def watch_wall(request: HttpRequest, cohort_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """`event: wall` at once and at each change; comments."""
    return await wall.open_stream(request, await sync_to_async(_to_see)(request, cohort_id))


@router.post(
    "{cohort_id}/workspaces/start/",
    response=ClassWorkspacesOut,
    operation_id="start_class",
    summary="Start everybody's workspace",
)
def start_class(request: HttpRequest, cohort_id: UUID) -> class_workspaces.Outcome:
    """Of all active students who have none up. Those that nobody uses stop by themselves."""
    return class_workspaces.start(_asked_for(request, cohort_id), acting_user=acting_user(request))


@router.post(
    "{cohort_id}/workspaces/stop/",
    response=ClassWorkspacesOut,
    operation_id="stop_class",
    summary="Save and stop everybody's workspace",
)
def stop_class(request: HttpRequest, cohort_id: UUID) -> class_workspaces.Outcome:
    return class_workspaces.stop(_asked_for(request, cohort_id), acting_user=acting_user(request))


@router.delete(
    "{cohort_id}/members/{student_id}/help/",
    response={204: None},
    operation_id="answer_help",
    summary="A student has been helped",
)
def answer_help(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> Status:
    user = acting_user(request)
    _, student = access.get_member_to_see(user, cohort_id, student_id)
    help_calls.lower(student, acting_user=user)
    return Status(204, None)


@router.post(
    "{cohort_id}/members/{student_id}/visit/",
    response=VisitOut,
    operation_id="begin_visit",
    summary="Open a student's workspace to help",
)
def begin_visit(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> dict[str, Any]:
    """The student sees that you are there. 409 unless they called or the school allows it now."""
    user = acting_user(request)
    visit = help_visits.begin(*access.get_member_to_see(user, cohort_id, student_id), acting_user=user)
    url = f"{settings.ENVIRONMENT.public_url}{BACKEND_DOOR_PATH}{visit.workspace.pk}/"
    return {"url": url, "ends_at": visit.ends_at}


@router.delete(
    "{cohort_id}/members/{student_id}/visit/",
    response={204: None},
    operation_id="end_visit",
    summary="Leave a student's workspace",
)
def end_visit(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> Status:
    user = acting_user(request)
    _, student = access.get_member_to_see(user, cohort_id, student_id)
    own = HelpVisit.objects.filter(visitor=user, workspace__owner=student)
    help_visits.end_all(own, because="the instructor left", acting_user=user)
    return Status(204, None)


@class_router.get("", response=OwnClassAnswer, operation_id="get_own_class", summary="The class that you are in")
def get_own_class(request: HttpRequest) -> dict[str, Any]:
    """Its name, who teaches it, and when it meets next. Null when you are in none."""
    return {"cohort": Cohort.objects.filter(memberships__student=acting_user(request)).first()}


def _help_of(user: User) -> dict[str, Any]:
    visits = help_visits.of_student(user)
    return {"can_ask": help_calls.can_ask(user), "asked_at": help_calls.asked_at(user), "visits": visits}


@help_router.get("", response=HelpOut, operation_id="get_help", summary="Whether you ask for help")
def get_help(request: HttpRequest) -> dict[str, Any]:
    return _help_of(acting_user(request))


@help_router.put("", response=HelpOut, operation_id="ask_for_help", summary="Ask for help")
def ask_for_help(request: HttpRequest) -> dict[str, Any]:
    """Your instructors see it on the class's wall. 409 when you are in no class."""
    user = acting_user(request)
    help_calls.ask(user, acting_user=user)
    return _help_of(user)


@help_router.delete("", response=HelpOut, operation_id="lower_help", summary="You need no help any more")
def lower_help(request: HttpRequest) -> dict[str, Any]:
    user = acting_user(request)
    help_calls.lower(user, acting_user=user)
    return _help_of(user)
