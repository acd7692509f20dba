"""django-allauth's hooks: sign-up by invitation, encrypted MFA secrets, how people are called."""

from __future__ import annotations

import contextvars
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from backend.accounts import invitations, sign_in_limits
from backend.accounts.addresses import fold
from backend.accounts.models import Invitation, User
from backend.accounts.school_sign_in import NO_PASSWORDS, may_use_password
from backend.accounts.signup import checked
from backend.platform.problems import ProblemError

logger = logging.getLogger(__name__)
_mailer = ThreadPoolExecutor(2, thread_name_prefix="mail")


def display_name(user: User) -> str:
    return user.display_name


class AccountAdapter(DefaultAccountAdapter):
    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Save the invited person with the invitation's role, and mark the invitation as used."""
        invitation: Invitation = form.cleaned_data["invitation"]
        user.name = form.cleaned_data["name"]
        user.role = invitation.role
        user.track = invitation.track
        with transaction.atomic():
            if not invitations.lock_open(invitation):
                # The form was valid a moment ago: somebody else has just used the same invitation.
                late = ValidationError(invitations.NOT_VALID, code="invitation")
                raise ImmediateHttpResponse(ErrorResponse(request, exception=late))
            super().save_user(request, user, form, commit)
            try:
                invitations.accept(invitation, user)
            except ProblemError as problem:  # its join link has no place left
                refused = ValidationError(problem.detail, code="invitation")
                raise ImmediateHttpResponse(ErrorResponse(request, exception=refused)) from None
        self.stash_verified_email(request, invitation.email)
        return user

    def clean_email(self, email: str) -> str:
        return checked(fold, email)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        if not may_use_password(credentials.get("email", "")):
            raise ValidationError(NO_PASSWORDS, code="passwords_off")
        tries = sign_in_limits.count_try(request, credentials.get("email", ""), self.get_client_ip(request))
        if tries is None:
            raise self.validation_error("too_many_login_attempts")
        self._login_failed_rl_usage = tries  # allauth rolls it back after a success

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of somebody who has no means: no password that may be used, and no second factor."""
        user = self.request.user if self.request else None
        if isinstance(user, User) and not may_use_password(user.email) and not is_mfa_enabled(user):
            return False
        return super().is_reauthentication_required(app=app, **kwargs)

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Django may have stored the password anew, and would end the session for it."""
        proved = super().reauthenticate(user, password)
        if proved and self.request is not None:
            user.refresh_from_db(fields=["password"])
            self.request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        return proved

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        sign_in_limits.forget_failures(credentials["email"], self.get_client_ip(request))

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:  # noqa: ARG002  allauth
        """Send it in the background: the time that a mail takes would tell of an account."""

        def send() -> None:
            try:
                self.send_mail("account/email/password_reset_key", email, context)
            except Exception:
                logger.exception("a mail to reset a password could not be sent")

        _mailer.submit(contextvars.copy_context().run, send)


class MFAAdapter(DefaultMFAAdapter):
    """Encrypts TOTP secrets and recovery seeds: a copy of the database alone signs nobody in."""

    def encrypt(self, text: str) -> str:
        return Fernet(settings.MFA_ENCRYPTION_KEY).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return Fernet(settings.MFA_ENCRYPTION_KEY).decrypt(encrypted_text.encode()).decode()
