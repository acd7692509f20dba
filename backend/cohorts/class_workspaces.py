"""Start or stop the workspaces of a whole class: before it begins, and when it is over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.cohorts.models import Cohort
from backend.workspaces import services
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError, Reason, shown
from contract.names import WorkspaceState

log = logging.getLogger(__name__)
T = TypeVar("T")
UP = {WorkspaceState.STARTING, WorkspaceState.RUNNING}


@dataclass(frozen=True)
class Outcome:
    changed: int = 0
    """Workspaces that are being started or stopped now."""
    failed: int = 0
    failure: str = ""
    """Why, of the first one."""


def start(cohort: Cohort, *, acting_user: User) -> Outcome:
    """Launch the workspace of each active student, where it is not up already. Who has deleted
    theirs may still undo that, and gets no new one in its place."""
    up = {workspace.owner.pk for workspace in _up(cohort)}
    there = set(of_class(cohort).values_list("owner_id", flat=True))
    deleted = Workspace.objects.filter(kind=cohort.kind.value, purge_at__gt=timezone.now())
    left_alone = up | (set(deleted.values_list("owner_id", flat=True)) - there)
    students = User.objects.filter(membership__cohort=cohort, is_active=True).order_by("name", "email")
    return each(
        [student for student in students if student.pk not in left_alone],
        lambda student: services.create_and_launch(student, cohort.kind, acting_user=acting_user),
    )


def stop(cohort: Cohort, *, acting_user: User) -> Outcome:
    """Save and stop each workspace that is up."""
    return each(_up(cohort), lambda workspace: services.stop(workspace, acting_user=acting_user))


def of_class(cohort: Cohort) -> QuerySet[Workspace]:
    """What its students work in, or have worked in."""
    return Workspace.objects.filter(owner__membership__cohort=cohort, kind=cohort.kind.value, deleted_at__isnull=True)


def _up(cohort: Cohort) -> list[Workspace]:
    found = list(of_class(cohort).select_related("owner"))
    if not found:
        return []
    states = {view.workspace_id: view.state for view in services.describe(found).views}
    return [workspace for workspace in found if states[workspace.pk] in UP]


def each(whom: Sequence[T], act: Callable[[T], object]) -> Outcome:
    """One that fails stops no other. Raises ApraNovaError when the manager does not answer."""
    failures = []
    for one in whom:
        try:
            act(one)
        except ApraNovaError as error:
            if error.reason is Reason.MANAGER_UNAVAILABLE:
                raise
            failures.append(shown(error, log).message)
    return Outcome(len(whom) - len(failures), len(failures), failures[0] if failures else "")
