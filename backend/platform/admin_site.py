"""The admin's site: Unfold's looks, the portal's sign-in (with its second factor), admins only."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite


class AdminSite(UnfoldAdminSite):
    """No password is typed here: the portal signs people in, and also asks for TOTP."""

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return secure_admin_login(super().login)(request, extra_context)  # pyright: ignore[reportCallIssue]


site = AdminSite(name="admin")


class ReadOnlyAdmin(ModelAdmin):
    """Pages on which nothing can be changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
