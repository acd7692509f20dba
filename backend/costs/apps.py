"""The costs app."""

from __future__ import annotations

from django.apps import AppConfig


class CostsConfig(AppConfig):
    name = "backend.costs"
    label = "costs"
    verbose_name = "Costs"
