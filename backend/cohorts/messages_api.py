"""The API of messages: an instructor sends them, a student reads and closes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AfterValidator, Field

from backend.accounts.authentication import acting_user
from backend.cohorts import access, messages
from backend.cohorts.models import MESSAGE_MAX

router = Router(tags=["cohorts"])
own_router = Router(tags=["class"])


class MessageIn(Schema):
    text: Annotated[str, Field(max_length=MESSAGE_MAX), AfterValidator(messages.plain)]
    student_id: UUID | None = None
    """Null: the whole class."""


class SentOut(Schema):
    reached: int
    """So many students."""


class MessageOut(Schema):
    id: UUID
    sender: str
    text: str
    """Plain text; it may have several lines."""
    sent_at: datetime


class MessageListOut(Schema):
    items: list[MessageOut]
    """The newest first."""


@router.post("{cohort_id}/messages/", response=SentOut, operation_id="send_message", summary="Write to the class")
def send_message(request: HttpRequest, cohort_id: UUID, payload: MessageIn) -> dict[str, Any]:
    """To the class or to one student. The portal, VS Code and Superset show it."""
    user = acting_user(request)
    cohort = access.get_cohort(user, cohort_id)
    return {"reached": messages.send(cohort, payload.text, student_id=payload.student_id, acting_user=user)}


@own_router.get("", response=MessageListOut, operation_id="list_messages", summary="What your instructors wrote")
def list_messages(request: HttpRequest) -> dict[str, Any]:
    return {"items": messages.unread(acting_user(request))}


@own_router.delete("{message_id}/", response={204: None}, operation_id="dismiss_message", summary="Close a message")
def dismiss_message(request: HttpRequest, message_id: UUID) -> Status:
    messages.dismiss(acting_user(request), message_id)
    return Status(204, None)
