"""Join links: who opens one joins its cohort, while it is open and has places.

A place is taken under a lock on the link's row, so two people never get the last one. Locks are
taken in the order invitation, link, cohort, student.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from backend.accounts import invitations
from backend.accounts.models import User
from backend.accounts.roles import ROLE_NAMES, Role
from backend.audit.record import record
from backend.cohorts.members import join, may_take
from backend.cohorts.models import Cohort, JoinLink, Membership
from backend.cohorts.services import record_change
from backend.platform.link_keys import digest_of, key_of
from backend.platform.problems import ProblemError, not_found

OPEN_LINKS_MAX = 5
SHOWN_AFTER_ITS_END = timedelta(days=7)
_PURPOSE = "backend.cohorts.join_links"


class JoinLinkState(StrEnum):
    OPEN = "open"
    FULL = "full"
    OVER = "over"
    """Its time is over, or somebody ended it."""


class JoinOutcome(StrEnum):
    JOIN = "join"
    MOVE = "move"
    """The student leaves another cohort."""
    HERE = "here"
    """The student is in the cohort already."""
    REFUSED = "refused"


@dataclass(frozen=True)
class Answer:
    """What opening a link means for somebody who is signed in."""

    outcome: JoinOutcome
    note: str = ""
    """What else happens, or why it is refused."""


def state_of(link: JoinLink, now: datetime) -> JoinLinkState:
    if link.ended_at is not None or link.ends_at <= now:
        return JoinLinkState.OVER
    return JoinLinkState.FULL if link.taken >= link.places else JoinLinkState.OPEN


def address_of(link: JoinLink) -> str:
    return f"{settings.ENVIRONMENT.public_url}/join/{key_of(_PURPOSE, link.pk)}"


def create(cohort: Cohort, *, valid_for: timedelta, places: int, domains: Sequence[str], acting_user: User) -> JoinLink:
    """Make a link. Callers have checked that `acting_user` may fill the cohort."""
    now, link_id = timezone.now(), uuid4()
    with transaction.atomic():
        if not Cohort.objects.select_for_update().filter(pk=cohort.pk).exists():
            raise not_found("This cohort was deleted in the meantime.", reason="cohort_not_found")
        if JoinLink.objects.filter(cohort=cohort, ended_at__isnull=True, ends_at__gt=now).count() >= OPEN_LINKS_MAX:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "too_many_join_links",
                f"A cohort has at most {OPEN_LINKS_MAX} join links at a time.",
                remedy="End one first.",
            )
        link = JoinLink.objects.create(
            pk=link_id,
            cohort=cohort,
            key_digest=digest_of(key_of(_PURPOSE, link_id)),
            created_by=acting_user,
            created_at=now,
            ends_at=now + valid_for,
            places=places,
            domains=list(domains),
        )
        details = {"places": places, "ends_at": link.ends_at.isoformat(), "domains": list(domains)}
        record_change("cohort.join_link_create", cohort, acting_user, join_link=str(link_id), **details)
    return link


def end(cohort: Cohort, link_id: UUID, *, acting_user: User) -> None:
    """Nobody joins by it any more, nor by the invitations that were asked for at it."""
    open_still = JoinLink.objects.filter(cohort=cohort, pk=link_id, ended_at__isnull=True)
    with transaction.atomic():
        if open_still.exists():
            invitations.revoke_of_join_link(link_id, acting_user=acting_user)
        link = open_still.select_for_update().first()
        if link is None:
            raise not_found("This join link was ended in the meantime.", reason="join_link_not_found")
        JoinLink.objects.filter(pk=link.pk).update(ended_at=timezone.now())
        record_change("cohort.join_link_end", cohort, acting_user, join_link=str(link_id), taken=link.taken)


def list_links(cohort: Cohort) -> QuerySet[JoinLink]:
    """Those that nobody has ended, newest first. `waiting`: who may still sign up."""
    now = timezone.now()
    waits = Q(
        invitations__accepted_at__isnull=True, invitations__revoked_at__isnull=True, invitations__expires_at__gt=now
    )
    links = JoinLink.objects.filter(cohort=cohort, ended_at__isnull=True, ends_at__gt=now - SHOWN_AFTER_ITS_END)
    return (
        links.select_related("created_by").annotate(waiting=Count("invitations", filter=waits)).order_by("-created_at")
    )


def find_open(key: str) -> JoinLink | None:
    link = _find(key)
    if link is None or not link.cohort.active or state_of(link, timezone.now()) is not JoinLinkState.OPEN:
        return None
    return link


def _find(key: str) -> JoinLink | None:
    return JoinLink.objects.select_related("cohort", "created_by").filter(key_digest=digest_of(key)).first()


def get_by_key(key: str) -> JoinLink:
    link = _find(key)
    if link is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            "join_link_not_found",
            "This join link does not exist. It may be incomplete.",
            remedy="Ask your instructor for the whole link, or scan its code again.",
        )
    return link


def refuse_closed(link: JoinLink) -> None:
    if not link.cohort.active:
        raise ProblemError(
            HTTPStatus.GONE,
            "join_link_over",
            f"{link.cohort.name} is inactive, so nobody joins it by a link.",
            remedy="Ask your instructor which cohort is yours.",
        )
    match state_of(link, timezone.now()):
        case JoinLinkState.OPEN:
            return
        case JoinLinkState.OVER:
            raise ProblemError(
                HTTPStatus.GONE,
                "join_link_over",
                f"The time to join {link.cohort.name} by this link is over.",
                remedy="Ask your instructor for a new one.",
            )
        case JoinLinkState.FULL:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "join_link_full",
                f"All places to join {link.cohort.name} by this link are taken.",
                remedy="Ask your instructor for a place.",
            )


def may_join(link: JoinLink, email: str) -> bool:
    return not link.domains or email.rpartition("@")[2] in link.domains


def answer_for(user: User, link: JoinLink) -> Answer:
    """What joining would do, whether or not the link is still open."""
    cohort = link.cohort
    if user.role != Role.STUDENT:
        return Answer(
            JoinOutcome.REFUSED, f"You are signed in as {ROLE_NAMES[Role(user.role)]}; join links are for students."
        )
    membership = Membership.objects.select_related("cohort").filter(student=user).first()
    if membership is not None and membership.cohort.pk == cohort.pk:
        return Answer(JoinOutcome.HERE)
    if user.track != cohort.track:
        return Answer(
            JoinOutcome.REFUSED,
            f"{cohort.name} is for the track {cohort.track}, and you learn on the track {user.track}. "
            "Ask an admin of your school to change your track.",
        )
    if not may_join(link, user.email):
        return Answer(
            JoinOutcome.REFUSED,
            f"This link is for addresses that end in {in_words(link.domains)}, and your account has {user.email}. "
            "Ask your instructor to add you.",
        )
    if membership is None:
        return Answer(JoinOutcome.JOIN)
    if membership.cohort.active and not may_take(link.created_by, membership):
        return Answer(
            JoinOutcome.REFUSED,
            f"You are in {membership.cohort.name}. Ask an instructor of that cohort to move you.",
        )
    return Answer(JoinOutcome.MOVE, f"You leave {membership.cohort.name}.")


def join_by_link(key: str, *, acting_user: User) -> JoinLink:
    """Let the signed-in student join. Nothing happens to one who is in the cohort already."""
    found = get_by_key(key)
    with transaction.atomic():
        link = _locked(found.pk)
        answer = answer_for(acting_user, link)
        if answer.outcome is JoinOutcome.HERE:
            return link
        refuse_closed(link)
        if answer.outcome is JoinOutcome.REFUSED:
            raise ProblemError(HTTPStatus.CONFLICT, "cannot_join", answer.note)
        _take(link, acting_user)
    return link


def take_place(link_id: UUID, user: User) -> None:
    """For a new person who was invited while the link was open; its end has no effect on them."""
    with transaction.atomic():
        link = _locked(link_id)
        if link.ended_at is not None:  # just before their invitation was made
            refuse_closed(link)
        if link.taken >= link.places:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "join_link_full",
                f"All places to join {link.cohort.name} were taken before you signed up. Ask your instructor for one.",
            )
        _take(link, user)


def in_words(domains: Sequence[str]) -> str:
    """ "@a.example or @b.example"."""
    return " or ".join(f"@{it}" for it in domains)


def _locked(link_id: UUID) -> JoinLink:
    link = (
        JoinLink.objects.select_for_update(of=("self",))
        .select_related("cohort", "created_by")
        .filter(pk=link_id)
        .first()
    )
    if link is None:
        raise not_found("This cohort was deleted in the meantime.", reason="cohort_not_found")
    return link


def _take(link: JoinLink, user: User) -> None:
    JoinLink.objects.filter(pk=link.pk).update(taken=link.taken + 1)
    join(user, link.cohort, acting_user=user)
    record("cohort.join_by_link", actor=user, target_type="join_link", target_id=link.pk, cohort=link.cohort.name)
