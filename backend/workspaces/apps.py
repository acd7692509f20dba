"""The workspaces app."""

from __future__ import annotations

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "backend.workspaces"
    label = "workspaces"
    verbose_name = "Workspaces"

    def ready(self) -> None:
        from backend.accounts.signals import person_changed
        from backend.workspaces import deactivated, sign_in_hint  # noqa: F401  the second connects a receiver

        person_changed.connect(deactivated.person_changed)
