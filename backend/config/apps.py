"""The project's own app: management commands, and the admin's pages of our apps on our own admin site."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "backend.config"
    label = "config"

    def ready(self) -> None:
        """Django's own discovery would bring along every vendor's pages; people here see the school's five."""
        for app in ("accounts", "cohorts", "workspaces", "audit"):
            import_module(f"backend.{app}.admin")
