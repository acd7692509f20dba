"""What ends a visit by itself: its time, a stopped workspace, people who leave, a sign-out.

Signals and not calls: a membership or an account also changes in the admin and in commands.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db.models import Q
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.signals import person_changed, sessions_ended
from backend.cohorts.help_visits import digest, end_all, end_unallowed
from backend.cohorts.member_signals import members_moved
from backend.cohorts.models import Cohort, HelpVisit, Membership
from backend.platform.background import BackgroundWorker
from backend.workspaces.services import describe
from backend.workspaces.signals import workspaces_changed

LOOK_EVERY_S = 10.0


def listen() -> None:
    for signal in (user_logged_out, sessions_ended):
        signal.connect(_signed_out, dispatch_uid="visits.signed_out")
    post_save.connect(_person_saved, sender=User, dispatch_uid="visits.person_saved")
    person_changed.connect(_person_changed, dispatch_uid="visits.person_changed")
    workspaces_changed.connect(_workspaces_changed, dispatch_uid="visits.workspaces_changed")
    for signal in (post_save, post_delete):
        signal.connect(_membership_changed, sender=Membership, dispatch_uid="visits.membership")
    members_moved.connect(_members_moved, dispatch_uid="visits.members_moved")
    m2m_changed.connect(_instructors_changed, sender=Cohort.instructors.through, dispatch_uid="visits.instructors")


def _signed_out(user: Any = None, **_: Any) -> None:
    if isinstance(user, User):
        end_all(HelpVisit.objects.filter(visitor=user), because="the instructor signed out")


def _person_saved(instance: User, *, created: bool = False, **_: Any) -> None:
    if not created and not instance.is_active:
        end_all(_about([instance.pk]), because="an account was deactivated")


def _person_changed(user: User, **_: Any) -> None:
    """Their role may be another."""
    end_unallowed(_about([user.pk]), because="a role changed")


def _workspaces_changed(owner: User, **_: Any) -> None:
    deleted = HelpVisit.objects.filter(workspace__owner=owner, workspace__deleted_at__isnull=False)
    end_all(deleted, because="the workspace was deleted")


def _membership_changed(instance: Membership, **_: Any) -> None:
    _members_moved([instance.student_id])  # pyright: ignore[reportAttributeAccessIssue]


def _members_moved(student_ids: Iterable[Any], **_: Any) -> None:
    end_unallowed(_about(student_ids), because="the student left the cohort")


def _instructors_changed(action: str, **_: Any) -> None:
    """An instructor of a cohort came or went. There are few visits: all of them are looked at."""
    if action in ("post_remove", "post_clear"):
        end_unallowed(HelpVisit.objects.all(), because="the instructor left the cohort")


def _about(people: Iterable[Any]) -> Any:
    return HelpVisit.objects.filter(Q(visitor__in=people) | Q(workspace__owner__in=people))


def end_due() -> None:
    """Those whose time is over, and those whose workspace stopped or was launched again."""
    end_all(HelpVisit.objects.filter(ends_at__lte=timezone.now()), because="its time was over")
    visits = list(HelpVisit.objects.select_related("workspace__owner"))
    if not visits:
        return
    launches = {
        view.workspace_id: digest(view.endpoint.launch_secret)
        for view in describe([visit.workspace for visit in visits]).views
        if view.endpoint is not None
    }
    stopped = [visit.pk for visit in visits if launches.get(visit.workspace.pk) != visit.launch]
    end_all(HelpVisit.objects.filter(pk__in=stopped), because="the workspace stopped")


worker = BackgroundWorker("visits", end_due, interval_s=LOOK_EVERY_S)
