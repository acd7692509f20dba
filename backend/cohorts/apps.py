"""The cohorts app."""

from __future__ import annotations

from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "backend.cohorts"
    label = "cohorts"
    verbose_name = "Cohorts"

    def ready(self) -> None:
        from backend.accounts.signals import invitation_accepted, newcomer_arrives, person_changed
        from backend.cohorts import invitations, members, newcomers, outbox, sizes, visit_endings
        from backend.workspaces.signals import workspaces_changed
        from backend.workspaces.sizes import Rules, decided_by

        person_changed.connect(members.follow_person)
        invitation_accepted.connect(invitations.join_invited)
        newcomer_arrives.connect(newcomers.welcome)
        workspaces_changed.connect(outbox.workspaces_changed)
        visit_endings.listen()
        decided_by(Rules(sizes.size_of, sizes.choice_of, sizes.choose))
