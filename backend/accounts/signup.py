"""The extra fields of the sign-up: a name, and the invitation that opens it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest

from backend.accounts import invitations
from backend.accounts.models import Invitation, User


class InvitedSignupForm(forms.Form):
    """The base of allauth's sign-up. `cleaned_data["invitation"]` is the open `Invitation`."""

    name = forms.CharField(max_length=150)
    invitation = forms.CharField(max_length=64)

    def clean_invitation(self) -> Invitation:
        found = invitations.find_open(self.cleaned_data["invitation"])
        if found is None:
            raise forms.ValidationError(invitations.NOT_VALID, code="invitation")
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        invitation, email = cleaned.get("invitation"), cleaned.get("email")
        if invitation is not None and email and invitation.email != email.lower():
            self.add_error("email", forms.ValidationError("The invitation is for another address.", code="invitation"))
        elif invitation is not None and email and User.objects.filter(email=email.lower()).exists():
            # Only somebody invited at this very address gets here, so this reveals nothing.
            self.add_error("email", forms.ValidationError("You already have an account: sign in.", code="email_taken"))
        return cleaned

    def signup(self, request: HttpRequest, user: User) -> None:
        """django-allauth wants it; the adapter has done everything while it saved the user."""
