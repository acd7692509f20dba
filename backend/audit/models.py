"""The audit table. Rows copy what they name: deleting a user must not touch a record."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Record(models.Model):
    """One thing that somebody did. PostgreSQL refuses to change or remove it (migration 0002)."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor_id = models.UUIDField(null=True, db_index=True)
    """None: nobody signed in (a failed sign-in, a command)."""
    actor = models.CharField(max_length=254, blank=True)
    """The actor's email address at that time."""
    action = models.CharField(max_length=64, db_index=True)
    """`<target>.<verb>`: 'workspace.stop', 'user.signed_in'."""
    target_type = models.CharField(max_length=32)
    target_id = models.CharField(max_length=254)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("target_type", "target_id"), name="audit_target"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor or 'nobody'} {self.action} {self.target_id}"
