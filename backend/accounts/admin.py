"""People and invitations in the admin. Every change goes through the services, which record it."""

from __future__ import annotations

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget

from backend.accounts import invitations, services
from backend.accounts.addresses import fold
from backend.accounts.authentication import signed_in_user
from backend.accounts.models import ROLE_CHOICES, TRACK_CHOICES, Invitation, User
from backend.accounts.roles import Role, Track
from backend.accounts.signup import checked
from backend.platform.admin_site import site
from backend.platform.names import clean_name
from backend.platform.problems import ProblemError


def _track(value: str | None) -> Track | None:
    return Track(value) if value else None


class UserForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name", "role", "track", "is_active")

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        return checked(clean_name, name) if name else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["track"] = cleaned.get("track") or None
        if (cleaned.get("role") == Role.STUDENT) != (cleaned["track"] is not None):
            raise ValidationError({"track": "A student needs a track; nobody else has one."})
        return cleaned


@admin.register(User, site=site)
class UserAdmin(ModelAdmin):
    form = UserForm
    list_display = ("email", "name", "role", "track", "is_active", "last_login")
    list_filter = ("role", "track", "is_active")
    search_fields = ("email", "name")
    readonly_fields = ("email", "mfa", "date_joined", "last_login")
    fields = ("email", "name", "role", "track", "is_active", "mfa", "date_joined", "last_login")

    actions = ("forget_provider",)

    @admin.action(description="Forget the account at the school's provider")
    def forget_provider(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for user in people:
            services.forget_provider(user, acting_user=signed_in_user(request))
        messages.success(request, "Their next sign-in at the provider finds them by their verified address.")

    @admin.display(description="Second factor", boolean=True)
    def mfa(self, user: User) -> bool:
        return is_mfa_enabled(user)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  by invitation only
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  their homes outlive them
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A change may be refused: of the last admin, and of somebody who is to be erased."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ProblemError as error:
            messages.error(request, f"{error.detail} {error.remedy or ''}".strip())
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002  Django's
        data = form.cleaned_data
        services.update_user(
            obj,
            name=data["name"],
            role=Role(data["role"]),
            track=_track(data["track"]),
            is_active=data["is_active"],
            acting_user=signed_in_user(request),
        )


class InvitationForm(forms.ModelForm):
    email = forms.EmailField(max_length=254, widget=UnfoldAdminEmailInputWidget)
    role = forms.ChoiceField(choices=ROLE_CHOICES, widget=UnfoldAdminSelectWidget)
    track = forms.ChoiceField(choices=[("", "—"), *TRACK_CHOICES], required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Invitation
        fields = ("email", "role", "track")

    def clean_email(self) -> str:
        return checked(fold, self.cleaned_data["email"])

    def clean_track(self) -> str | None:
        return self.cleaned_data["track"] or None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("email") and User.objects.filter(email=cleaned["email"]).exists():
            raise ValidationError({"email": "Somebody with this address already has an account."})
        if (cleaned.get("role") == Role.STUDENT) != bool(cleaned.get("track")):
            raise ValidationError({"track": "A student needs a track; nobody else has one."})
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # An earlier open invitation of the address is replaced, so a second one is no error here.
        return {*super()._get_validation_exclusions(), "email"}  # pyright: ignore[reportAttributeAccessIssue]


@admin.register(Invitation, site=site)
class InvitationAdmin(ModelAdmin):
    form = InvitationForm
    list_display = ("email", "role", "track", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_filter = ("role", "track")
    search_fields = ("email",)
    list_select_related = ("invited_by",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: ARG002  Django's
        data = form.cleaned_data
        try:
            new = invitations.invite(
                data["email"], Role(data["role"]), _track(data["track"]), acting_user=signed_in_user(request)
            )
        except ProblemError as error:
            raise ValidationError(error.detail) from error
        vars(obj).update(vars(new))
        messages.info(request, f"Invited. The link, shown only now: {new.url}")
