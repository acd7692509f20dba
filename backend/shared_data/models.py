"""Versions of a cohort's shared data, and uploads on their way to one. Files are on the disk."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from backend.cohorts.models import Cohort


class SharedVersion(models.Model):
    """One state of the folder; never changed. Its number is the name of its folder: v3."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="shared_versions")
    number = models.PositiveIntegerField()
    is_current = models.BooleanField(default=False)
    what = models.CharField(max_length=300)
    """What made it, words: 'added flights.csv'."""
    files_count = models.PositiveIntegerField()
    bytes_total = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("cohort", "number"), name="shared_version_once"),
            models.UniqueConstraint(
                fields=("cohort",), condition=models.Q(is_current=True), name="one_current_shared_version"
            ),
        )

    def __str__(self) -> str:
        return f"version {self.number} of {self.cohort.pk}"


class SharedUpload(models.Model):
    """A file that arrives in pieces, and then becomes a version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="shared_uploads")
    name = models.CharField(max_length=180)
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    keeps_others = models.BooleanField()
    """Whether what is in the folder stays, but for files of the same name."""
    failure = models.TextField(default="", blank=True)
    """Why it did not become a version, a sentence; empty: it may still."""
    touched_at = models.DateTimeField(default=timezone.now, db_index=True)
    next_try_at = models.DateTimeField(default=timezone.now)
    """Whoever takes it moves this ahead, as with a HandOut."""
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("touched_at",)

    def __str__(self) -> str:
        return f"{self.name} for {self.cohort.pk}"
