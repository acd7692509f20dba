"""Workspaces in the admin, with the manager's view of them. Only the API changes them."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html, format_html_join

from backend.platform.admin_site import ReadOnlyAdmin, site
from backend.workspaces.models import Workspace
from backend.workspaces.services import view_of
from contract.errors import ApraNovaError


@admin.register(Workspace, site=site)
class WorkspaceAdmin(ReadOnlyAdmin):
    list_display = ("name", "id", "owner", "kind", "created_at", "deleted_at")
    list_filter = ("kind",)
    search_fields = ("id", "name", "owner__email", "owner__name")
    list_select_related = ("owner",)
    list_per_page = 50
    readonly_fields = ("state_now",)

    @admin.display(description="State now")
    def state_now(self, workspace: Workspace) -> str:
        try:
            view = view_of(workspace)
        except ApraNovaError as error:
            return error.message
        steps = format_html_join("", "<li>{}</li>", ((step.text,) for step in view.steps))
        failure = format_html("<p>{}</p>", view.failure) if view.failure else ""
        return format_html("<p>{}</p>{}<ol>{}</ol>", view.state.value, failure, steps)
