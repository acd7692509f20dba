"""The API of the class: its wall, what a student sees of it, and asking for help."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Router, Status

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.cohorts import access, class_workspaces, help_calls, wall
from backend.cohorts.models import Cohort
from backend.cohorts.schemas import ClassWorkspacesOut, HelpOut, OwnClassAnswer, WallOut
from backend.platform.problems import not_found
from backend.workspaces.streams import STREAM_DESCRIPTION

router = Router(tags=["cohorts"])
class_router = Router(tags=["class"])
help_router = Router(tags=["help"])


def _asked_for(request: HttpRequest, cohort_id: UUID) -> Cohort:
    return access.get_cohort(acting_user(request), cohort_id)


@router.get("{cohort_id}/wall/", response=WallOut, operation_id="get_wall", summary="The class's wall")
def get_wall(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    return {"items": wall.current(_asked_for(request, cohort_id))}


@router.get(
    "{cohort_id}/wall/events/",
    operation_id="watch_wall",
    summary="The class's wall, live (server-sent events)",
    response={200: None},
    openapi_extra=STREAM_DESCRIPTION,
)
async def watch_wall(request: HttpRequest, cohort_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """`event: wall` at once and at each change; comments."""
    return await wall.open_stream(request, await sync_to_async(_asked_for)(request, cohort_id))


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
    cohort = access.get_cohort(user, cohort_id)
    student = User.objects.filter(pk=student_id, membership__cohort=cohort).first()
    if student is None:
        raise not_found("This student is not in this cohort (any more).", reason="no_student")
    help_calls.lower(student, acting_user=user)
    return Status(204, None)


@class_router.get("", response=OwnClassAnswer, operation_id="get_own_class", summary="The class that you are in")
def get_own_class(request: HttpRequest) -> dict[str, Any]:
    """Its name, who teaches it, and when it meets next. Null when you are in none."""
    return {"cohort": Cohort.objects.filter(memberships__student=acting_user(request)).first()}


def _help_of(user: User) -> dict[str, Any]:
    return {"can_ask": help_calls.can_ask(user), "asked_at": help_calls.asked_at(user)}


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
