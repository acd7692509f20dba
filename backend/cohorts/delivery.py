"""Telling the workspace manager about cohorts: at once after each change, and every day, because days pass.

What must be told is a row, written in the transaction of the change, so that neither a manager that is down nor a
process that dies loses it. Any process of the backend may take a row; it holds it by moving its due time, because no
transaction may stay open while the manager is asked.
"""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.roles import KIND_OF_TRACK, Track
from backend.cohorts.models import Cohort, Delivery, Membership
from backend.cohorts.readings import coming_classes, find_timetable, refresh
from backend.platform.background import BackgroundWorker
from backend.workspaces.manager_client import manager_client
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError
from contract.manager import COHORT_CLASSES_MAX, COHORT_MEMBERS_MAX, ClassTime, CohortRequest

AGAIN_AFTER = timedelta(days=1)
HELD_FOR = timedelta(minutes=2)
RETRY_FIRST = timedelta(seconds=10)
RETRY_MAX = timedelta(minutes=30)
LOOK_EVERY_S = 60.0
DELIVERIES_A_PASS_MAX = 500

logger = logging.getLogger(__name__)


def cohort_changed(cohort_id: uuid.UUID) -> None:
    """Call it in the transaction of any change that the manager must hear of, the cohort's end too."""
    Delivery.objects.bulk_create(
        [Delivery(cohort_id=cohort_id, due_at=timezone.now(), change=uuid.uuid4(), failures=0)],
        update_conflicts=True,
        unique_fields=["cohort_id"],
        update_fields=["due_at", "change", "failures"],
    )
    transaction.on_commit(worker.wake)


def workspaces_changed(owner: User, **_: Any) -> None:
    """Receives the signal of this name."""
    cohort_id = Membership.objects.filter(student=owner).values_list("cohort_id", flat=True).first()
    if cohort_id is not None:
        cohort_changed(cohort_id)


def deliver_due() -> None:
    """One pass: everything that is due. A manager that does not answer ends it; the rest stays due."""
    for _ in range(DELIVERIES_A_PASS_MAX):
        delivery = _take_one()
        if delivery is None:
            return
        try:
            known = _tell(delivery.cohort_id)
        except ApraNovaError as error:
            logger.warning("the manager did not hear about cohort %s: %s", delivery.cohort_id, error)
            _put_off(delivery)
            return
        _done(delivery, again=known)


worker = BackgroundWorker("cohorts", deliver_due, interval_s=LOOK_EVERY_S)


def _take_one() -> Delivery | None:
    now = timezone.now()
    with transaction.atomic():
        due = Delivery.objects.filter(due_at__lte=now).order_by("due_at")
        delivery = due.select_for_update(skip_locked=True).first()
        if delivery is not None:
            Delivery.objects.filter(pk=delivery.pk).update(due_at=now + HELD_FOR)
    return delivery


def _tell(cohort_id: uuid.UUID) -> bool:
    """Whether the manager knows the cohort now; False: it was told to forget it."""
    cohort = Cohort.objects.filter(pk=cohort_id, active=True).first()
    if cohort is None:
        manager_client().remove_cohort(str(cohort_id))
        return False
    manager_client().put_cohort(_message(cohort))
    return True


def _message(cohort: Cohort) -> CohortRequest:
    refresh(cohort)
    timetable = find_timetable(cohort)
    meetings = coming_classes(timetable, timezone.now()) if timetable is not None else []
    kind = KIND_OF_TRACK[Track(cohort.track)]
    students = User.objects.filter(membership__cohort=cohort, is_active=True)
    live = Workspace.objects.filter(owner__in=students, kind=kind, deleted_at__isnull=True)
    members = tuple(live.order_by("pk").values_list("pk", flat=True)[:COHORT_MEMBERS_MAX])
    # Two events at the same time, in two rooms for instance, are one reason to come.
    times = sorted({(it.starts_at.timestamp(), it.ends_at.timestamp()) for it in meetings})[:COHORT_CLASSES_MAX]
    return CohortRequest(
        cohort_id=str(cohort.pk),
        label=cohort.name,
        kind=kind,
        classes=tuple(ClassTime(start, end) for start, end in times),
        members=members,
        newcomers=students.count() - len(members),
    )


def _done(delivery: Delivery, *, again: bool) -> None:
    same = Delivery.objects.filter(pk=delivery.pk, change=delivery.change)
    if again:
        fresh = same.update(due_at=timezone.now() + AGAIN_AFTER, failures=0)
    else:
        fresh, _ = same.delete()
    if not fresh:
        # Changed meanwhile. Another process may have told the newer state before our older one arrived: once more.
        Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())


def _put_off(delivery: Delivery) -> None:
    pause = min(RETRY_FIRST * 2 ** min(delivery.failures, 10), RETRY_MAX)
    same = Delivery.objects.filter(pk=delivery.pk, change=delivery.change)
    same.update(due_at=timezone.now() + pause, failures=delivery.failures + 1)
