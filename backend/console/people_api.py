"""The API of the console's people: to find them, and what an admin does when one has a problem."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router

from backend.accounts import services
from backend.accounts.models import User
from backend.console import people
from backend.console.pages import ROWS_PER_PAGE, admin_of, one_page
from backend.console.schemas import PeopleIn, PeopleOut, PersonOut

router = Router(tags=["console"])


@router.get("", response=PeopleOut, operation_id="list_people", summary="People of the school")
def list_people(request: HttpRequest, wanted: Query[PeopleIn]) -> dict[str, Any]:
    """For admins. By name, 50 a page."""
    admin_of(request)
    rows = people.found(wanted)
    page = one_page(people.with_details(rows), wanted.page)
    return {
        "items": [_out(it) for it in page],
        "total": rows.count(),
        "per_page": ROWS_PER_PAGE,
        "erase_grace_days": settings.ENVIRONMENT.erase_grace_days,
    }


@router.post("{person_id}/deactivate/", response=PersonOut, operation_id="deactivate_person", summary="Deactivate")
def deactivate_person(request: HttpRequest, person_id: UUID) -> dict[str, Any]:
    """They cannot sign in; their workspaces are saved and stopped, and stay."""
    return _set_active(request, person_id, active=False)


@router.post("{person_id}/reactivate/", response=PersonOut, operation_id="reactivate_person", summary="Reactivate")
def reactivate_person(request: HttpRequest, person_id: UUID) -> dict[str, Any]:
    return _set_active(request, person_id, active=True)


@router.post(
    "{person_id}/end-sessions/", response=PersonOut, operation_id="end_sessions", summary="Sign a person out everywhere"
)
def end_sessions(request: HttpRequest, person_id: UUID) -> dict[str, Any]:
    """In every browser and program. They sign in again; workspaces stay up."""
    user = admin_of(request)
    person = people.get_person(person_id, acting_user=user)
    services.end_sessions(person, acting_user=user)
    return now_of(person)


@router.post(
    "{person_id}/reset-second-factor/",
    response=PersonOut,
    operation_id="reset_second_factor",
    summary="Reset a person's second factor",
)
def reset_second_factor(request: HttpRequest, person_id: UUID) -> dict[str, Any]:
    """For a lost phone. 403 `reauthentication_required` until the admin has proved who they are."""
    user = admin_of(request)
    person = people.get_person(person_id, acting_user=user)
    people.refuse_without_proof(request)
    services.reset_second_factor(person, acting_user=user)
    return now_of(person)


def _set_active(request: HttpRequest, person_id: UUID, *, active: bool) -> dict[str, Any]:
    user = admin_of(request)
    person = people.get_person(person_id, acting_user=user)
    people.set_active(person, active=active, acting_user=user)
    return now_of(person)


def now_of(person: User) -> dict[str, Any]:
    return _out(people.with_details(User.objects.filter(pk=person.pk)).get())


def _out(person: User) -> dict[str, Any]:
    """Of a person with details."""
    names = ("id", "display_name", "email", "role", "track", "is_active", "second_factor", "seen_at")
    own = {name: getattr(person, name) for name in names}
    own["erasure"] = people.erasure_of(person)
    return {**own, "cohort": people.cohort_of(person), "workspaces": getattr(person, "workspace_count", 0)}
