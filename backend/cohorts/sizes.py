"""Which size a student's workspaces have: the cohort's, or their own choice where it allows one."""

from __future__ import annotations

from http import HTTPStatus

from django.db import transaction

from backend.accounts.models import User
from backend.audit.record import record
from backend.cohorts.models import Cohort, Membership
from backend.platform.problems import ProblemError
from backend.workspaces.sizes import SizeChoice
from contract.names import WorkspaceSize


def size_of(student: User) -> WorkspaceSize | None:
    """None: the school's default."""
    membership = _find(student)
    if membership is None:
        return None
    return size_in(membership.cohort, membership.size)


def size_in(cohort: Cohort, own: str | None) -> WorkspaceSize | None:
    """What a member of the cohort is launched with who chose `own`; None: the school's default."""
    size = _choice(cohort, own).chosen or cohort.size
    return WorkspaceSize(size) if size else None


def choice_of(student: User) -> SizeChoice:
    membership = _find(student)
    return SizeChoice() if membership is None else _choice(membership.cohort, membership.size)


def choose(student: User, size: WorkspaceSize | None, *, acting_user: User) -> None:
    """None: the cohort's size. Takes effect at the next launch."""
    with transaction.atomic():
        membership = (
            Membership.objects.select_for_update(of=("self",)).select_related("cohort").filter(student=student).first()
        )
        if membership is None or (size is not None and size not in _choice(membership.cohort, membership.size).sizes):
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                "size_not_allowed",
                "Your cohort does not let you choose this size.",
                remedy="Ask your instructor if you need more memory.",
            )
        before, membership.size = membership.size, size
        if before == size:
            return
        membership.save(update_fields=["size"])
        record(
            "member.size_choose",
            actor=acting_user,
            target_type="user",
            target_id=student.pk,
            cohort=membership.cohort.name,
            changes={"size": [before, size]},
        )


def _find(student: User) -> Membership | None:
    return Membership.objects.select_related("cohort").filter(student=student).first()


def _choice(cohort: Cohort, own: str | None) -> SizeChoice:
    """A choice that the cohort has allowed before, and does not allow now, does not count."""
    in_order, up_to = tuple(WorkspaceSize), cohort.choice_up_to
    sizes = in_order[: in_order.index(WorkspaceSize(up_to)) + 1] if up_to else ()
    return SizeChoice(sizes, WorkspaceSize(own) if own in sizes else None)
