"""What an import would do with each person of a list. Pure: the facts are arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from backend.accounts.models import Invitation, User
from backend.accounts.roles import Role
from backend.cohorts.models import Cohort
from backend.cohorts.roster.people import Person


class Outcome(StrEnum):
    """Of one line."""

    INVITE = "invite"
    """Nobody has this address yet: it is invited, and the person joins by signing up."""
    JOIN = "join"
    """The student has an account and is in no cohort."""
    MOVE = "move"
    """The student leaves another cohort."""
    HERE = "here"
    """The student is in this cohort."""
    INVITED = "invited"
    """The address has an open invitation to this cohort."""
    REFUSED = "refused"
    """Nothing happens; the line's note says why."""


@dataclass(frozen=True)
class Line:
    number: int
    email: str
    name: str
    outcome: Outcome
    note: str = ""


@dataclass(frozen=True)
class Facts:
    """What the database says of the addresses in the list."""

    users: Mapping[str, User] = field(default_factory=dict)
    """By address, each with its membership, if there is one."""
    invitations: Mapping[str, Invitation] = field(default_factory=dict)
    """The open ones, by address."""
    own_cohorts: AbstractSet[UUID] | None = None
    """Those that the acting person may take students from; None: all."""
    places: int = 0
    """How many more students the cohort can take."""


def plan(people: Iterable[Person], cohort: Cohort, facts: Facts) -> list[Line]:
    """A line for each person, in order. Lines beyond the cohort's places are refused."""
    lines: list[Line] = []
    places = facts.places
    for person in people:
        outcome, note = _decide(person, cohort, facts)
        if outcome in (Outcome.INVITE, Outcome.JOIN, Outcome.MOVE):
            if places <= 0:
                outcome, note = Outcome.REFUSED, "the cohort is full"
            places -= 1
        lines.append(Line(person.number, person.email, person.name, outcome, note))
    return lines


def missing(lines: Sequence[Line], members: Iterable[User]) -> list[User]:
    """Students of the cohort whom the list does not have."""
    listed = {line.email for line in lines}
    return [member for member in members if member.email not in listed]


def _decide(person: Person, cohort: Cohort, facts: Facts) -> tuple[Outcome, str]:
    if person.problem:
        return Outcome.REFUSED, person.problem
    user = facts.users.get(person.email)
    if user is None:
        return _without_account(facts.invitations.get(person.email), cohort, facts.own_cohorts)
    if user.role != Role.STUDENT:
        return Outcome.REFUSED, "this account is not a student's"
    membership = getattr(user, "membership", None)
    if membership is not None and membership.cohort_id == cohort.pk:
        return Outcome.HERE, "" if user.is_active else "the account is deactivated"
    if not user.is_active:
        return Outcome.REFUSED, "the account is deactivated; ask an admin to activate it"
    if user.track != cohort.track:
        return Outcome.REFUSED, f"learns on the track {user.track}, and this cohort is for {cohort.track}"
    if membership is None:
        return Outcome.JOIN, ""
    if facts.own_cohorts is not None and membership.cohort_id not in facts.own_cohorts:
        return Outcome.REFUSED, "is in a cohort that you do not teach; ask an admin to move them"
    return Outcome.MOVE, f"from {membership.cohort.name}"


def _without_account(
    invitation: Invitation | None, cohort: Cohort, own_cohorts: AbstractSet[UUID] | None
) -> tuple[Outcome, str]:
    if invitation is None:
        return Outcome.INVITE, ""
    if invitation.role != Role.STUDENT:
        return Outcome.REFUSED, "has an open invitation that is not a student's"
    if invitation.cohort_id == cohort.pk:  # pyright: ignore[reportAttributeAccessIssue]
        return Outcome.INVITED, ""
    if invitation.cohort is not None:
        if own_cohorts is not None and invitation.cohort.pk not in own_cohorts:
            return Outcome.REFUSED, "is invited to a cohort that you do not teach; ask an admin to invite them here"
        return Outcome.INVITE, f"replaces the invitation to {invitation.cohort.name}"
    return Outcome.INVITE, "replaces an earlier invitation"
