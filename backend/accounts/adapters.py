"""django-allauth's hooks: sign-up by invitation, encrypted MFA secrets, how people are called."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from backend.accounts import invitations
from backend.accounts.models import Invitation, User


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
            invitations.accept(invitation, user)
        self.stash_verified_email(request, invitation.email)
        return user


class MFAAdapter(DefaultMFAAdapter):
    """Encrypts TOTP secrets and recovery seeds: a copy of the database alone signs nobody in."""

    def encrypt(self, text: str) -> str:
        return Fernet(settings.MFA_ENCRYPTION_KEY).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return Fernet(settings.MFA_ENCRYPTION_KEY).decrypt(encrypted_text.encode()).decode()
