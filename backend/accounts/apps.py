"""The accounts app."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "backend.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from backend.accounts import sign_in_records  # noqa: F401  connects receivers; needs the models
