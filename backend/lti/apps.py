"""The app of the learning platform."""

from __future__ import annotations

from django.apps import AppConfig


class LtiConfig(AppConfig):
    name = "backend.lti"
    label = "lti"
    verbose_name = "Learning platform"

    def ready(self) -> None:
        from backend.accounts.signals import newcomer_arrives
        from backend.assignments.signals import submissions_returned
        from backend.lti import arrivals, marks

        newcomer_arrives.connect(arrivals.welcome)
        submissions_returned.connect(marks.submissions_returned)
