"""Importing a list of people into a cohort: what would happen, and making it happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.db import transaction
from django.utils import timezone

from backend.accounts.invitations import Invited, invite_all
from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role, Track
from backend.cohorts.members import MEMBERS_MAX, join_all
from backend.cohorts.models import Cohort
from backend.cohorts.roster.files import read_file
from backend.cohorts.roster.people import Person, read_people
from backend.cohorts.roster.plan import Facts, Line, Outcome, missing, plan
from backend.cohorts.roster.table import BadRoster, read_rows
from backend.cohorts.services import record_change
from backend.platform.problems import FieldError, ProblemError


@dataclass(frozen=True)
class Roster:
    """A list of people beside a cohort."""

    lines: list[Line]
    """One for each person of the list, in its order."""
    missing: list[User]
    """Students of the cohort whom the list does not have. They stay."""


def preview(cohort: Cohort, sent: str | bytes, *, acting_user: User) -> Roster:
    """What an import would do; nothing is changed. 422 when `sent` is no list of people."""
    return preview_people(cohort, _read(sent), acting_user=acting_user)


def preview_people(cohort: Cohort, people: Sequence[Person], *, acting_user: User) -> Roster:
    """The same, of people who are read already."""
    return _beside(cohort, people, acting_user)


def import_roster(cohort: Cohort, sent: str | bytes, *, acting_user: User) -> Roster:
    """Let students join or move here and invite the others. The same list again changes nothing.

    What is true at this moment decides, not an earlier preview.
    """
    return import_people(cohort, _read(sent), acting_user=acting_user)


def import_people(cohort: Cohort, people: Sequence[Person], *, acting_user: User) -> Roster:
    """The same, of people who are read already."""
    with transaction.atomic():
        if not Cohort.objects.select_for_update().filter(pk=cohort.pk).exists():
            raise ProblemError(HTTPStatus.NOT_FOUND, "cohort_not_found", "This cohort was deleted in the meantime.")
        roster = _beside(cohort, people, acting_user)
        joining = {line.email for line in roster.lines if line.outcome in (Outcome.JOIN, Outcome.MOVE)}
        join_all(list(User.objects.filter(email__in=joining)), cohort, acting_user=acting_user)
        new = [Invited(line.email, line.name) for line in roster.lines if line.outcome is Outcome.INVITE]
        if new:
            invite_all(new, Role.STUDENT, Track(cohort.track), cohort_id=cohort.pk, acting_user=acting_user)
        counts = {outcome.value: sum(line.outcome is outcome for line in roster.lines) for outcome in Outcome}
        record_change("cohort.import_roster", cohort, acting_user, **counts)
    return roster


def _read(sent: str | bytes) -> list[Person]:
    try:
        return read_people(read_rows(sent) if isinstance(sent, str) else read_file(sent))
    except BadRoster as problem:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "no_roster",
            str(problem),
            errors=[FieldError(field="body.content", message=str(problem))],
        ) from None


def _beside(cohort: Cohort, people: Sequence[Person], acting_user: User) -> Roster:
    members = list(User.objects.filter(membership__cohort=cohort).order_by("name", "email"))
    addresses = {person.email for person in people}
    open_ones = Invitation.objects.select_related("cohort").filter(
        email__in=addresses, accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=timezone.now()
    )
    admin = acting_user.role == Role.ADMIN
    taught = None if admin else frozenset(acting_user.taught_cohorts.values_list("pk", flat=True))  # pyright: ignore[reportAttributeAccessIssue]
    users = User.objects.select_related("membership__cohort").filter(email__in=addresses)
    facts = Facts(
        users={it.email: it for it in users},
        invitations={it.email: it for it in open_ones},
        own_cohorts=taught,
        places=MEMBERS_MAX - len(members),
    )
    lines = plan(people, cohort, facts)
    return Roster(lines, missing(lines, members))
