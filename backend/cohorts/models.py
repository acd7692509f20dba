"""Cohorts, their members and timetables, and what the manager must still hear about them."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from backend.accounts.models import TRACK_CHOICES
from backend.accounts.roles import KIND_OF_TRACK, Track
from backend.workspaces.models import Workspace
from contract.names import WorkspaceKind, WorkspaceSize

MESSAGE_MAX = 400
"""Characters: what fits a notice of VS Code."""


def size_choices() -> list[tuple[str, str]]:
    return [(size.value, size.label) for size in WorkspaceSize]


class Cohort(models.Model):
    """Students of one track who learn together. The track decides the kind and never changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    track = models.CharField(max_length=8, choices=TRACK_CHOICES)
    time_zone = models.CharField(max_length=64)
    """IANA name. Class times without a zone of their own are meant in it."""
    active = models.BooleanField(default=True)
    """Off: the term is over; nothing is started ahead for it any more."""
    size = models.CharField(max_length=16, choices=size_choices, null=True, blank=True)
    """Of its students' workspaces, from their next launch on; null: the school's default."""
    choice_up_to = models.CharField(max_length=16, choices=size_choices, null=True, blank=True)
    """The largest size that its students may choose for themselves; null: they choose none."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    instructors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="taught_cohorts", blank=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="cohort_name_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> WorkspaceKind:
        """What its students work with."""
        return KIND_OF_TRACK[Track(self.track)]


class Membership(models.Model):
    """A student's place in a cohort. The student is the key: nobody is in two cohorts."""

    student = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="membership"
    )
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField(default=timezone.now)
    size = models.CharField(max_length=16, choices=size_choices, null=True, blank=True)
    """The student's own choice, which counts where the cohort allows it; null: the cohort's."""

    def __str__(self) -> str:
        return f"{self.student} in {self.cohort}"


class HelpCall(models.Model):
    """A student who has asked for help. Whoever helped lowers it, or the student."""

    student = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="help_call"
    )
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.student} asks for help"


class VisitMode(models.TextChoices):
    JOIN = "join", "Join"
    """In the editor: both type."""
    LOOK = "look", "Look"
    """At the files, in the portal: nothing can be changed."""


class VisitReason(models.TextChoices):
    """Why it is allowed."""

    CALL = "call", "The student asked for help"
    CLASS = "class", "A class meets, and the school allows it then"
    SCHOOL = "school", "The school always allows it"


class HelpVisit(models.Model):
    """An instructor may be in a student's workspace. When the visit ends, the row goes; the audit
    log keeps from when to when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    visitor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="help_visits")
    mode = models.CharField(max_length=8, choices=VisitMode.choices)
    because = models.CharField(max_length=8, choices=VisitReason.choices)
    launch = models.CharField(max_length=64)
    """Digest of the launch's secret: a visit is for one launch of the workspace."""
    began_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ("began_at", "id")
        constraints = (models.UniqueConstraint(fields=("visitor", "workspace", "mode"), name="help_visit_once"),)

    def __str__(self) -> str:
        return f"{self.visitor} in {self.workspace.pk} until {self.ends_at:%Y-%m-%d %H:%M}"


class Message(models.Model):
    """What an instructor wrote to a student, until the student has read it: then the row goes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages")
    sender = models.CharField(max_length=254)
    """The name as it was."""
    text = models.CharField(max_length=MESSAGE_MAX)
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-sent_at", "-id")

    def __str__(self) -> str:
        return f"{self.sender} to {self.student}"


class Announcement(models.Model):
    """What an admin tells everybody, or one cohort, until its end."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, null=True, related_name="announcements")
    """None: for everybody."""
    text = models.CharField(max_length=MESSAGE_MAX)
    sender = models.CharField(max_length=254)
    """The name as it was."""
    begins_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ("-begins_at", "-id")

    def __str__(self) -> str:
        return f"to {self.cohort or 'everybody'} until {self.ends_at:%Y-%m-%d %H:%M}"


class JoinLink(models.Model):
    """A link by which students join a cohort themselves, with an end and a number of places."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="join_links")
    key_digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    """When somebody ended it before its time."""
    places = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    domains = models.JSONField(default=list)
    """Of the e-mail addresses that may join, folded; empty: any."""

    class Meta:
        constraints = (
            models.CheckConstraint(name="join_link_places", condition=models.Q(taken__lte=models.F("places"))),
        )

    def __str__(self) -> str:
        return f"a join link of {self.cohort}"


class Timetable(models.Model):
    """A cohort's uploaded calendar, and the classes that were read from it for the days to come."""

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, primary_key=True, related_name="timetable")
    file_name = models.CharField(max_length=200)
    content = models.TextField()
    """iCalendar, as uploaded. It is read again every day, because the next 14 days change."""
    classes = models.JSONField(default=list)
    """[{starts_at, ends_at, title}], ISO 8601 in UTC, in order; those that end after `read_at`."""
    notes = models.JSONField(default=list)
    """Sentences on what was left out."""
    read_at = models.DateTimeField()
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.file_name} of {self.cohort}"


class Feed(models.Model):
    """The address of a calendar that a cohort's timetable follows. Without one, it was uploaded.

    The timetable keeps the last good version when the feed breaks.
    """

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, primary_key=True, related_name="feed")
    address = models.TextField()
    """Who knows it can read the calendar, so it is neither shown nor logged; its host is."""
    etag = models.TextField(default="", blank=True)
    modified = models.TextField(default="", blank=True)
    """The server's Last-Modified, as it wrote it."""
    due_at = models.DateTimeField(db_index=True)
    read_at = models.DateTimeField()
    """When it was last read without a problem, whether or not it had changed."""
    changed_at = models.DateTimeField(null=True)
    changes = models.JSONField(default=list)
    """What was different then: [{before, after}], of which each is null or a class."""
    changes_count = models.PositiveIntegerField(default=0)
    broken_since = models.DateTimeField(null=True)
    problem = models.TextField(default="", blank=True)
    """Sentences for the teacher; empty: none."""

    def __str__(self) -> str:
        return f"the feed of {self.cohort}"

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or ""


class OutboxEntry(models.Model):
    """The manager must hear about a cohort at `due_at`: at once after a change, and every day.

    There is no foreign key: an entry outlives its cohort, because the manager hears of deletions,
    too.
    """

    cohort_id = models.UUIDField(primary_key=True)
    due_at = models.DateTimeField(db_index=True)
    change = models.UUIDField(default=uuid.uuid4)
    """New at each change: a process that sent an older state sees that it must send again."""
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "cohorts_delivery"  # the name under which it was first released

    def __str__(self) -> str:
        return f"{self.cohort_id} at {self.due_at:%Y-%m-%d %H:%M:%S}"
