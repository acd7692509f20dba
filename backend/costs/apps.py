"""The costs app."""

from __future__ import annotations

from django.apps import AppConfig


class CostsConfig(AppConfig):
    name = "backend.costs"
    label = "costs"
    verbose_name = "Costs"

    def ready(self) -> None:
        from backend.costs import budgets, sessions
        from backend.workspaces.launch_rules import decided_by
        from backend.workspaces.signals import workspace_seen

        workspace_seen.connect(sessions.note)
        decided_by(budgets.refusal)
