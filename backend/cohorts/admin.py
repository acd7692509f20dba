"""Cohorts in the admin. Changes go through the services, which record them and tell the manager."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from pydantic import ValidationError as PydanticError
from unfold.admin import ModelAdmin

from backend.accounts.authentication import signed_in_user
from backend.accounts.models import User
from backend.accounts.roles import TEACHING, Track
from backend.cohorts import services
from backend.cohorts.access import get_cohort
from backend.cohorts.models import Cohort
from backend.cohorts.readings import coming_classes
from backend.cohorts.schemas import CreateCohortIn
from backend.platform.admin_site import site
from backend.platform.problems import ProblemError


class CohortForm(forms.ModelForm):
    instructors = forms.ModelMultipleChoiceField(
        queryset=User.objects.filter(role__in=TEACHING, is_active=True), required=False
    )

    class Meta:
        model = Cohort
        fields = ("name", "track", "time_zone", "active", "instructors")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                checked = CreateCohortIn(
                    name=cleaned["name"],
                    track=cleaned.get("track") or self.instance.track,
                    time_zone=cleaned["time_zone"],
                )
            except PydanticError as error:
                raise ValidationError([it["msg"] for it in error.errors()]) from None
            cleaned["name"] = checked.name
        return cleaned


@admin.register(Cohort, site=site)
class CohortAdmin(ModelAdmin):
    form = CohortForm
    list_display = ("name", "track", "time_zone", "active", "created_at")
    list_filter = ("track", "active")
    search_fields = ("name",)
    readonly_fields = ("students", "next_class")
    fields = ("name", "track", "time_zone", "active", "instructors", "students", "next_class")

    @admin.display(description="Students")
    def students(self, cohort: Cohort) -> int:
        return cohort.memberships.count()  # pyright: ignore[reportAttributeAccessIssue]

    @admin.display(description="Next class (UTC)")
    def next_class(self, cohort: Cohort) -> str:
        if cohort._state.adding:  # noqa: SLF001  Django's own word for: not saved yet
            return "—"
        found = next(iter(coming_classes(cohort)), None)
        return f"{found.starts_at:%Y-%m-%d %H:%M} {found.title}" if found else "none in the next 14 days"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return self.readonly_fields if obj is None else (*self.readonly_fields, "track")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  in the portal, with its confirmation
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        data, person = form.cleaned_data, signed_in_user(request)
        try:
            if change:
                before = get_cohort(person, obj.pk)
                values = {field: data[field] for field in ("name", "time_zone", "active")}
                services.change_cohort(before, values, acting_user=person)
                services.set_instructors(before, [it.pk for it in data["instructors"]], acting_user=person)
                return
            made = services.create_cohort(
                name=data["name"],
                track=Track(data["track"]),
                time_zone=data["time_zone"],
                instructors=data["instructors"],
                acting_user=person,
            )
            vars(obj).update(vars(made))
        except ProblemError as error:
            messages.error(request, error.detail)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: `save_model` has done it, with its record."""
