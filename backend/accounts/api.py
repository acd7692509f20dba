"""The API of people: who am I, and invitations."""

from __future__ import annotations

from typing import Annotated

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Status
from ninja.params.functions import Path

from backend.accounts import invitations
from backend.accounts.authentication import acting_user
from backend.accounts.models import Invitation
from backend.accounts.roles import Role, Track
from backend.accounts.schemas import InvitationIn, InvitationListOut, InvitationOut, MeOut, OpenInvitationOut, SchoolOut
from backend.workspaces.services import kinds_of

router = Router(tags=["people"])

InvitationKey = Annotated[str, Path(pattern=invitations.KEY_PATTERN)]

NOT_ISOLATED = (
    "Workspaces are not isolated from each other and from this machine. Use this installation only for people you "
    "would give an account on it."
)


@router.get("me/", response=MeOut, operation_id="get_me", summary="Who am I")
def get_me(request: HttpRequest) -> MeOut:
    user = acting_user(request)
    environment = settings.ENVIRONMENT
    return MeOut(
        id=str(user.pk),
        email=user.email,
        name=user.name,
        role=Role(user.role),
        track=Track(user.track) if user.track else None,
        kinds=kinds_of(user),
        mfa_enabled=is_mfa_enabled(user),
        school=SchoolOut(
            name=environment.school_name,
            isolated=environment.isolated,
            warnings=[] if environment.isolated else [NOT_ISOLATED],
        ),
    )


@router.get("invitations/", response=InvitationListOut, operation_id="list_invitations", summary="Invitations")
def list_invitations(request: HttpRequest) -> InvitationListOut:
    """Those you made; an admin sees everyone's. Newest first, at most 200."""
    return InvitationListOut(items=[_out(it) for it in invitations.list_invitations(acting_user(request))])


@router.post("invitations/", response={201: InvitationOut}, operation_id="create_invitation", summary="Invite")
def create_invitation(request: HttpRequest, payload: InvitationIn) -> Status:
    """Instructors invite students, admins anyone. An earlier open invitation of the address ends."""
    new = invitations.invite(
        payload.email, payload.role, payload.track, cohort_id=payload.cohort_id, acting_user=acting_user(request)
    )
    return Status(201, _out(new.invitation, url=new.url))


@router.get(
    "invitations/{key}/", auth=None, response=OpenInvitationOut, operation_id="get_invitation", summary="An invitation"
)
def get_invitation(request: HttpRequest, key: InvitationKey) -> OpenInvitationOut:  # noqa: ARG001  ninja's
    """For whoever holds the link, before they sign up."""
    invitation = invitations.get_open(key)
    return OpenInvitationOut(
        email=invitation.email,
        role=Role(invitation.role),
        track=Track(invitation.track) if invitation.track else None,
        cohort=invitation.cohort.name if invitation.cohort else None,
        school=settings.ENVIRONMENT.school_name,
        expires_at=invitation.expires_at,
    )


def _out(invitation: Invitation, *, url: str | None = None) -> InvitationOut:
    return InvitationOut(
        id=str(invitation.pk),
        email=invitation.email,
        role=Role(invitation.role),
        track=Track(invitation.track) if invitation.track else None,
        cohort=invitation.cohort.name if invitation.cohort else None,
        invited_by=invitation.invited_by.display_name,
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        accepted_at=invitation.accepted_at,
        url=url,
    )
