"""Sessions: from a launch to the stop that ended it, one task each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from backend.cohorts.models import Cohort
from backend.workspaces.models import Workspace
from contract.names import LaunchPath, StopReason, WorkspaceSize


class Unit(models.TextChoices):
    HOURS = "hours", "Hours"
    DOLLARS = "dollars", "Dollars"

    def words(self, amount: float) -> str:
        """As "$12.50" or "8 hours"."""
        if self is Unit.DOLLARS:
            return f"${amount:,.2f}"
        hours = f"{amount:,.1f}".removesuffix(".0")
        return f"{hours} hour{'' if hours == '1' else 's'}"


class AtEnd(models.TextChoices):
    """What happens when a budget is used up."""

    WARN = "warn", "Warn only"
    NO_LAUNCHES = "no_launches", "No new launches"


class Budget(models.Model):
    """What a cohort may use in each calendar month."""

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, primary_key=True, related_name="budget")
    unit = models.CharField(max_length=8, choices=Unit.choices)
    amount = models.FloatField()
    """Of its unit."""
    at_end = models.CharField(max_length=16, choices=AtEnd.choices)
    told_near = models.DateField(null=True)
    """The month for which people were told that 80 % are used."""
    told_spent = models.DateField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(name="budget_of_something", condition=Q(amount__gt=0)),)

    def __str__(self) -> str:
        return f"{Unit(self.unit).words(self.amount)} a month"


class Session(models.Model):
    """One task's service to one workspace. Times are the manager's.

    The cohort is copied: hours stay with the cohort that the student was in at the time.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="sessions")
    started_at = models.DateTimeField(db_index=True)
    """When the launch was asked for: from then on the task serves nobody else."""
    running_at = models.DateTimeField(null=True)
    """When the student could work; None: not yet, or never."""
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=16, blank=True, choices=[(it.value, it.value) for it in StopReason])
    """Why it ended; empty while it goes on, and when nobody saw the end in time."""
    path = models.CharField(max_length=16, blank=True, choices=[(it.value, it.value) for it in LaunchPath])
    size = models.CharField(max_length=16, blank=True, choices=[(it.value, it.value) for it in WorkspaceSize])
    """Empty: of a release before sizes."""
    cohort_id = models.UUIDField(null=True, db_index=True)
    cohort_name = models.CharField(max_length=100, blank=True)
    seen_at = models.DateTimeField()
    """When the manager last said that it goes on: its end, should the manager lose its records."""

    class Meta:
        ordering = ("-started_at",)
        constraints = (
            models.UniqueConstraint(
                name="session_one_open_per_workspace", fields=("workspace",), condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="session_ends_after_its_start",
                condition=Q(ended_at=None) | Q(ended_at__gte=models.F("started_at")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.workspace} from {self.started_at:%Y-%m-%d %H:%M}"
