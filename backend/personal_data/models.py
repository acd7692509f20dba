"""Copies of a person's data, until they end, and erasures: asked for, going on, done."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class Export(models.Model):
    """A copy of what the school has of a person, as a zip. There is at most one of each person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="export")
    asked_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now, db_index=True)
    """Whoever makes it moves this ahead, so that nobody else does meanwhile."""
    attempt = models.UUIDField(null=True)
    """Of whoever makes it now. Pieces of another attempt are worth nothing."""
    failures = models.PositiveIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True, db_index=True)
    """When the copy is removed again; None: it is not ready."""
    size_bytes = models.BigIntegerField(default=0)
    files = models.PositiveIntegerField(default=0)
    """Of homes."""
    left_out = models.PositiveIntegerField(default=0)
    """Files and folders of homes that are named in the zip and not in it."""

    def __str__(self) -> str:
        return f"the data of {self.person}"


class ExportPiece(models.Model):
    """A part of the zip. It lies in the database because a copy may be made by one process and
    downloaded from another, on another machine."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="pieces")
    attempt = models.UUIDField()
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("export", "attempt", "number"), name="export_piece_once"),)

    def __str__(self) -> str:
        return f"piece {self.number} of {self.export}"


class Erasure(models.Model):
    """A person is to be erased at `due_at`. The row stays: it says what their account was called
    since, and that nothing brings it back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="erasure")
    pseudonym = models.CharField(max_length=16, unique=True)
    """Hexadecimal, of chance: it says nothing about the person."""
    was_active = models.BooleanField()
    """What taking it back brings back."""
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(db_index=True)
    begun_at = models.DateTimeField(null=True)
    """From then on nobody takes it back."""
    finished_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField()
    """Whoever works on it moves this ahead."""
    problem = models.TextField(default="", blank=True)
    """Why the last try did not finish, a sentence; empty: it goes on."""

    def __str__(self) -> str:
        return f"erasure {self.pseudonym}"
