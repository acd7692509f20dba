"""*I need help*: a student raises a hand, and the class's instructors see it on the wall."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.audit.record import record
from backend.cohorts import help_visits
from backend.cohorts.models import HelpCall, HelpVisit, Membership, VisitReason
from backend.platform.problems import ProblemError
from backend.platform.rate_limit import Limit, take

LASTS = help_visits.CALL_LASTS
CALLS_MAX = Limit(20, seconds=3600)
"""New calls of one student: each one, and each end of one, is a record that nobody deletes."""


def asked_at(student: User) -> datetime | None:
    call = HelpCall.objects.filter(student=student, asked_at__gt=timezone.now() - LASTS).first()
    return call.asked_at if call else None


def can_ask(student: User) -> bool:
    return Membership.objects.filter(student=student).exists()


def ask(student: User, *, acting_user: User) -> None:
    """Repeating it keeps the first time. 409 for a student without a class, 429 for one who asks
    and takes it back again and again."""
    if not can_ask(student):
        raise ProblemError(
            HTTPStatus.CONFLICT, "no_cohort", "You are in no class, so nobody would see your call.",
            remedy="Ask your school to add you to a class.",
        )  # fmt: skip
    now = timezone.now()
    with transaction.atomic():
        call, created = HelpCall.objects.select_for_update().get_or_create(student=student, defaults={"asked_at": now})
        if not created and call.asked_at > now - LASTS:
            return
        if not take(f"help:{student.pk}", CALLS_MAX):
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS, "too_many_calls", "You have asked for help many times in a short time.",
                remedy="Wait some minutes, then ask again.", headers={"Retry-After": "60"},
            )  # fmt: skip
        call.asked_at = now
        call.save()
        record("help.ask", actor=acting_user, target_type="user", target_id=student.pk)
        transaction.on_commit(lambda: help_visits.tell_of_call(student))


def lower(student: User, *, acting_user: User) -> None:
    """By the student or an instructor; a repeat changes nothing. Who is in because of it has to
    leave."""
    with transaction.atomic():
        call = HelpCall.objects.select_for_update().filter(student=student).first()
        if call is None:
            return
        call.delete()
        record(
            "help.lower", actor=acting_user, target_type="user", target_id=student.pk,
            asked_at=call.asked_at.isoformat(),
        )  # fmt: skip
        came = HelpVisit.objects.filter(workspace__owner=student, because=VisitReason.CALL)
        help_visits.end_all(came, because="the call for help ended", acting_user=acting_user)
        transaction.on_commit(lambda: help_visits.tell_of_call(student))
