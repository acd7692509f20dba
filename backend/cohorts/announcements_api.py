"""The API of announcements: everybody reads theirs; admins make and end them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Router, Schema, Status
from pydantic import AfterValidator, Field

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.cohorts import access, announcement_stream, announcements, messages
from backend.cohorts.models import MESSAGE_MAX, Announcement
from backend.workspaces.streams import STREAM_DESCRIPTION

own_router = Router(tags=["class"])
router = Router(tags=["console"])


class AnnouncementIn(Schema):
    text: Annotated[str, Field(max_length=MESSAGE_MAX), AfterValidator(messages.plain)]
    hours: Annotated[int, Field(ge=1, le=announcements.HOURS_MAX)]
    """From now on; then it ends by itself."""
    cohort_id: UUID | None = None
    """Null: for everybody."""


class AnnouncementOut(Schema):
    id: UUID
    text: str
    """Plain text; it may have several lines."""
    cohort: str | None
    """The cohort's name; null: for everybody."""
    sender: str
    begins_at: datetime
    ends_at: datetime

    @staticmethod
    def resolve_cohort(announcement: Announcement) -> str | None:
        return announcement.cohort.name if announcement.cohort else None


class AnnouncementListOut(Schema):
    items: list[AnnouncementOut]
    """The newest first."""


@own_router.get(
    "", response=AnnouncementListOut, operation_id="list_announcements", summary="What the school tells you"
)
def list_announcements(request: HttpRequest) -> dict[str, Any]:
    return {"items": announcements.shown_to(acting_user(request))}


@own_router.get(
    "events/",
    operation_id="watch_announcements",
    summary="What the school tells you, live (server-sent events)",
    response={200: None},
    openapi_extra=STREAM_DESCRIPTION,
)
async def watch_announcements(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """`event: announcements` at once and at each change; comments."""
    return await announcement_stream.open_stream(request, acting_user(request), _told)


def _told(person: User) -> dict[str, Any]:
    return {"items": [AnnouncementOut.from_orm(it).model_dump(mode="json") for it in announcements.shown_to(person)]}


@router.get("", response=AnnouncementListOut, operation_id="list_all_announcements", summary="All announcements")
def list_all_announcements(request: HttpRequest) -> dict[str, Any]:
    """For admins."""
    _admin_of(request)
    return {"items": announcements.shown()}


@router.post("", response={201: AnnouncementOut}, operation_id="create_announcement", summary="Announce something")
def create_announcement(request: HttpRequest, payload: AnnouncementIn) -> Status:
    """For admins. The portal, VS Code and Superset show it. 409 when ten are shown already."""
    user = _admin_of(request)
    made = announcements.announce(payload.text, payload.hours, cohort_id=payload.cohort_id, acting_user=user)
    return Status(201, made)


@router.delete("{announcement_id}/", response={204: None}, operation_id="end_announcement", summary="End it now")
def end_announcement(request: HttpRequest, announcement_id: UUID) -> Status:
    announcements.end(announcement_id, acting_user=_admin_of(request))
    return Status(204, None)


def _admin_of(request: HttpRequest) -> User:
    user = acting_user(request)
    access.refuse_all_but_admins(user, "administer the school")
    return user
