"""What an admin tells everybody or one cohort, above each page of the portal until its end.

Applications that run show it once. When it ends the row goes; the audit log keeps the text.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.record import record
from backend.cohorts.class_workspaces import of_class
from backend.cohorts.models import Announcement, Cohort
from backend.platform.problems import ProblemError, not_found
from backend.workspaces.manager_client import manager_client
from backend.workspaces.models import Workspace
from contract.errors import ApraNovaError
from contract.show import ShowRequest

SHOWN_MAX = 10
"""At a time in the whole school: more, and nobody reads them."""
HOURS_MAX = 90 * 24

logger = logging.getLogger(__name__)


def announce(text: str, hours: int, *, cohort_id: UUID | None = None, acting_user: User) -> Announcement:
    """To one cohort, or to everybody. `text` is `messages.plain`."""
    cohort = None
    if cohort_id is not None:
        cohort = Cohort.objects.filter(pk=cohort_id).first()
        if cohort is None:
            raise not_found("This cohort is not there (any more).", reason="cohort_not_found")
    now = timezone.now()
    with transaction.atomic():
        Announcement.objects.filter(ends_at__lte=now).delete()
        if Announcement.objects.count() >= SHOWN_MAX:
            raise ProblemError(
                HTTPStatus.CONFLICT, "too_many_announcements", f"{SHOWN_MAX} announcements are shown already.",
                remedy="End one of them first.",
            )  # fmt: skip
        made = Announcement.objects.create(
            cohort=cohort, text=text, sender=acting_user.display_name, ends_at=now + timedelta(hours=hours)
        )
        _record("create", made, acting_user)
        transaction.on_commit(lambda: _show_in_applications(made))
    return made


def end(announcement_id: UUID, *, acting_user: User) -> None:
    """Before its time. A repeat changes nothing."""
    with transaction.atomic():
        found = Announcement.objects.select_for_update(of=("self",)).filter(pk=announcement_id).first()
        if found is not None:
            _record("end", found, acting_user)
            found.delete()


def shown() -> QuerySet[Announcement]:
    """All of the school, the newest first."""
    return Announcement.objects.filter(ends_at__gt=timezone.now()).select_related("cohort")


def shown_to(person: User) -> QuerySet[Announcement]:
    """Those for everybody, and those of the cohorts that the person learns or teaches in."""
    theirs = Q(cohort=None) | Q(cohort__memberships__student=person) | Q(cohort__instructors=person)
    return shown().filter(theirs).distinct()


def _record(verb: str, announcement: Announcement, acting_user: User) -> None:
    whom = f"the cohort {announcement.cohort.name}" if announcement.cohort else "everybody"
    record(
        f"announcement.{verb}", actor=acting_user, target_type="announcement", target_id=announcement.pk,
        text=announcement.text, whom=whom, ends_at=announcement.ends_at.isoformat(),
    )  # fmt: skip


def _show_in_applications(announcement: Announcement) -> None:
    """Of no weight: whoever does not see it there finds it in the portal."""
    workspaces = Workspace.objects.filter(deleted_at__isnull=True)
    if announcement.cohort is not None:
        workspaces = of_class(announcement.cohort)
    news = f"{announcement.sender}: {' '.join(announcement.text.split())}"
    try:
        manager_client().show(list(workspaces.values_list("pk", flat=True)), ShowRequest(news=news))
    except ApraNovaError as error:
        logger.warning("an announcement is shown in the portal alone: %s", error.message)
