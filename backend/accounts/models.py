"""Users (their login is the email address) and invitations (the only way to become one)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from backend.accounts.roles import KIND_OF_TRACK, ROLE_NAMES, Role, Track
from contract.names import WorkspaceKind

ROLE_CHOICES = [(role.value, ROLE_NAMES[role].capitalize()) for role in Role]
TRACK_CHOICES = [(Track.FSD.value, "Full-stack development"), (Track.DP.value, "Data professional")]


class UserQuerySet(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save a user. The address is stored folded (addresses.fold): people type it either way."""
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, **{"role": Role.ADMIN, **fields})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person. Only the role decides what they may do; there are no groups."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("email address", max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=16, choices=ROLE_CHOICES, default=Role.STUDENT)
    track = models.CharField(max_length=8, choices=TRACK_CHOICES, null=True, blank=True)
    is_active = models.BooleanField(default=True, help_text="Off: cannot sign in; workspaces and homes stay.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)
    """How often an admin has ended all sessions of this person."""

    objects = UserQuerySet()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:  # pyright: ignore[reportIncompatibleVariableOverride]
        ordering = ("email",)
        constraints = (
            models.CheckConstraint(name="user_email_lower_case", condition=Q(email=Lower("email"))),
            models.CheckConstraint(
                name="user_track_iff_student",
                condition=Q(role=Role.STUDENT, track__isnull=False) | (~Q(role=Role.STUDENT) & Q(track__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.name or self.email} ({self.role})"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django ends a session whose hash is not the person's: after a new password, and here
        when an admin has ended all of them."""
        own = super()._get_session_auth_hash(secret)  # pyright: ignore[reportAttributeAccessIssue]
        if not self.sessions_ended:
            return own
        text = f"{own} {self.sessions_ended}"
        return salted_hmac("apranova.sessions_ended", text, secret=secret, algorithm="sha256").hexdigest()

    @property
    def display_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    @property
    def kinds(self) -> list[WorkspaceKind]:
        """The kinds of workspace that this person may have, the usual one first."""
        return [KIND_OF_TRACK[Track(self.track)]] if self.role == Role.STUDENT else list(WorkspaceKind)

    @property
    def is_staff(self) -> bool:
        """Django's word for: may enter the admin."""
        return self.is_active and self.role == Role.ADMIN

    is_superuser = is_staff

    def has_perm(self, _permission: str, _object: object = None) -> bool:
        return self.is_staff

    def has_perms(self, _permissions: object, _object: object = None) -> bool:
        return self.is_staff

    def has_module_perms(self, _app: str) -> bool:
        return self.is_staff

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class Invitation(models.Model):
    """The right of one email address to sign up with a role, and the mail that tells of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key_digest = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField("email address", max_length=254)
    name = models.CharField(max_length=150, blank=True, default="", editable=False)
    """From the list that the person was on; they may change it when they sign up."""
    role = models.CharField(max_length=16, choices=ROLE_CHOICES, default=Role.STUDENT)
    track = models.CharField(max_length=8, choices=TRACK_CHOICES, null=True, blank=True)
    cohort = models.ForeignKey(
        "cohorts.Cohort", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    """Which the student joins by signing up."""
    join_link = models.ForeignKey(
        "cohorts.JoinLink", on_delete=models.CASCADE, null=True, blank=True, related_name="invitations", editable=False
    )
    """At which the person asked for it; signing up takes one of its places."""
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    mail_due_at = models.DateTimeField(null=True, editable=False)
    """When the link is to be mailed, or tried again. None: nothing is to be sent."""
    mailed_at = models.DateTimeField(null=True, editable=False)
    """When the mail server took it last."""
    mail_failures = models.PositiveIntegerField(default=0, editable=False)
    mail_problem = models.CharField(max_length=200, blank=True, default="", editable=False)
    url: str | None = None
    """The link to sign up with, in the answer to whoever invites."""

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                name="invitation_one_open_per_email",
                fields=("email",),
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
            ),
            models.CheckConstraint(
                name="invitation_track_iff_student",
                condition=Q(role=Role.STUDENT, track__isnull=False) | (~Q(role=Role.STUDENT) & Q(track__isnull=True)),
            ),
        )
        indexes = (
            models.Index(name="invitation_mail_due", fields=("mail_due_at",), condition=Q(mail_due_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and self.revoked_at is None and now < self.expires_at


class BounceMailbox(models.Model):
    """How far the mailbox was read to which mails come back. One row for each address of it."""

    address = models.CharField(max_length=400, primary_key=True)
    """User, host and folder."""
    uid_validity = models.PositiveBigIntegerField(default=0)
    """The server numbers its mails anew when this changes (RFC 3501, section 2.3.1.1)."""
    uid_next = models.PositiveBigIntegerField(default=0)
    """The first mail that was not read yet."""
    read_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True, default="")
    """Why it cannot be read; empty: it was read last time."""
    problem_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.address
