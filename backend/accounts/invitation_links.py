"""The links of invitations.

A link's key is made from the invitation's id and the installation's secret, and only its digest is
stored: the link can be shown again, and a copy of the database alone opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

KEY_PATTERN = r"^[A-Za-z0-9_-]{20,64}$"


def key_of(invitation_id: UUID) -> str:
    made = salted_hmac("backend.accounts.invitations", str(invitation_id), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def link_of(invitation_id: UUID) -> str:
    """The address to sign up at, for whoever may invite the person."""
    return f"{settings.ENVIRONMENT.public_url}/signup?invitation={key_of(invitation_id)}"
