"""People without an account for whom the school's provider vouches: whether they may come in.

The provider proves an address. It does not say who belongs to the school: that do an invitation, a
join link, or a group that the school has mapped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.conf import settings

from backend.accounts import invitations
from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role, Track
from backend.accounts.signals import newcomer_arrives


@dataclass(frozen=True)
class Newcomer:
    email: str
    """Verified and folded."""
    wanted: str
    """The page of the portal that the person wants; a join link's page is an invitation."""
    groups: frozenset[str]
    """What the provider says, in the claim that the school named."""
    launch: object = None
    """What the learning platform said of them and their course; a package above reads it."""


@dataclass(frozen=True)
class Welcome:
    """What a newcomer becomes."""

    role: Role
    track: Track | None
    enter: Callable[[User], None]
    """Call it in the transaction that saved the user. Raises ProblemError: no place is left."""
    name: str = ""


def find_welcome(newcomer: Newcomer) -> Welcome | None:
    """Call it in the transaction that saves the user: an invitation's row is locked."""
    return _by_invitation(newcomer) or _as_instructor(newcomer) or _by_others(newcomer)


def _by_invitation(newcomer: Newcomer) -> Welcome | None:
    waiting = Invitation.objects.filter(email=newcomer.email, accepted_at__isnull=True, revoked_at__isnull=True).first()
    if waiting is None or not invitations.lock_open(waiting):
        return None
    track = Track(waiting.track) if waiting.track else None
    return Welcome(Role(waiting.role), track, partial(invitations.accept, waiting), name=waiting.name)


def _as_instructor(newcomer: Newcomer) -> Welcome | None:
    group = settings.ENVIRONMENT.sign_in.instructor_group
    if not group or group not in newcomer.groups:
        return None
    return Welcome(Role.INSTRUCTOR, None, lambda _user: None)


def _by_others(newcomer: Newcomer) -> Welcome | None:
    answers = newcomer_arrives.send(Newcomer, newcomer=newcomer)
    return next((welcome for _, welcome in answers if isinstance(welcome, Welcome)), None)
