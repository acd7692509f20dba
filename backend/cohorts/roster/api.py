"""The API of rosters: a list of people into a cohort, and the invitations that wait."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import AfterValidator, Field

from backend.accounts import invitations
from backend.accounts.authentication import acting_user
from backend.accounts.invitation_mails import sends_mail
from backend.accounts.models import Invitation, User
from backend.cohorts.access import get_cohort
from backend.cohorts.models import Cohort
from backend.cohorts.roster import importing
from backend.cohorts.roster.plan import Outcome
from backend.cohorts.schemas import FILE_BASE64_MAX, FILE_CHARACTERS_MAX, CandidateOut, bytes_of_base64
from backend.platform.problems import not_found

PENDING_MAX = 2_000

router = Router(tags=["cohorts"])


class RosterIn(Schema):
    content: Annotated[str, Field(max_length=FILE_CHARACTERS_MAX)] = ""
    """Pasted text: a line for each person, with or without a heading."""
    file: Annotated[str, Field(max_length=FILE_BASE64_MAX), AfterValidator(bytes_of_base64)] | None = None
    """CSV, TSV or Excel (.xlsx) as bytes in Base64. It goes before `content`."""

    @property
    def sent(self) -> str | bytes:
        return self.content if self.file is None else self.file


class RosterLineOut(Schema):
    number: int
    """The line in the list, counted from 1."""
    email: str
    """Of a refused line: what stands there."""
    name: str
    outcome: Outcome
    note: str
    """Why it is refused, or what else happens; empty: nothing to say."""


class RosterOut(Schema):
    lines: list[RosterLineOut]
    missing: list[CandidateOut]
    """Students of the cohort whom the list does not have. They stay."""


class MailState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    """The mail server took it."""
    RETRIED = "retried"
    """The mail server did not take it yet."""
    FAILED = "failed"
    """The mail server refuses the address."""
    NONE = "none"
    """The school has no mail server."""


class PendingOut(Schema):
    id: UUID
    email: str
    name: str
    created_at: datetime
    expires_at: datetime
    expired: bool
    mail: MailState
    mail_problem: str

    @staticmethod
    def resolve_expired(invitation: Invitation) -> bool:
        return invitation.expires_at <= timezone.now()

    @staticmethod
    def resolve_mail(invitation: Invitation) -> MailState:
        if not sends_mail():
            return MailState.NONE
        if invitation.mail_due_at is not None:
            expired = invitation.expires_at <= timezone.now()  # nothing is sent before it is renewed
            return MailState.RETRIED if invitation.mail_problem or expired else MailState.WAITING
        return MailState.FAILED if invitation.mail_problem else MailState.SENT


class PendingListOut(Schema):
    items: list[PendingOut]


class LinkOut(Schema):
    url: str


@router.post(
    "{cohort_id}/roster/preview/", response=RosterOut, operation_id="preview_roster", summary="What an import would do"
)
def preview_roster(request: HttpRequest, cohort_id: UUID, payload: RosterIn) -> importing.Roster:
    """Nothing is changed. 422 when it is no list of people."""
    user, cohort = _asked_for(request, cohort_id)
    return importing.preview(cohort, payload.sent, acting_user=user)


@router.post("{cohort_id}/roster/", response=RosterOut, operation_id="import_roster", summary="Import a list of people")
def import_roster(request: HttpRequest, cohort_id: UUID, payload: RosterIn) -> importing.Roster:
    """Students join or move here, others are invited. The answer says what was done."""
    user, cohort = _asked_for(request, cohort_id)
    return importing.import_roster(cohort, payload.sent, acting_user=user)


@router.get(
    "{cohort_id}/invitations/", response=PendingListOut, operation_id="list_pending", summary="Invitations that wait"
)
def list_pending(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    """Not accepted and not revoked, with those that have expired; newest first."""
    _, cohort = _asked_for(request, cohort_id)
    return {"items": _pending(cohort).order_by("-created_at", "name", "email")[:PENDING_MAX]}


@router.post(
    "{cohort_id}/invitations/{invitation_id}/link/", response=LinkOut, operation_id="show_link", summary="Its link"
)
def show_link(request: HttpRequest, cohort_id: UUID, invitation_id: UUID) -> dict[str, str]:
    """To hand it out in another way than by mail."""
    user, invitation = _invitation(request, cohort_id, invitation_id)
    return {"url": invitations.show_link(invitation, acting_user=user)}


@router.post(
    "{cohort_id}/invitations/{invitation_id}/send/",
    response={204: None},
    operation_id="send_again",
    summary="Mail it again",
)
def send_again(request: HttpRequest, cohort_id: UUID, invitation_id: UUID) -> Status:
    """It is valid for 14 days from now on."""
    user, invitation = _invitation(request, cohort_id, invitation_id)
    invitations.send_again(invitation, acting_user=user)
    return Status(204, None)


@router.delete(
    "{cohort_id}/invitations/{invitation_id}/",
    response={204: None},
    operation_id="revoke_invitation",
    summary="Revoke it",
)
def revoke_invitation(request: HttpRequest, cohort_id: UUID, invitation_id: UUID) -> Status:
    user, invitation = _invitation(request, cohort_id, invitation_id)
    invitations.revoke(invitation, acting_user=user)
    return Status(204, None)


def _asked_for(request: HttpRequest, cohort_id: UUID) -> tuple[User, Cohort]:
    user = acting_user(request)
    return user, get_cohort(user, cohort_id)


def _pending(cohort: Cohort) -> QuerySet[Invitation]:
    return Invitation.objects.filter(cohort=cohort, accepted_at__isnull=True, revoked_at__isnull=True)


def _invitation(request: HttpRequest, cohort_id: UUID, invitation_id: UUID) -> tuple[User, Invitation]:
    user, cohort = _asked_for(request, cohort_id)
    invitation = _pending(cohort).filter(pk=invitation_id).first()
    if invitation is None:
        raise not_found(
            "This invitation was accepted, revoked or replaced in the meantime.", reason="invitation_not_found"
        )
    return user, invitation
