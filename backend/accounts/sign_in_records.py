"""What follows from what django-allauth does: audit records and known devices."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import Signal, receiver
from django.http import HttpRequest

from backend.accounts.models import User
from backend.accounts.sign_in_limits import remember_device
from backend.audit.record import record


def _record_own(action: str, user: User, **details: Any) -> None:
    record(action, actor=user, target_type="user", target_id=user.pk, **details)


@receiver(user_logged_in)
def _signed_in(user: User, request: HttpRequest | None = None, **_: Any) -> None:
    _record_own("user.signed_in", user)
    if request is not None:
        remember_device(request, user.email)


@receiver(user_logged_out)
def _signed_out(user: User | None, **_: Any) -> None:
    if user is not None:
        _record_own("user.signed_out", user)


@receiver(user_login_failed)
def _sign_in_failed(credentials: dict[str, Any], **_: Any) -> None:
    email = str(credentials.get("email") or credentials.get("username") or "")
    record("user.sign_in_failed", actor=None, target_type="user", target_id=email)


def _record_changes(signal: Signal, action: str) -> None:
    def receive(user: User, authenticator: Authenticator | None = None, **_: Any) -> None:
        _record_own(action, user, **({"type": str(authenticator.type)} if authenticator is not None else {}))

    signal.connect(receive, weak=False)


for _signal, _action in (
    (password_changed, "user.password_changed"),
    (password_reset, "user.password_reset"),
    (authenticator_added, "user.mfa_added"),
    (authenticator_removed, "user.mfa_removed"),
    (authenticator_reset, "user.mfa_renewed"),
):
    _record_changes(_signal, _action)
