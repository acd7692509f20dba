"""The people of the school: who they are, when they were last seen, and what an admin does."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.mfa.models import Authenticator
from django.db.models import Count, DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.http import HttpRequest
from django.utils import timezone

from backend.accounts import services
from backend.accounts.models import User
from backend.accounts.roles import Role, Track
from backend.cohorts.models import Cohort
from backend.console.pages import with_words
from backend.console.schemas import PeopleIn, Seen
from backend.costs.models import Session
from backend.personal_data.models import Erasure
from backend.platform.problems import ProblemError, not_found

WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
NOT_ONESELF = "Your own account is on the page Account."


def found(wanted: PeopleIn) -> QuerySet[User]:
    """By name. What a page shows besides is added by `with_details`."""
    people = with_words(User.objects.exclude(erasure__finished_at__isnull=False), wanted.q, "name", "email")
    given = {
        "role": wanted.role,
        "track": wanted.track,
        "membership__cohort": wanted.cohort,
        "is_active": wanted.active,
    }
    people = people.filter(**{name: value for name, value in given.items() if value is not None})
    return _seen(people, wanted.seen).order_by("name", "email")


def _seen(people: QuerySet[User], seen: Seen | None) -> QuerySet[User]:
    of_person = Session.objects.filter(workspace__owner=OuterRef("pk"))
    now = timezone.now()
    match seen:
        case None:
            return people
        case Seen.WITHIN_WEEK:
            since = now - WEEK
            return people.filter(Q(last_login__gte=since) | Exists(of_person.filter(seen_at__gte=since)))
        case Seen.NOT_FOR_MONTH:
            since = now - MONTH
            return people.exclude(last_login__gte=since).exclude(Exists(of_person.filter(seen_at__gte=since)))
        case Seen.NEVER:
            return people.filter(last_login=None).exclude(Exists(of_person))


def with_details(people: QuerySet[User]) -> QuerySet[User]:
    """For one page: `cohort`'s parts, `second_factor`, `seen_at`, `workspace_count`."""
    worked = Session.objects.filter(workspace__owner=OuterRef("pk")).order_by()
    last = worked.values("workspace__owner").annotate(at=Max("seen_at")).values("at")
    return people.select_related("membership__cohort", "erasure").annotate(
        second_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)),
        seen_at=Greatest(F("last_login"), Subquery(last, output_field=DateTimeField())),
        workspace_count=Count("workspaces", filter=Q(workspaces__deleted_at=None)),
    )


def cohort_of(person: User) -> Cohort | None:
    membership = getattr(person, "membership", None)
    return membership.cohort if membership else None


def erasure_of(person: User) -> Erasure | None:
    return getattr(person, "erasure", None)


def get_person(person_id: UUID, *, acting_user: User) -> User:
    """Somebody else. Raises ProblemError for nobody, for whoever is erased, and for the admin's own
    account."""
    person = User.objects.exclude(erasure__finished_at__isnull=False).filter(pk=person_id).first()
    if person is None:
        raise not_found("There is no such person (any more).", reason="no_person")
    if person.pk == acting_user.pk:
        raise ProblemError(HTTPStatus.CONFLICT, "own_account", NOT_ONESELF)
    return person


def refuse_without_proof(request: HttpRequest) -> None:
    """Resetting somebody's second factor asks who the admin is, as changing one's own does."""
    if is_reauthentication_required(request, app="allauth.mfa"):
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "reauthentication_required",
            "Please confirm your identity.",
            remedy="Type your password or a code again.",
        )


def set_active(person: User, *, active: bool, acting_user: User) -> None:
    services.update_user(
        person,
        name=person.name,
        role=Role(person.role),
        track=Track(person.track) if person.track else None,
        is_active=active,
        acting_user=acting_user,
    )
