"""Invitations, the only way to become a user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts import invitation_mails
from backend.accounts.invitation_links import key_of, link_of
from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role, Track
from backend.accounts.signals import invitation_accepted
from backend.audit.record import record, record_all
from backend.platform.link_keys import digest_of
from backend.platform.problems import ProblemError, invalid, not_found

VALID_FOR = timedelta(days=14)
INVITATIONS_LISTED_MAX = 200
_ONE_AT_A_TIME = 0x696E76697465  # "invite", the number of an advisory lock

NOT_VALID = "This invitation is not valid: it was used, replaced by a newer one, or has expired."


@dataclass(frozen=True)
class Invited:
    email: str
    """Folded, and of nobody who has an account."""
    name: str = ""
    """As their list has it; they may change it when they sign up."""


@dataclass(frozen=True)
class _Offer:
    """What people are invited to, and by whom."""

    role: Role
    track: Track | None
    cohort_id: UUID | None
    invited_by: User
    join_link_id: UUID | None = None


def invite(
    email: str, role: Role, track: Track | None, *, cohort_id: UUID | None = None, acting_user: User
) -> Invitation:
    """Invite an address; an earlier open invitation of it ends. Its link is mailed soon after.

    Callers that name a cohort have checked that `acting_user` may fill it.
    """
    _refuse_impossible(role, track, acting_user)
    if User.objects.filter(email=email).exists():
        raise invalid("body.email", "somebody with this address already has an account")
    if acting_user.role != Role.ADMIN and _open(email).exclude(role=Role.STUDENT).exists():
        raise invalid("body.email", "an admin has invited this address to another role; ask an admin to change it")
    [invitation] = invite_all([Invited(email)], role, track, cohort_id=cohort_id, acting_user=acting_user)
    return invitation


def _open(*emails: str) -> QuerySet[Invitation]:
    return Invitation.objects.filter(email__in=emails, accepted_at__isnull=True, revoked_at__isnull=True)


def invite_all(
    people: Sequence[Invited], role: Role, track: Track | None, *, cohort_id: UUID | None = None, acting_user: User
) -> list[Invitation]:
    """Invite many at once, as `invite` does one. Addresses are distinct and have no account."""
    _refuse_impossible(role, track, acting_user)
    with transaction.atomic():
        _one_at_a_time()
        return _replace(people, _Offer(role, track, cohort_id, acting_user), actor=acting_user)


def invite_by_join_link(
    email: str, track: Track, *, cohort_id: UUID, join_link_id: UUID, invited_by: User
) -> Invitation:
    """Invite an address that somebody typed at a join link; it has no account.

    An open invitation of it is mailed again as it is: a stranger may not replace it. One of a join
    link that is full by now would open nothing.
    """
    with transaction.atomic():
        _one_at_a_time()
        now = timezone.now()
        waiting = _open(email).select_related("join_link").first()
        full = waiting and waiting.join_link and waiting.join_link.taken >= waiting.join_link.places
        if waiting is None or full or not waiting.is_open(now):
            offer = _Offer(Role.STUDENT, track, cohort_id, invited_by, join_link_id)
            return _replace([Invited(email)], offer, actor=None)[0]
        Invitation.objects.filter(pk=waiting.pk).update(mail_due_at=now, mail_failures=0, mail_problem="")
        _record("send_again", waiting, None)
        transaction.on_commit(invitation_mails.worker.wake)
        return waiting


def _one_at_a_time() -> None:
    """Two at once for one address: the second waits here for the first, then replaces it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])


def _replace(people: Sequence[Invited], offer: _Offer, *, actor: User | None) -> list[Invitation]:
    """New invitations in place of the open ones of the same addresses."""
    now = timezone.now()
    earlier = _open(*(it.email for it in people))
    record_all(
        "invitation.revoke", "invitation", [(it, {}) for it in earlier.values_list("pk", flat=True)], actor=actor
    )
    earlier.update(revoked_at=now)
    made = Invitation.objects.bulk_create(_new(it, offer, now) for it in people)
    details = {
        "role": offer.role.value,
        "track": offer.track.value if offer.track else None,
        "cohort": _cohort_name(made),
        **({"join_link": str(offer.join_link_id)} if offer.join_link_id else {}),
    }
    record_all("invitation.create", "invitation", [(it.pk, {"email": it.email, **details}) for it in made], actor=actor)
    transaction.on_commit(invitation_mails.worker.wake)
    return made


