"""The sharing app."""

from __future__ import annotations

from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "backend.sharing"
    label = "sharing"
    verbose_name = "Sharing"

    def ready(self) -> None:
        from backend.sharing import endings

        endings.listen()
