"""Sharing a port, ending that, and who may visit. Every change leaves an audit record."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.roles import Role
from backend.audit.record import record
from backend.cohorts.models import Cohort
from backend.platform.problems import ProblemError
from backend.sharing.models import Audience, Share
from backend.sharing.signals import share_ended
from backend.workspaces.models import Workspace
from contract.errors import Reason

HOURS_DEFAULT = 24
HOURS_MAX = 14 * 24
SHARES_MAX = 20
"""Of one workspace."""


def list_shares(workspace: Workspace) -> list[Share]:
    """Those that are in force, by port."""
    return list(_in_force().filter(workspace=workspace).order_by("port"))


def audiences_for(owner: User) -> list[Audience]:
    """With whom this person may share."""
    offered = [Audience.SIGNED_IN]
    if _cohorts_of(owner).exists():
        offered.insert(0, Audience.COHORT)
    if settings.ENVIRONMENT.share_with_anyone:
        offered.append(Audience.ANYONE)
    return offered


def share_port(workspace: Workspace, port: int, audience: Audience, *, hours: float, acting_user: User) -> Share:
    """Share the port from now on, instead of as before. Visitors so far have to enter again."""
    if workspace.deleted_at is not None:
        raise ProblemError(HTTPStatus.CONFLICT, Reason.WORKSPACE_DELETED.value, "This workspace is deleted.")
    if audience not in audiences_for(workspace.owner):
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "audience_not_allowed",
            "You are in no cohort." if audience is Audience.COHORT else "Your school does not allow links for anyone.",
            remedy="Choose somebody else to share with.",
        )
    ends_at = timezone.now() + timedelta(hours=hours)
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace.pk)  # one change at a time
        for before in Share.objects.filter(workspace=workspace, port=port):
            _remove(before)
        Share.objects.filter(workspace=workspace, ends_at__lte=timezone.now()).delete()
        if Share.objects.filter(workspace=workspace).count() >= SHARES_MAX:
            raise ProblemError(
                HTTPStatus.CONFLICT, "too_many_shares", f"You can share at most {SHARES_MAX} ports at once.",
                remedy="End the sharing of another port first.",
            )  # fmt: skip
        share = Share.objects.create(workspace=workspace, port=port, audience=audience, ends_at=ends_at)
        _note("workspace.share", share, acting_user, audience=audience.value, ends_at=ends_at.isoformat())
    return share


def end_share(workspace: Workspace, port: int, *, acting_user: User) -> None:
    """End the sharing of a port at once. Nothing happens if it is not shared."""
    with transaction.atomic():
        for share in Share.objects.filter(workspace=workspace, port=port):
            _remove(share)
            _note("workspace.unshare", share, acting_user)


def end_all(shares: QuerySet[Share], *, because: str) -> None:
    """What nobody asked for: the owner was deactivated, or the workspace deleted."""
    with transaction.atomic():
        for share in shares.select_related("workspace"):
            _remove(share)
            _note("workspace.unshare", share, None, because=because)


def find_for(visitor: User | None, workspace_id: str, port: int) -> Share | None:
    """The share by which this person may visit the port now. `visitor` None: not signed in."""
    share = (
        _in_force()
        .filter(workspace_id=workspace_id, port=port, workspace__deleted_at__isnull=True)
        .filter(workspace__owner__is_active=True)
        .select_related("workspace__owner")
        .first()
    )
    return share if share is not None and _may_visit(share, visitor) else None


def _may_visit(share: Share, visitor: User | None) -> bool:
    """A school that forbids links for anyone leaves such a share to those who are signed in."""
    if visitor is None:
        return share.audience == Audience.ANYONE and settings.ENVIRONMENT.share_with_anyone
    if share.audience == Audience.COHORT:
        return _cohorts_of(share.workspace.owner).filter(pk__in=_cohorts_of(visitor)).exists()
    return True


def _cohorts_of(person: User) -> QuerySet[Cohort]:
    """Of which the person is a student or an instructor; who was made a student teaches no more."""
    if person.role == Role.STUDENT:
        return Cohort.objects.filter(memberships__student=person)
    return Cohort.objects.filter(instructors=person)


def _in_force() -> QuerySet[Share]:
    return Share.objects.filter(ends_at__gt=timezone.now())


def _remove(share: Share) -> None:
    share_ended.send(Share, share=share)
    Share.objects.filter(pk=share.pk).delete()


def _note(action: str, share: Share, acting_user: User | None, **details: str) -> None:
    target = share.workspace.pk
    record(action, actor=acting_user, target_type="workspace", target_id=target, port=share.port, **details)
