from __future__ import annotations

import enum

from django.core.management import call_command

from backend.workspaces import models


def test_a_further_kind_needs_no_migration(db, monkeypatch):
    class Kinds(enum.StrEnum):
        NOTEBOOK = "notebook"

        @property
        def label(self):
            return "A notebook"

    monkeypatch.setattr(models, "WorkspaceKind", Kinds)
    assert models.kind_choices() == [("notebook", "A notebook")]
    call_command("makemigrations", check=True, dry_run=True)
