"""The backend's record of a workspace: who owns it. Only the manager knows its state."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from contract.names import WorkspaceKind

ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
ID_LENGTH = 10


def new_workspace_id() -> str:
    """50 random bits, as in WORKSPACE_ID_PATTERN: the id is also a host name's label."""
    return "ws-" + "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))


def kind_choices() -> list[tuple[str, str]]:
    """Asked for by name, so that a further kind changes no migration."""
    return [(kind.value, kind.label) for kind in WorkspaceKind]


class Workspace(models.Model):
    id = models.CharField(primary_key=True, max_length=13, default=new_workspace_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="workspaces")
    kind = models.CharField(max_length=16, choices=kind_choices)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)
    """Set: marked for deletion; the manager purges record and home at `purge_at`."""
    purge_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                name="workspace_one_live_per_owner_and_kind",
                fields=("owner", "kind"),
                condition=Q(deleted_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"
