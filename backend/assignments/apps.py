"""The assignments app."""

from __future__ import annotations

from django.apps import AppConfig


class AssignmentsConfig(AppConfig):
    name = "backend.assignments"
    label = "assignments"
    verbose_name = "Assignments"
