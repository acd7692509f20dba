"""Joining, moving and leaving. A student is in at most one cohort, and it has their track."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.roles import Role
from backend.audit.record import record, record_all
from backend.cohorts.member_signals import members_moved
from backend.cohorts.models import Cohort, Membership
from backend.cohorts.outbox import cohort_changed
from backend.platform.problems import ProblemError, not_found

MEMBERS_MAX = 2000
"""As many as the manager takes in one message; a cohort of a bootcamp has some dozens."""


def put_student(cohort: Cohort, student_id: UUID, *, acting_user: User) -> None:
    """Let a student join, or move here from another cohort. The acting person must teach both."""
    student = User.objects.filter(pk=student_id, role=Role.STUDENT, is_active=True).first()
    here_from = Membership.objects.filter(student_id=student_id).select_related("cohort").first()
    if student is None or not may_take(acting_user, here_from):
        raise not_found("There is no such student, or they are in a cohort that is not yours.", reason="no_student")
    join(student, cohort, acting_user=acting_user)


def join(student: User, cohort: Cohort, *, acting_user: User | None) -> None:
    """Put the student into this cohort, and out of any other. `acting_user` None: a command."""
    join_all([student], cohort, acting_user=acting_user)


def join_all(students: Sequence[User], cohort: Cohort, *, acting_user: User | None) -> None:
    """Put all of them into this cohort, and out of any other, or none of them."""
    for student in students:
        if student.track != cohort.track:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "track_differs",
                f"{student.display_name} learns on the track {student.track}; {cohort.name} is for {cohort.track}.",
                remedy=f"Choose a cohort of the track {student.track}, or ask an admin to change the student's track.",
            )
    with transaction.atomic():
        # Concurrent changes wait here: a cohort keeps its limit, and a deleted one stays empty.
        locked = Cohort.objects.select_for_update().filter(pk=cohort.pk).first()
        if locked is None:
            raise not_found("This cohort was deleted in the meantime.", reason="cohort_not_found")
        # Two cohorts that take a student at once: the second moves them.
        list(User.objects.select_for_update(of=("self",)).filter(pk__in=[it.pk for it in students]).order_by("pk"))
        memberships = Membership.objects.select_related("cohort").filter(student__in=students)
        before = {it.student_id: it.cohort for it in memberships}  # pyright: ignore[reportAttributeAccessIssue]
        new = [it for it in students if it.pk not in before or before[it.pk].pk != cohort.pk]
        if not new:
            return
        if Membership.objects.filter(cohort=cohort).count() + len(new) > MEMBERS_MAX:
            raise ProblemError(
                HTTPStatus.CONFLICT, "cohort_full", f"A cohort has at most {MEMBERS_MAX} students.",
                remedy="Make a second cohort.",
            )  # fmt: skip
        now = timezone.now()
        Membership.objects.bulk_create(
            Membership(student=it, cohort=cohort, joined_at=now) for it in new if it.pk not in before
        )
        moved = [it.pk for it in memberships if it.cohort.pk != cohort.pk]
        if moved:
            Membership.objects.filter(pk__in=moved).update(cohort=cohort, joined_at=now)
            members_moved.send(Membership, student_ids=moved)  # they lose what the other cohort shared
        here = {"cohort": cohort.name, "cohort_id": str(cohort.pk)}
        moved_from = {it.pk: before[it.pk].name if it.pk in before else None for it in new}
        record_all(
            "cohort.join",
            "user",
            [(it, {**here, "moved_from": name}) for it, name in moved_from.items()],
            actor=acting_user,
        )
        for cohort_id in {cohort.pk, *(it.pk for it in before.values())}:
            cohort_changed(cohort_id)


def remove_student(cohort: Cohort, student_id: UUID, *, acting_user: User) -> None:
    """The student leaves; account and workspaces stay."""
    membership = Membership.objects.filter(cohort=cohort, student_id=student_id).select_related("student").first()
    if membership is None:
        raise not_found("This student is not in this cohort (any more).", reason="no_student")
    leave(membership.student, acting_user=acting_user)


def leave(student: User, *, acting_user: User | None) -> None:
    """Out of whatever cohort the student is in; nothing happens to one who is in none."""
    with transaction.atomic():
        membership = (
            Membership.objects.select_for_update(of=("self",)).select_related("cohort").filter(student=student).first()
        )
        if membership is None:
            return
        cohort = membership.cohort
        membership.delete()
        _changed("cohort.leave", student, cohort, acting_user)


def _changed(action: str, student: User, cohort: Cohort, acting_user: User | None, **details: Any) -> None:
    details |= {"cohort": cohort.name, "cohort_id": str(cohort.pk)}
    record(action, actor=acting_user, target_type="user", target_id=student.pk, **details)
    cohort_changed(cohort.pk)


def follow_person(user: User, acting_user: User, **_: Any) -> None:
    """Receives `person_changed`: anyone who is no longer a student of the track leaves the cohort.

    A deactivated student stays in the cohort, but nothing is started ahead for them.
    """
    membership = Membership.objects.select_related("cohort").filter(student=user).first()
    if membership is None:
        return
    if user.role != Role.STUDENT or user.track != membership.cohort.track:
        leave(user, acting_user=acting_user)
    else:
        cohort_changed(membership.cohort.pk)


def may_take(acting_user: User, membership: Membership | None) -> bool:
    """Whether a student may leave that cohort at the word of `acting_user`."""
    if acting_user.role == Role.ADMIN or membership is None:
        return True
    return membership.cohort.instructors.filter(pk=acting_user.pk).exists()
