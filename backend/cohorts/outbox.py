"""The outbox: cohorts that the manager must hear about, after each change and once a day.

An entry is a row, written in the transaction of the change, so neither a manager that is down nor a
dying process loses it. Any process may take an entry. It holds the entry by moving its due time,
because no transaction may stay open while the manager is asked.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import fields
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.cohorts.models import Cohort, Membership, OutboxEntry
from backend.cohorts.readings import coming_classes, refresh
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
ENTRIES_AT_ONCE_MAX = 500

logger = logging.getLogger(__name__)


def cohort_changed(cohort_id: uuid.UUID) -> None:
    """Add an entry. Call it in the transaction of each change that the manager must hear of."""
    OutboxEntry.objects.bulk_create(
        [OutboxEntry(cohort_id=cohort_id, due_at=timezone.now(), change=uuid.uuid4(), failures=0)],
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


def send_due() -> None:
    """Send every due entry. Stops at the first one that fails; the rest stays due."""
    for _ in range(ENTRIES_AT_ONCE_MAX):
        entry = _take_one()
        if entry is None:
            return
        try:
            known = _send(entry.cohort_id)
        except ApraNovaError as error:
            logger.warning("the manager did not hear about cohort %s: %s", entry.cohort_id, error)
            _retry_later(entry)
            return
        _finish(entry, again=known)


worker = BackgroundWorker("cohorts", send_due, interval_s=LOOK_EVERY_S)


def _take_one() -> OutboxEntry | None:
    now = timezone.now()
    with transaction.atomic():
        due = OutboxEntry.objects.filter(due_at__lte=now).order_by("due_at")
        entry = due.select_for_update(skip_locked=True).first()
        if entry is not None:
            OutboxEntry.objects.filter(pk=entry.pk).update(due_at=now + HELD_FOR)
    return entry


def _send(cohort_id: uuid.UUID) -> bool:
    """Whether the manager knows the cohort now. False: the manager forgot it."""
    cohort = Cohort.objects.filter(pk=cohort_id, active=True).first()
    if cohort is None:
        manager_client().remove_cohort(str(cohort_id))
        return False
    manager_client().put_cohort(_message(cohort))
    return True


def _message(cohort: Cohort) -> CohortRequest:
    refresh(cohort)
    students = User.objects.filter(membership__cohort=cohort, is_active=True)
    live = Workspace.objects.filter(owner__in=students, kind=cohort.kind, deleted_at__isnull=True)
    members = tuple(live.order_by("pk").values_list("pk", flat=True)[:COHORT_MEMBERS_MAX])
    # Two events at the same time, in two rooms for instance, count once.
    times = sorted({(it.starts_at.timestamp(), it.ends_at.timestamp()) for it in coming_classes(cohort)})[
        :COHORT_CLASSES_MAX
    ]
    # A field of the message that the model has under the same name needs no line here.
    own = {it.name: getattr(cohort, it.name) for it in fields(CohortRequest) if hasattr(cohort, it.name)}
    return CohortRequest(
        **own,
        cohort_id=str(cohort.pk),
        label=cohort.name,
        classes=tuple(ClassTime(start, end) for start, end in times),
        members=members,
        newcomers=students.count() - len(members),
    )


def _finish(entry: OutboxEntry, *, again: bool) -> None:
    same = OutboxEntry.objects.filter(pk=entry.pk, change=entry.change)
    if again:
        unchanged = same.update(due_at=timezone.now() + AGAIN_AFTER, failures=0)
    else:
        unchanged, _ = same.delete()
    if not unchanged:
        # The cohort changed meanwhile, and a newer state may have arrived before this older one.
        OutboxEntry.objects.filter(pk=entry.pk).update(due_at=timezone.now())


def _retry_later(entry: OutboxEntry) -> None:
    pause = min(RETRY_FIRST * 2 ** min(entry.failures, 10), RETRY_MAX)
    same = OutboxEntry.objects.filter(pk=entry.pk, change=entry.change)
    same.update(due_at=timezone.now() + pause, failures=entry.failures + 1)
