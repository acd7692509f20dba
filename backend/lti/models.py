"""Courses of the learning platform, who came from them, and the keys with which we sign."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from backend.assignments.models import Assignment, Submission
from backend.cohorts.models import Cohort

ID_LENGTH_MAX = 255
"""Of what the platform calls people, courses and deployments (LTI 1.3, 5.3)."""
TITLE_LENGTH_MAX = 200


class SigningKey(models.Model):
    """An RSA key of ours. The platform reads the public half at our JWKS address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    private_key = models.TextField()
    """PEM, encrypted: a copy of the database alone signs nothing."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"key {self.pk}"


class CourseRole(models.TextChoices):
    """What somebody is in one course. Roles in the whole platform count for nothing here."""

    LEARNER = "learner", "Learner"
    INSTRUCTOR = "instructor", "Instructor"
    ASSISTANT = "assistant", "Teaching assistant"
    NONE = "none", "None of these"


class Course(models.Model):
    """A course (LTI's *context*) from which an instructor has opened ApraNova."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issuer = models.CharField(max_length=ID_LENGTH_MAX)
    deployment_id = models.CharField(max_length=ID_LENGTH_MAX)
    context_id = models.CharField(max_length=ID_LENGTH_MAX)
    title = models.CharField(max_length=TITLE_LENGTH_MAX, blank=True, default="")
    cohort = models.OneToOneField(Cohort, on_delete=models.SET_NULL, null=True, related_name="course")
    """None: nobody has connected it yet."""
    connected_at = models.DateTimeField(null=True)
    memberships_url = models.TextField(blank=True, default="")
    """Where its list of people is; empty: the platform does not share it."""
    lineitems_url = models.TextField(blank=True, default="")
    """Where its gradebook is; empty: the platform does not share it."""
    roster_at = models.DateTimeField(null=True)
    """When its list of people was imported last."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("issuer", "deployment_id", "context_id"), name="lti_course_once"),
        )

    def __str__(self) -> str:
        return self.title or self.context_id


class CourseMember(models.Model):
    """Somebody with an account who has opened ApraNova from the course."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=ID_LENGTH_MAX)
    """What the platform calls the person: marks are sent under it."""
    role = models.CharField(max_length=16, choices=CourseRole.choices)
    """At the last launch."""
    launched_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("course", "user"), name="lti_course_member_once"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.course}"


class LineItem(models.Model):
    """The column of an assignment in the course's gradebook."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="line_items")
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="+")
    url = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("course", "assignment"), name="lti_line_item_once"),)

    def __str__(self) -> str:
        return f"{self.assignment} in {self.course}"


class MarkState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    """It is sent, or tried again, at `due_at`."""
    ABSENT = "absent", "Absent"
    """The student has not come from the course yet; it is sent when they do."""
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    """The same would fail again; `problem` says what to do."""


class SentMark(models.Model):
    """A returned mark on its way to the course's gradebook."""

    submission = models.OneToOneField(Submission, on_delete=models.CASCADE, primary_key=True, related_name="+")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="marks")
    state = models.CharField(max_length=8, choices=MarkState.choices, default=MarkState.WAITING)
    due_at = models.DateTimeField(db_index=True)
    """Whoever takes it moves this ahead: no transaction stays open while the platform is asked."""
    failures = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True, default="")
    """Why the last try failed, a sentence; empty: it did not."""

    def __str__(self) -> str:
        return f"{self.submission} to {self.course}: {self.state}"
