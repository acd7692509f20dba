"""Assignments, their files, and which workspace has which version."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from backend.cohorts.models import Cohort
from backend.workspaces.models import Workspace

APP_START_MAX = 200


class Bundle(models.Model):
    """The files of one version, stored once whoever hands them out; never changed."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    content = models.BinaryField()
    """A zip that contract.hand_out_files accepts, at most PACKED_BYTES_MAX."""
    files_count = models.PositiveIntegerField()
    bytes_unpacked = models.PositiveIntegerField()
    app_start = models.CharField(max_length=APP_START_MAX, default="", blank=True)
    """How the app starts that the files declare (contract/declared_app.py), shortened. Empty: they
    declare none, or are no files that were handed out."""
    app_port = models.PositiveIntegerField(default=0)
    """Where it is shown beside the editor; 0: nowhere."""

    def __str__(self) -> str:
        return f"{self.files_count} files {self.sha256[:12]}"


class Assignment(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="assignments")
    title = models.CharField(max_length=100)
    folder = models.CharField(max_length=50)
    """Below ~/project; chosen once, because files lie there."""
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="assignments")
    version = models.PositiveIntegerField(default=1)
    """Grows with each change of the files."""
    releases_at = models.DateTimeField(db_index=True)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-releases_at", "-created_at")
        constraints = (models.UniqueConstraint(fields=("cohort", "folder"), name="assignment_folder_once"),)

    def __str__(self) -> str:
        return self.title


class Submission(models.Model):
    """What one student hands in for one assignment, and what comes back. Its files are copies of
    the folder in the home, each with a number."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="submissions")
    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="submissions")
    due_at = models.DateTimeField(null=True)
    """An extension; None: the assignment's (`due_with`)."""
    collected_for = models.DateTimeField(null=True)
    """The due time at which a copy was taken. Another due time asks for another copy."""
    asked_at = models.DateTimeField(null=True)
    """An instructor asked for a copy now; None: it is there, or nobody did."""
    failure = models.TextField(default="", blank=True)
    """Why the last try brought no copy, a sentence; empty: it did."""
    next_try_at = models.DateTimeField(db_index=True)
    """As with HandOut."""
    mark = models.CharField(max_length=20, default="", blank=True)
    comment = models.TextField(default="", blank=True)
    """Mark and comment as the instructors have them now; the student sees what was returned."""
    returned_at = models.DateTimeField(null=True)
    returned_mark = models.CharField(max_length=20, default="", blank=True)
    returned_comment = models.TextField(default="", blank=True)
    files = models.ForeignKey(Bundle, on_delete=models.PROTECT, null=True, related_name="submissions")
    """That come back with mark and comment, as the instructors have them now; None: none."""
    returned_files = models.ForeignKey(Bundle, on_delete=models.PROTECT, null=True, related_name="returned_with")
    returned_version = models.PositiveIntegerField(default=0)
    """Grows with each return of other files."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=("assignment", "student"), name="submission_once"),)

    def __str__(self) -> str:
        return f"{self.assignment} by {self.student.pk}"


def due_with(due_at: datetime | None, extension: datetime | None) -> datetime | None:
    """When a student has to be done. An extension that the due time has moved past gives no less
    time than the others have."""
    return due_at if due_at is None or extension is None else max(due_at, extension)


class Copy(models.Model):
    """The folder of one student as it was at one moment; never changed."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="copies")
    number = models.PositiveIntegerField()
    """1, 2, …"""
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="copies")
    starter = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="copies_of_starter")
    """What the assignment was then."""
    collected_at = models.DateTimeField()
    handed_in_at = models.DateTimeField()
    """Nothing changed after it: when a home at rest was stopped, otherwise `collected_at`."""
    left_out = models.JSONField(default=list)
    """What is in the folder and not in the copy, the first LEFT_OUT_MAX: [path, reason]."""
    left_out_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("submission", "number"), name="copy_number_once"),)

    def __str__(self) -> str:
        return f"{self.submission}, copy {self.number}"


