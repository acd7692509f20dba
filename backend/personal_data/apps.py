"""The personal data app."""

from __future__ import annotations

from django.apps import AppConfig


class PersonalDataConfig(AppConfig):
    name = "backend.personal_data"
    label = "personal_data"
    verbose_name = "Personal data"
