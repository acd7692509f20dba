"""What the API says about a person's data."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Schema


class ExportOut(Schema):
    id: UUID
    asked_at: datetime
    ready_at: datetime | None
    """Null: it is being made."""
    ends_at: datetime | None
    """When it is removed again."""
    size_bytes: int
    files: int
    """Of homes."""
    left_out: int
    """Files and folders of homes that are not in it; the zip names them."""
    failures: int
    """How often it could not be made; it is tried again."""


class PersonalDataOut(Schema):
    export: ExportOut | None
    """The newest copy; null: there is none."""
