"""With whom the owner of a workspace shares a port, and until when. No row: with nobody."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from backend.workspaces.models import Workspace


class Audience(models.TextChoices):
    COHORT = "cohort", "My cohort"
    """Its students and instructors, whoever they are at the time of a visit."""
    SIGNED_IN = "signed_in", "Everybody at this school who is signed in"
    ANYONE = "anyone", "Anyone who has the link"


class Share(models.Model):
    """Never changed: another audience or end is another share, and visitors enter again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="shares")
    port = models.PositiveIntegerField()
    audience = models.CharField(max_length=16, choices=Audience.choices)
    created_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ("port",)
        constraints = (models.UniqueConstraint(fields=("workspace", "port"), name="share_one_per_port"),)

    def __str__(self) -> str:
        return f"port {self.port} of {self.workspace.pk} with {self.audience} until {self.ends_at:%Y-%m-%d %H:%M}"
