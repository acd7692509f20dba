"""Workspaces in the admin, with the manager's view of them. Only the API changes them."""

from __future__ import annotations

import contextlib
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join

from backend.accounts.models import User
from backend.platform.admin_site import ReadOnlyAdmin, site
from backend.workspaces.manager_client import manager_client
from backend.workspaces.models import Workspace
from backend.workspaces.services import stop, view_of
from contract.errors import ApraNovaError


@admin.register(Workspace, site=site)
class WorkspaceAdmin(ReadOnlyAdmin):
    list_display = ("name", "id", "owner", "kind", "created_at", "deleted_at")
    list_filter = ("kind",)
    search_fields = ("id", "name", "owner__email", "owner__name")
    list_select_related = ("owner",)
    list_per_page = 50
    readonly_fields = ("state_now",)
    actions = ("save_and_stop",)

    @admin.action(description="Save and stop")
    def save_and_stop(self, request: HttpRequest, queryset: QuerySet[Workspace]) -> None:
        for workspace in queryset.select_related("owner"):
            try:
                stop(workspace, acting_user=cast("User", request.user))
                self.message_user(request, f"{workspace.name}: is being saved and stopped.")
            except ApraNovaError as error:
                self.message_user(request, f"{workspace.name}: {error.message}", messages.ERROR)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """An admin who looks at workspaces learns that the disk is nearly full."""
        with contextlib.suppress(ApraNovaError):  # the list itself needs no manager
            disk = manager_client().describe(()).disk
            if disk is not None and disk.nearly_full and request.method == "GET":
                self.message_user(request, disk.text, messages.WARNING)
        return super().changelist_view(request, extra_context)

    @admin.display(description="State now")
    def state_now(self, workspace: Workspace) -> str:
        try:
            view = view_of(workspace)
        except ApraNovaError as error:
            return error.message
        steps = format_html_join("", "<li>{}</li>", ((step.text,) for step in view.steps))
        failure = format_html("<p>{}</p>", view.failure) if view.failure else ""
        use = view.home_use
        home = (
            format_html("<p>Home: {} MB in {} files. {}</p>", use.used_bytes // 10**6, use.used_files, use.text)
            if use
            else ""
        )
        return format_html("<p>{}</p>{}{}<ol>{}</ol>", view.state.value, failure, home, steps)
