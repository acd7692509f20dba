"""What instructors write to their class or to one student of it: a few lines of plain text.

The portal keeps a message until its student has read it. Applications that run show it at once.
"""

from __future__ import annotations

import logging
import unicodedata
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.record import record
from backend.cohorts.class_workspaces import of_class
from backend.cohorts.models import MESSAGE_MAX, Cohort, Message
from backend.platform.problems import ProblemError, not_found
from backend.platform.rate_limit import Limit, take
from backend.workspaces.manager_client import manager_client
from contract.errors import ApraNovaError
from contract.show import ShowRequest

LASTS = timedelta(days=30)
KEPT_MAX = 20
"""Of one student: the newest."""
SENT_MAX = Limit(30, 600)
"""By one person. A student's screen is for work."""

logger = logging.getLogger(__name__)


def plain(text: str) -> str:
    """One or more lines without anything that cannot be seen or that reorders what is shown.
    Raises ValueError."""
    words = unicodedata.normalize("NFC", text).replace("\r\n", "\n").expandtabs(4).strip()
    for character in words:
        if character not in "\n\u200c\u200d" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co"):
            raise ValueError(f"the text has a character that cannot be seen (U+{ord(character):04X})")
    if not words:
        raise ValueError("write something")
    if len(words) > MESSAGE_MAX:  # tabs and some letters have become several characters
        raise ValueError(f"write at most {MESSAGE_MAX} characters")
    return words


def send(cohort: Cohort, text: str, *, student_id: UUID | None = None, acting_user: User) -> int:
    """To one student of the cohort, or to all; returns to how many. `text` is `plain`."""
    students = User.objects.filter(membership__cohort=cohort, is_active=True)
    if student_id is not None:
        students = students.filter(pk=student_id)
    reached = list(students)
    if student_id is not None and not reached:
        raise not_found("This student is not in this cohort (any more).", reason="no_student")
    if not take(f"messages:{acting_user.pk}", SENT_MAX):
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS, "too_many_messages", "You have sent many messages in a short time.",
            remedy="Wait some minutes, then send it again.", headers={"Retry-After": "60"},
        )  # fmt: skip
    sender = acting_user.display_name
    with transaction.atomic():
        Message.objects.filter(student__in=reached, sent_at__lt=timezone.now() - LASTS).delete()
        Message.objects.bulk_create(Message(student=student, sender=sender, text=text) for student in reached)
        record(
            "message.send", actor=acting_user, target_type="cohort", target_id=cohort.pk, text=text,
            cohort=cohort.name, student=str(student_id or ""), reached=len(reached),
        )  # fmt: skip
    workspaces = of_class(cohort).filter(owner__in=reached)
    _show_in_applications(list(workspaces.values_list("pk", flat=True)), f"Message from {sender}: {text}")
    return len(reached)


def _show_in_applications(workspace_ids: list[str], text: str) -> None:
    """After the commit, and of no weight: whoever does not see it there finds it in the portal."""
    try:
        manager_client().show(workspace_ids, ShowRequest(news=" ".join(text.split())))
    except ApraNovaError as error:
        logger.warning("a message is shown in the portal alone: %s", error.message)


def unread(student: User) -> list[dict[str, Any]]:
    """The newest first, as `MessageOut`."""
    kept = Message.objects.filter(student=student, sent_at__gt=timezone.now() - LASTS)
    return list(kept.values("id", "sender", "text", "sent_at")[:KEPT_MAX])


def dismiss(student: User, message_id: UUID) -> None:
    """The student has read it. A repeat changes nothing."""
    Message.objects.filter(pk=message_id, student=student).delete()
