"""Changing people. Every change names its actor and is recorded in the same transaction."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import F

from backend.accounts.models import User
from backend.accounts.roles import Role, Track
from backend.accounts.signals import person_changed, sessions_ended
from backend.audit.record import record
from backend.platform.problems import ProblemError

LAST_ADMIN = "This is the last active admin of the school, so the account stays one."


def create_user(
    email: str,
    *,
    name: str,
    password: str | None,
    role: Role,
    track: Track | None = None,
    acting_user: User | None,
) -> User:
    """A user whose address counts as verified. `acting_user` None: a command of the operator."""
    with transaction.atomic():
        user = User.objects.create_user(email, password, name=name, role=role, track=track)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
        record(
            "user.create",
            actor=acting_user,
            target_type="user",
            target_id=user.pk,
            email=user.email,
            role=role.value,
            track=track.value if track else None,
        )
    return user


def update_user(
    user: User, *, name: str, role: Role, track: Track | None, is_active: bool, acting_user: User
) -> dict[str, list[object]]:
    """Change a person; returns field → [before, after]. Deactivation ends all sessions.

    Raises ProblemError when no active admin would be left.
    """
    wanted = {"name": name, "role": role.value, "track": track.value if track else None, "is_active": is_active}
    with transaction.atomic():
        admins = _lock_admins() if user.role == Role.ADMIN else set()
        locked = User.objects.select_for_update().get(pk=user.pk)
        changes = {
            field: [getattr(locked, field), value] for field, value in wanted.items() if getattr(locked, field) != value
        }
        if not changes:
            return {}
        if admins == {user.pk} and not (is_active and role == Role.ADMIN):
            raise ProblemError(
                HTTPStatus.CONFLICT, "last_admin", LAST_ADMIN, remedy="Make somebody else an admin first."
            )
        for field, value in wanted.items():
            setattr(locked, field, value)
        if "is_active" in changes and not is_active:
            locked.sessions_ended += 1  # or reactivation would bring the old sessions back
        locked.save(update_fields=[*wanted, "sessions_ended"])
        action = "user.role_change" if {"role", "track"} & changes.keys() else "user.change"
        record(action, actor=acting_user, target_type="user", target_id=user.pk, changes=changes)
        person_changed.send(User, user=locked, acting_user=acting_user)
    return changes


def _lock_admins() -> set[UUID]:
    """Those who are active. Two who take each other's rights at the same moment wait here."""
    admins = User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk")
    return {it.pk for it in admins}


def forget_provider(user: User, *, acting_user: User) -> None:
    """Their next sign-in at the school's provider finds them by their verified address again."""
    with transaction.atomic():
        forgotten, _ = SocialAccount.objects.filter(user=user).delete()
        if forgotten:
            record("user.provider_unlinked", actor=acting_user, target_type="user", target_id=user.pk)


def end_sessions(user: User, *, acting_user: User) -> None:
    """Sign the person out everywhere. Streams that are open end at their next heartbeat."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)
        record("user.sessions_ended", actor=acting_user, target_type="user", target_id=user.pk)
        sessions_ended.send(User, user=user)


def reset_second_factor(user: User, *, acting_user: User) -> bool:
    """For a lost phone: the password alone signs in, until the person sets it up again. False:
    there was none."""
    with transaction.atomic():
        removed, _ = Authenticator.objects.filter(user=user).delete()
        if removed:
            record("user.mfa_reset", actor=acting_user, target_type="user", target_id=user.pk)
    return bool(removed)
