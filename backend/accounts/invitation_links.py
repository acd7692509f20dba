"""The links of invitations."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from backend.platform import link_keys


def key_of(invitation_id: UUID) -> str:
    return link_keys.key_of("backend.accounts.invitations", invitation_id)


def link_of(invitation_id: UUID) -> str:
    """The address to sign up at, for whoever may invite the person."""
    return f"{settings.ENVIRONMENT.public_url}/signup?invitation={key_of(invitation_id)}"
