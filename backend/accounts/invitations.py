"""Invitations, the only way to become a user. The key is shown once and stored as a digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role, Track
from backend.accounts.signals import invitation_accepted
from backend.audit.record import record
from backend.platform.problems import ProblemError, invalid, not_found

KEY_PATTERN = r"^[A-Za-z0-9_-]{20,64}$"
VALID_FOR = timedelta(days=14)
INVITATIONS_LISTED_MAX = 200

NOT_VALID = "This invitation is not valid: it was used, replaced by a newer one, or has expired."


def invite(
    email: str, role: Role, track: Track | None, *, cohort_id: UUID | None = None, acting_user: User
) -> Invitation:
    """Invite an address; an earlier open invitation of it ends. Mails the link after the commit.

    Callers that name a cohort have checked that `acting_user` may fill it.
    """
    _refuse_impossible(role, track, acting_user)
    if User.objects.filter(email=email).exists():
        raise invalid("body.email", "somebody with this address already has an account")
    key = secrets.token_urlsafe(24)
    url = f"{settings.ENVIRONMENT.public_url}/signup?invitation={key}"
    with transaction.atomic():
        # Two at once for one address: the second waits here for the first, then replaces it.
        User.objects.select_for_update().get(pk=acting_user.pk)
        now = timezone.now()
        open_ones = Invitation.objects.filter(email=email, accepted_at__isnull=True, revoked_at__isnull=True)
        for earlier in open_ones:
            record("invitation.revoke", actor=acting_user, target_type="invitation", target_id=earlier.pk)
        open_ones.update(revoked_at=now)
        invitation = Invitation.objects.create(
            key_digest=_digest(key),
            email=email,
            role=role,
            track=track,
            cohort_id=cohort_id,
            invited_by=acting_user,
            created_at=now,
            expires_at=now + VALID_FOR,
        )
        record(
            "invitation.create",
            actor=acting_user,
            target_type="invitation",
            target_id=invitation.pk,
            email=email,
            role=role.value,
            track=track.value if track else None,
            cohort=invitation.cohort.name if invitation.cohort else None,
        )
        invitation.url = url
        transaction.on_commit(lambda: _send(invitation), robust=True)
    return invitation


def list_invitations(user: User) -> list[Invitation]:
    """Those that the person made (an admin sees everyone's), newest first."""
    _refuse_students(user)
    invitations = Invitation.objects.select_related("invited_by", "cohort")
    if user.role != Role.ADMIN:
        invitations = invitations.filter(invited_by=user)
    return list(invitations[:INVITATIONS_LISTED_MAX])


def find_open(key: str) -> Invitation | None:
    invitation = Invitation.objects.filter(key_digest=_digest(key)).first()
    return invitation if invitation is not None and invitation.is_open(timezone.now()) else None


def get_open(key: str) -> Invitation:
    invitation = find_open(key)
    if invitation is None:
        raise not_found(NOT_VALID, reason="invitation_not_found")
    return invitation


def lock_open(invitation: Invitation) -> bool:
    """Lock the row until the transaction ends. False: somebody else has used the invitation."""
    return Invitation.objects.select_for_update().get(pk=invitation.pk).is_open(timezone.now())


def accept(invitation: Invitation, user: User) -> None:
    """Use it up for `user`. Call it in the transaction that locked it and saved the user."""
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=timezone.now())
    record("invitation.accept", actor=user, target_type="invitation", target_id=invitation.pk, role=invitation.role)
    invitation_accepted.send(Invitation, invitation=invitation, user=user)


def _refuse_students(user: User) -> None:
    if user.role == Role.STUDENT:
        raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", "Only instructors and admins invite people.")


def _refuse_impossible(role: Role, track: Track | None, acting_user: User) -> None:
    _refuse_students(acting_user)
    if role != Role.STUDENT and acting_user.role != Role.ADMIN:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "forbidden",
            "Instructors invite students only.",
            remedy="Ask an admin to invite instructors and admins.",
        )
    if role == Role.STUDENT and track is None:
        raise invalid("body.track", "a student needs a track: FSD or DP")
    if role != Role.STUDENT and track is not None:
        raise invalid("body.track", "only students have a track")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _send(invitation: Invitation) -> None:
    school = settings.ENVIRONMENT.school_name
    inviter = invitation.invited_by.display_name
    send_mail(
        subject=f"{inviter} invites you to {school}",
        message=(
            f"Hello,\n\n{inviter} invites you to {school} as {invitation.role}.\n\n"
            f"Sign up here until {invitation.expires_at:%d %B %Y}:\n{invitation.url}\n"
        ),
        from_email=None,
        recipient_list=[invitation.email],
    )
