"""The secret part of a link that people hand on: of an invitation, of a join link.

A key is made from its row's id and the installation's secret, and only its digest is stored: the
link can be shown again, and a copy of the database alone opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
from uuid import UUID

from django.utils.crypto import salted_hmac

KEY_PATTERN = r"^[A-Za-z0-9_-]{20,64}$"


def key_of(purpose: str, row_id: UUID) -> str:
    made = salted_hmac(purpose, str(row_id), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
