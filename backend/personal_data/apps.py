"""The personal data app."""

from __future__ import annotations

from django.apps import AppConfig


class PersonalDataConfig(AppConfig):
    name = "backend.personal_data"
    label = "personal_data"
    verbose_name = "Personal data"

    def ready(self) -> None:
        from backend.accounts.signals import person_changed
        from backend.personal_data import erasures

        person_changed.connect(erasures.refuse_changes, dispatch_uid="personal_data.refuse_changes")
