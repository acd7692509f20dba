"""The API of cohorts: parse, authorize, call one service, serialize."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.accounts.roles import TEACHING
from backend.cohorts import access, feeds, members, services, timetables
from backend.cohorts.models import Cohort
from backend.cohorts.schemas import (
    CandidateListOut,
    ChangeCohortIn,
    CohortDetailOut,
    CohortListOut,
    CreateCohortIn,
    DeleteCohortIn,
    FeedIn,
    InstructorListOut,
    InstructorsIn,
    PreviewIn,
    PreviewOut,
    TimetableIn,
)
from calendars.classes import TimetableReading

router = Router(tags=["cohorts"])


def _asked_for(request: HttpRequest, cohort_id: UUID) -> tuple[User, Cohort]:
    user = acting_user(request)
    return user, access.get_cohort(user, cohort_id)


@router.get("", response=CohortListOut, operation_id="list_cohorts", summary="Cohorts")
def list_cohorts(request: HttpRequest) -> dict[str, Any]:
    """Those you teach; an admin sees all. Active ones first, at most 500."""
    return {"items": access.list_cohorts(acting_user(request))}


@router.post("", response={201: CohortDetailOut}, operation_id="create_cohort", summary="Create a cohort")
def create_cohort(request: HttpRequest, payload: CreateCohortIn) -> Status:
    """An instructor who creates one teaches it. 409 when the name is taken."""
    user = acting_user(request)
    made = services.create_cohort(**payload.dict(), acting_user=user)
    return Status(201, access.get_cohort(user, made.pk))


@router.get("instructors/", response=InstructorListOut, operation_id="list_instructors", summary="Who could teach")
def list_instructors(request: HttpRequest) -> dict[str, Any]:
    """Instructors and teaching assistants. For admins, who say who teaches a cohort."""
    access.refuse_all_but_admins(acting_user(request), "see the list of instructors")
    people = User.objects.filter(role__in=TEACHING, is_active=True).order_by("name", "email")
    return {"items": people[: access.CANDIDATES_LISTED_MAX]}


@router.get("{cohort_id}/", response=CohortDetailOut, operation_id="get_cohort", summary="One cohort")
def get_cohort(request: HttpRequest, cohort_id: UUID) -> Cohort:
    return access.get_cohort_to_see(acting_user(request), cohort_id)


@router.patch("{cohort_id}/", response=CohortDetailOut, operation_id="change_cohort", summary="Change a cohort")
def change_cohort(request: HttpRequest, cohort_id: UUID, payload: ChangeCohortIn) -> Cohort:
    user, cohort = _asked_for(request, cohort_id)
    values = payload.dict(exclude_none=True)
    # None is a value of these.
    values |= {name: getattr(payload, name) for name in ("size", "choice_up_to") if name in payload.model_fields_set}
    services.change_cohort(cohort, values, acting_user=user)
    return access.get_cohort(user, cohort_id)


@router.delete("{cohort_id}/", response={204: None}, operation_id="delete_cohort", summary="Delete a cohort")
def delete_cohort(request: HttpRequest, cohort_id: UUID, payload: DeleteCohortIn) -> Status:
    """Students and their workspaces stay. 422 when the name is not the cohort's name."""
    user, cohort = _asked_for(request, cohort_id)
    services.delete_cohort(cohort, payload.name, acting_user=user)
    return Status(204, None)


@router.put(
    "{cohort_id}/instructors/", response=CohortDetailOut, operation_id="set_instructors", summary="Who teaches it"
)
def set_instructors(request: HttpRequest, cohort_id: UUID, payload: InstructorsIn) -> Cohort:
    """For admins. Whoever is not in the list does not see the cohort any more."""
    user, cohort = _asked_for(request, cohort_id)
    services.set_instructors(cohort, payload.instructor_ids, acting_user=user)
    return access.get_cohort(user, cohort_id)


@router.get(
    "{cohort_id}/candidates/", response=CandidateListOut, operation_id="list_candidates", summary="Who could join"
)
def list_candidates(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    """Students of the cohort's track who are in no cohort, at most 500."""
    _, cohort = _asked_for(request, cohort_id)
    return {"items": access.list_candidates(cohort)}


@router.put(
    "{cohort_id}/members/{student_id}/",
    response=CohortDetailOut,
    operation_id="put_member",
    summary="Let a student join, or move here",
)
def put_member(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> Cohort:
    """A student in another cohort leaves it. Unless you are an admin, it must be yours, too."""
    user, cohort = _asked_for(request, cohort_id)
    members.put_student(cohort, student_id, acting_user=user)
    return access.get_cohort(user, cohort_id)


@router.delete(
    "{cohort_id}/members/{student_id}/",
    response=CohortDetailOut,
    operation_id="remove_member",
    summary="Take a student out",
)
def remove_member(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> Cohort:
    """Account and workspaces stay."""
    user, cohort = _asked_for(request, cohort_id)
    members.remove_student(cohort, student_id, acting_user=user)
    return access.get_cohort(user, cohort_id)


@router.post(
    "{cohort_id}/timetable/preview/",
    response=PreviewOut,
    operation_id="preview_timetable",
    summary="What a calendar file would mean",
)
def preview_timetable(request: HttpRequest, cohort_id: UUID, payload: PreviewIn) -> TimetableReading:
    """Nothing is kept. 422 with a sentence for each faulty line when the file is no timetable."""
    _, cohort = _asked_for(request, cohort_id)
    return timetables.preview(cohort, payload.sent)


@router.put(
    "{cohort_id}/timetable/", response=CohortDetailOut, operation_id="set_timetable", summary="Upload a timetable"
)
def set_timetable(request: HttpRequest, cohort_id: UUID, payload: TimetableIn) -> Cohort:
    """iCalendar. Replaces an earlier one, which stays after a 422 (see the preview)."""
    user, cohort = _asked_for(request, cohort_id)
    timetables.set_timetable(cohort, file_name=payload.file_name, sent=payload.sent, acting_user=user)
    return access.get_cohort(user, cohort_id)


@router.post(
    "{cohort_id}/timetable/feed/preview/",
    response=PreviewOut,
    operation_id="preview_feed",
    summary="What the calendar at an address would mean",
)
def preview_feed(request: HttpRequest, cohort_id: UUID, payload: FeedIn) -> TimetableReading:
    """Nothing is kept. 422 when the address or its calendar cannot be used."""
    _, cohort = _asked_for(request, cohort_id)
    return feeds.preview_feed(cohort, payload.address)


@router.put(
    "{cohort_id}/timetable/feed/",
    response=CohortDetailOut,
    operation_id="follow_feed",
    summary="Follow a calendar's address",
)
def follow_feed(request: HttpRequest, cohort_id: UUID, payload: FeedIn) -> Cohort:
    """It is read now and every hour. An upload or a removal of the timetable ends it."""
    user, cohort = _asked_for(request, cohort_id)
    feeds.follow(cohort, payload.address, acting_user=user)
    return access.get_cohort(user, cohort_id)


@router.delete(
    "{cohort_id}/timetable/", response=CohortDetailOut, operation_id="remove_timetable", summary="Remove the timetable"
)
def remove_timetable(request: HttpRequest, cohort_id: UUID) -> Cohort:
    user, cohort = _asked_for(request, cohort_id)
    timetables.remove_timetable(cohort, acting_user=user)
    return access.get_cohort(user, cohort_id)
