"""The extra fields of the sign-up: a name, and the invitation that opens it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest

from backend.accounts import invitations
from backend.accounts.models import Invitation, User
from backend.accounts.school_sign_in import NO_PASSWORDS, may_use_password
from backend.platform.names import clean_name


def checked(clean: Callable[[str], str], value: str) -> str:
    """For forms: what the function makes of the value, or its complaint as a form's error."""
    try:
        return clean(value)
    except ValueError as problem:
        words = str(problem)
        raise forms.ValidationError(f"{words[0].upper()}{words[1:]}.", code="invalid") from None


class InvitedSignupForm(forms.Form):
    """The base of allauth's sign-up. `cleaned_data["invitation"]` is the open `Invitation`."""

    name = forms.CharField(max_length=150)
    invitation = forms.CharField(max_length=64)

    def clean_name(self) -> str:
        return checked(clean_name, self.cleaned_data["name"])

    def clean_invitation(self) -> Invitation:
        found = invitations.find_open(self.cleaned_data["invitation"])
        if found is None:
            raise forms.ValidationError(invitations.NOT_VALID, code="invitation")
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        invitation, email = cleaned.get("invitation"), cleaned.get("email")
        if invitation is not None and email and invitation.email != email:
            self.add_error("email", forms.ValidationError("The invitation is for another address.", code="invitation"))
        elif email and not may_use_password(email):
            self.add_error("password", forms.ValidationError(NO_PASSWORDS, code="passwords_off"))
        elif invitation is not None and email and User.objects.filter(email=email).exists():
            # Only somebody invited at this very address gets here, so this reveals nothing.
            self.add_error("email", forms.ValidationError("You already have an account: sign in.", code="email_taken"))
        return cleaned

    def signup(self, request: HttpRequest, user: User) -> None:
        """django-allauth wants it; the adapter has done everything while it saved the user."""
