"""What the API says about people and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.conf import settings
from ninja import Schema
from pydantic import AfterValidator, Field

from backend.accounts.addresses import fold
from backend.accounts.models import Invitation
from backend.accounts.roles import Role, Track
from contract.names import WorkspaceKind

EmailAddress = Annotated[str, Field(max_length=254, json_schema_extra={"format": "email"}), AfterValidator(fold)]


class SchoolOut(Schema):
    name: str
    isolated: bool
    """False: workspaces run without isolation from each other and from this machine."""
    warnings: list[str]


class MeOut(Schema):
    id: UUID
    email: str
    name: str
    role: Role
    track: Track | None
    kinds: list[WorkspaceKind]
    """Kinds of workspaces that this person may have."""
    mfa_enabled: bool
    uses_password: bool
    """False: the person signs in by the school's provider alone."""
    school: SchoolOut


class ProviderOut(Schema):
    id: str
    name: str
    """What the button says."""


class SignInOut(Schema):
    """How people sign in at this school."""

    school: str
    providers: list[ProviderOut]
    passwords: bool
    """False: only the provider's button is shown; one admin may still use a password."""
    platform: str | None
    """The school's learning platform, from whose courses people come, too; null: none."""


class SignInIn(Schema):
    next: Annotated[str, Field(max_length=500, pattern="^/")] = "/dashboard"
    """The page of the portal to open afterwards."""


class SignInStartOut(Schema):
    url: str
    """Of the provider, for the browser to open."""


class InvitationIn(Schema):
    email: EmailAddress
    role: Role = Role.STUDENT
    track: Track | None = None
    """Needed for students, and only for them."""
    cohort_id: UUID | None = None
    """Which the student joins by signing up: one of yours, of their track."""


class OpenInvitationOut(Schema):
    """What somebody who has the link may see before they sign up."""

    email: str
    name: str
    """As the school has it; empty when it does not know."""
    role: Role
    track: Track | None
    cohort: str | None
    school: str
    expires_at: datetime

    @staticmethod
    def resolve_cohort(invitation: Invitation) -> str | None:
        return invitation.cohort.name if invitation.cohort else None

    @staticmethod
    def resolve_school(_invitation: Invitation) -> str:
        return settings.ENVIRONMENT.school_name


class InvitationOut(Schema):
    id: UUID
    email: str
    role: Role
    track: Track | None
    cohort: str | None
    """The cohort's name."""
    invited_by: str = Field(validation_alias="invited_by.display_name")
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    url: str | None
    """The link to sign up with, in the answer that creates it."""

    @staticmethod
    def resolve_cohort(invitation: Invitation) -> str | None:
        return invitation.cohort.name if invitation.cohort else None


class InvitationListOut(Schema):
    items: list[InvitationOut]