def _new(person: Invited, offer: _Offer, now: datetime) -> Invitation:
    invitation_id = uuid4()
    made = Invitation(
        pk=invitation_id,
        key_digest=digest_of(key_of(invitation_id)),
        email=person.email,
        name=person.name,
        role=offer.role,
        track=offer.track,
        cohort_id=offer.cohort_id,
        join_link_id=offer.join_link_id,
        invited_by=offer.invited_by,
        created_at=now,
        expires_at=now + VALID_FOR,
        mail_due_at=now,
    )
    made.url = link_of(invitation_id)
    return made


def _cohort_name(made: Sequence[Invitation]) -> str | None:
    return made[0].cohort.name if made and made[0].cohort else None


def send_again(invitation: Invitation, *, acting_user: User) -> None:
    """Mail the link once more; it is valid for `VALID_FOR` from now on."""
    now = timezone.now()
    with transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(
            key_digest=digest_of(key_of(invitation.pk)),  # of one from before links could be shown again
            expires_at=now + VALID_FOR,
            mail_due_at=now,
            mail_failures=0,
            mail_problem="",
        )
        _record("send_again", invitation, acting_user)
        transaction.on_commit(invitation_mails.worker.wake)


def show_link(invitation: Invitation, *, acting_user: User) -> str:
    """The link, so that somebody can hand it out in another way than by mail."""
    with transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(key_digest=digest_of(key_of(invitation.pk)))
        _record("show_link", invitation, acting_user)
    return link_of(invitation.pk)


def revoke(invitation: Invitation, *, acting_user: User) -> None:
    """The link opens nothing any more."""
    with transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(revoked_at=timezone.now(), mail_due_at=None)
        _record("revoke", invitation, acting_user)


def revoke_of_join_link(join_link_id: UUID, *, acting_user: User) -> None:
    """End all that were asked for at the join link and have not been accepted."""
    waiting = Invitation.objects.filter(join_link_id=join_link_id, accepted_at__isnull=True, revoked_at__isnull=True)
    with transaction.atomic():
        for invitation in waiting.select_for_update(of=("self",)):
            revoke(invitation, acting_user=acting_user)


def list_invitations(user: User) -> list[Invitation]:
    """Those that the person made (an admin sees everyone's), newest first."""
    _refuse_who_does_not_invite(user)
    invitations = Invitation.objects.select_related("invited_by", "cohort")
    if user.role != Role.ADMIN:
        invitations = invitations.filter(invited_by=user)
    return list(invitations[:INVITATIONS_LISTED_MAX])


def find_open(key: str) -> Invitation | None:
    invitation = Invitation.objects.filter(key_digest=digest_of(key)).first()
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
    """Use it up for `user`. Call it in the transaction that locked it and saved the user.

    Raises ProblemError when its join link has no place left.
    """
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=timezone.now())
    record("invitation.accept", actor=user, target_type="invitation", target_id=invitation.pk, role=invitation.role)
    invitation_accepted.send(Invitation, invitation=invitation, user=user)


def _refuse_who_does_not_invite(user: User) -> None:
    if user.role not in {Role.INSTRUCTOR, Role.ADMIN}:
        raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", "Only instructors and admins invite people.")


def _refuse_impossible(role: Role, track: Track | None, acting_user: User) -> None:
    _refuse_who_does_not_invite(acting_user)
    if role != Role.STUDENT and acting_user.role != Role.ADMIN:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "forbidden",
            "Instructors invite students only.",
            remedy="Ask an admin to invite instructors, teaching assistants and admins.",
        )
    if role == Role.STUDENT and track is None:
        raise invalid("body.track", "a student needs a track: FSD or DP")
    if role != Role.STUDENT and track is not None:
        raise invalid("body.track", "only students have a track")


def _record(verb: str, invitation: Invitation, acting_user: User | None) -> None:
    record(
        f"invitation.{verb}",
        actor=acting_user,
        target_type="invitation",
        target_id=invitation.pk,
        email=invitation.email,
    )
