"""The API of invitations. It is here because an invitation may name the student's cohort."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from ninja.params.functions import Path

from backend.accounts import invitations
from backend.accounts.authentication import acting_user
from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role
from backend.accounts.schemas import InvitationIn, InvitationListOut, InvitationOut, OpenInvitationOut
from backend.cohorts.access import get_cohort
from backend.cohorts.join_links import take_place
from backend.cohorts.members import join
from backend.platform.link_keys import KEY_PATTERN
from backend.platform.problems import ProblemError, invalid

logger = logging.getLogger(__name__)
router = Router(tags=["people"])

InvitationKey = Annotated[str, Path(pattern=KEY_PATTERN)]


@router.get("", response=InvitationListOut, operation_id="list_invitations", summary="Invitations")
def list_invitations(request: HttpRequest) -> dict[str, Any]:
    """Those you made; an admin sees everyone's. Newest first, at most 200."""
    return {"items": invitations.list_invitations(acting_user(request))}


@router.post("", response={201: InvitationOut}, operation_id="create_invitation", summary="Invite")
def create_invitation(request: HttpRequest, payload: InvitationIn) -> Status:
    """Instructors invite students, admins anyone. Replaces an open invitation of the address."""
    user = acting_user(request)
    _check_cohort(payload, user)
    made = invitations.invite(payload.email, payload.role, payload.track, cohort_id=payload.cohort_id, acting_user=user)
    return Status(201, made)


@router.get("{key}/", auth=None, response=OpenInvitationOut, operation_id="get_invitation", summary="An invitation")
def get_invitation(request: HttpRequest, key: InvitationKey) -> Invitation:  # noqa: ARG001  ninja's
    """For anyone who has the link, before they sign up."""
    return invitations.get_open(key)


def join_invited(invitation: Invitation, user: User, **_: Any) -> None:
    """Receives `invitation_accepted`. A cohort that is full by now does not stop the sign-up.

    A join link without a place does: it raises ProblemError, and nobody signs up.
    """
    if invitation.cohort is None:
        return
    if invitation.join_link_id is not None:  # pyright: ignore[reportAttributeAccessIssue]
        take_place(invitation.join_link_id, user)  # pyright: ignore[reportAttributeAccessIssue]
        return
    try:
        join(user, invitation.cohort, acting_user=user)
    except ProblemError as problem:
        logger.warning("%s could not join %s: %s", user.pk, invitation.cohort, problem.detail)


def _check_cohort(payload: InvitationIn, user: User) -> None:
    if payload.cohort_id is None:
        return
    cohort = get_cohort(user, payload.cohort_id)
    if payload.role != Role.STUDENT:
        raise invalid("body.cohort_id", "only students are in a cohort")
    if cohort.track != payload.track:
        raise invalid("body.cohort_id", f"this cohort is for the track {cohort.track}")
