"""What else ends a share or a visit: people who leave, cohorts that change, deleted workspaces.

Signals and not calls: a membership or an account also changes in the admin and in commands.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models.signals import m2m_changed, post_delete, post_save

from backend.accounts.models import User
from backend.accounts.signals import person_changed
from backend.cohorts.member_signals import members_moved
from backend.cohorts.models import Cohort, Membership
from backend.sharing.models import Audience, Share
from backend.sharing.services import end_all
from backend.sharing.signals import share_ended, visitor_changed
from backend.workspaces.signals import workspaces_changed


def listen() -> None:
    post_save.connect(_person_saved, sender=User, dispatch_uid="sharing.person_saved")
    person_changed.connect(_person_changed, dispatch_uid="sharing.person_changed")
    workspaces_changed.connect(_workspaces_changed, dispatch_uid="sharing.workspaces_changed")
    for signal in (post_save, post_delete):
        signal.connect(_membership_changed, sender=Membership, dispatch_uid="sharing.membership")
    members_moved.connect(_members_moved, dispatch_uid="sharing.members_moved")
    m2m_changed.connect(_instructors_changed, sender=Cohort.instructors.through, dispatch_uid="sharing.instructors")


def _person_saved(instance: User, *, created: bool = False, **_: Any) -> None:
    if not created and not instance.is_active:
        end_all(Share.objects.filter(workspace__owner=instance), because="the owner was deactivated")


def _person_changed(user: User, **_: Any) -> None:
    """Their role may be another."""
    _company_changed([user.pk])


def _workspaces_changed(owner: User, **_: Any) -> None:
    deleted = Share.objects.filter(workspace__owner=owner, workspace__deleted_at__isnull=False)
    end_all(deleted, because="the workspace was deleted")


def _membership_changed(instance: Membership, **_: Any) -> None:
    _company_changed([instance.student_id])  # pyright: ignore[reportAttributeAccessIssue]


def _members_moved(student_ids: Iterable[Any], **_: Any) -> None:
    _company_changed(student_ids)


def _instructors_changed(
    instance: Cohort | User, action: str, *, reverse: bool = False, pk_set: Iterable[Any] | None = None, **_: Any
) -> None:
    """An instructor of a cohort came or went, from either side of the relation."""
    if reverse:
        people = [instance.pk]
    elif action == "pre_clear" and isinstance(instance, Cohort):
        people = list(instance.instructors.values_list("pk", flat=True))
    else:
        people = list(pk_set or ())
    if action in ("post_remove", "pre_clear"):
        _company_changed(people)


def _company_changed(people: Iterable[Any]) -> None:
    """Those who visit them, and those whom they visit, are let in again only if they still may."""
    them = list(people)
    for person in them:
        visitor_changed.send(User, user_id=str(person))
    for share in Share.objects.filter(workspace__owner__in=them, audience=Audience.COHORT):
        share_ended.send(Share, share=share)
