"""The project's own app: management commands, and our apps' pages on our own admin site."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "backend.config"
    label = "config"

    def ready(self) -> None:
        """Import our admin pages only: Django's discovery would add those of every library."""
        for app in ("accounts", "cohorts", "workspaces", "audit"):
            import_module(f"backend.{app}.admin")