class Check(models.Model):
    """A command that is run on what students hand in, in a sandbox of its own."""

    assignment = models.OneToOneField(Assignment, on_delete=models.CASCADE, related_name="check_of_work")
    version = models.PositiveIntegerField(default=1)
    """Grows with each change: what was found before is found again."""
    command = models.TextField()
    time_limit_s = models.PositiveIntegerField()
    expected = models.TextField(default="", blank=True)
    """What the command has to write; empty: anything. It never comes into a sandbox."""
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, null=True, related_name="checks")
    """Files that lie over the student's while it runs."""
    students_see = models.CharField(max_length=10)
    """nothing | result | output: whether they may run it themselves, and what comes back."""

    def __str__(self) -> str:
        return f"the check of {self.assignment}"


class CheckRun(models.Model):
    """One run of a check. It is over when it has `finished_at`."""

    check_of_work = models.ForeignKey(Check, on_delete=models.CASCADE, related_name="runs")
    version = models.PositiveIntegerField()
    """The check's, when it was asked for."""
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="check_runs")
    copy = models.ForeignKey(Copy, on_delete=models.CASCADE, null=True, related_name="check_runs")
    """None: the student asked, and the folder is read for it and not kept."""
    asked_at = models.DateTimeField()
    next_try_at = models.DateTimeField(db_index=True)
    """As with HandOut."""
    finished_at = models.DateTimeField(null=True)
    passed = models.BooleanField(default=False)
    exit_code = models.IntegerField(default=0)
    timed_out = models.BooleanField(default=False)
    out_of_memory = models.BooleanField(default=False)
    seconds = models.FloatField(default=0.0)
    output = models.TextField(default="", blank=True)
    output_cut = models.BooleanField(default=False)
    failure = models.TextField(default="", blank=True)
    """Why it did not run at all, a sentence."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("copy",), name="check_run_of_copy_once"),
            models.UniqueConstraint(
                fields=("submission",), condition=models.Q(copy__isnull=True), name="own_check_run_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.check_of_work} on {self.submission.pk}"


class Delivery(models.Model):
    """Files on their way into one workspace's home."""

    version = models.PositiveIntegerField(default=0)
    """Which one the home has; 0: none."""
    handed_out_at = models.DateTimeField(null=True)
    beside = models.JSONField(default=list)
    """Files of that version that found their place taken: [path, new path, changed by student]."""
    beside_count = models.PositiveIntegerField(default=0)
    failure = models.TextField(default="", blank=True)
    """Why the last try failed, a sentence; empty: it did not."""
    next_try_at = models.DateTimeField(db_index=True)
    """Whoever takes it moves this ahead: no transaction stays open while the manager is asked."""

    class Meta:
        abstract = True


class HandOut(Delivery):
    """One assignment for one workspace. It is handed out when `version` is the assignment's."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="hand_outs")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="hand_outs")

    class Meta(Delivery.Meta):
        constraints = (models.UniqueConstraint(fields=("assignment", "workspace"), name="hand_out_once"),)

    def __str__(self) -> str:
        return f"{self.assignment} for {self.workspace.pk}"


class Starter(models.Model):
    """The files that a new home of a cohort begins with."""

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, related_name="starter")
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="starters")
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"the starter of {self.cohort}"


class StarterDelivery(Delivery):
    """Whether a workspace has had its chance of a starter: then `version` is 1, and with
    `handed_out_at` the home was new and has it. Another starter later changes nothing."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, related_name="starter_delivery")

    def __str__(self) -> str:
        return f"the starter for {self.workspace.pk}"


class FilesReturn(Delivery):
    """The files of one submission for one workspace of its student. They are there when `version`
    is the submission's `returned_version`."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="files_returns")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="files_returns")

    class Meta(Delivery.Meta):
        constraints = (models.UniqueConstraint(fields=("submission", "workspace"), name="files_return_once"),)

    def __str__(self) -> str:
        return f"the files of {self.submission} for {self.workspace.pk}"
