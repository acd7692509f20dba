"""The app of shared data."""

from __future__ import annotations

from django.apps import AppConfig


class SharedDataConfig(AppConfig):
    name = "backend.shared_data"
    label = "shared_data"
    verbose_name = "Shared data"

    def ready(self) -> None:
        from backend.shared_data import access
        from backend.shared_data.services import shared_of
        from backend.workspaces.shared import decided_by

        decided_by(shared_of)
        access.listen()
