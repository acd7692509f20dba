"""The API of cohorts: parse, authorize, call one service, serialize."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.accounts.roles import Role
from backend.cohorts import access, members, services, timetables
from backend.cohorts.models import Cohort
from backend.cohorts.presentation import cohort_detail_out, cohort_out, instructors_out, preview_out
from backend.cohorts.schemas import (
    CandidateListOut,
    CandidateOut,
    ChangeCohortIn,
    CohortDetailOut,
    CohortListOut,
    CreateCohortIn,
    DeleteCohortIn,
    InstructorListOut,
    InstructorsIn,
    PreviewIn,
    PreviewOut,
    TimetableIn,
)

router = Router(tags=["cohorts"])


def _asked_for(request: HttpRequest, cohort_id: UUID) -> tuple[User, Cohort]:
    user = acting_user(request)
    return user, access.get_cohort(user, cohort_id)


def _now(user: User, cohort_id: UUID) -> CohortDetailOut:
    return cohort_detail_out(access.get_cohort(user, cohort_id))


@router.get("", response=CohortListOut, operation_id="list_cohorts", summary="Cohorts")
def list_cohorts(request: HttpRequest) -> CohortListOut:
    """Those you teach; an admin sees all. Active ones first, at most 500."""
    return CohortListOut(items=[cohort_out(it) for it in access.list_cohorts(acting_user(request))])


@router.post("", response={201: CohortDetailOut}, operation_id="create_cohort", summary="Create a cohort")
def create_cohort(request: HttpRequest, payload: CreateCohortIn) -> Status:
    """An instructor who creates one teaches it. 409 when the name is taken."""
    user = acting_user(request)
    made = services.create_cohort(name=payload.name, track=payload.track, time_zone=payload.time_zone, acting_user=user)
    return Status(201, _now(user, made.pk))


@router.get("instructors/", response=InstructorListOut, operation_id="list_instructors", summary="Who could teach")
def list_instructors(request: HttpRequest) -> InstructorListOut:
    """For admins, who say who teaches a cohort."""
    access.refuse_all_but_admins(acting_user(request), "see the list of instructors")
    people = User.objects.filter(role=Role.INSTRUCTOR, is_active=True).order_by("name", "email")
    return InstructorListOut(items=instructors_out(people[: access.CANDIDATES_LISTED_MAX]))


@router.get("{cohort_id}/", response=CohortDetailOut, operation_id="get_cohort", summary="One cohort")
def get_cohort(request: HttpRequest, cohort_id: UUID) -> CohortDetailOut:
    _, cohort = _asked_for(request, cohort_id)
    return cohort_detail_out(cohort)


@router.patch("{cohort_id}/", response=CohortDetailOut, operation_id="change_cohort", summary="Change a cohort")
def change_cohort(request: HttpRequest, cohort_id: UUID, payload: ChangeCohortIn) -> CohortDetailOut:
    user, cohort = _asked_for(request, cohort_id)
    services.change_cohort(
        cohort, name=payload.name, time_zone=payload.time_zone, active=payload.active, acting_user=user
    )
    return _now(user, cohort_id)


@router.delete("{cohort_id}/", response={204: None}, operation_id="delete_cohort", summary="Delete a cohort")
def delete_cohort(request: HttpRequest, cohort_id: UUID, payload: DeleteCohortIn) -> Status:
    """Students and their workspaces stay. 422 when the name is not the cohort's name."""
    user, cohort = _asked_for(request, cohort_id)
    services.delete_cohort(cohort, payload.name, acting_user=user)
    return Status(204, None)


@router.put(
    "{cohort_id}/instructors/", response=CohortDetailOut, operation_id="set_instructors", summary="Who teaches it"
)
def set_instructors(request: HttpRequest, cohort_id: UUID, payload: InstructorsIn) -> CohortDetailOut:
    """For admins. Whoever is not in the list does not see the cohort any more."""
    user, cohort = _asked_for(request, cohort_id)
    services.set_instructors(cohort, payload.instructor_ids, acting_user=user)
    return _now(user, cohort_id)


@router.get(
    "{cohort_id}/candidates/", response=CandidateListOut, operation_id="list_candidates", summary="Who could join"
)
def list_candidates(request: HttpRequest, cohort_id: UUID) -> CandidateListOut:
    """Students of the cohort's track who are in no cohort, at most 500."""
    _, cohort = _asked_for(request, cohort_id)
    found = access.list_candidates(cohort)
    return CandidateListOut(items=[CandidateOut(id=str(it.pk), name=it.display_name, email=it.email) for it in found])


@router.put(
    "{cohort_id}/members/{student_id}/",
    response=CohortDetailOut,
    operation_id="put_member",
    summary="Let a student join, or move here",
)
def put_member(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> CohortDetailOut:
    """A student who is in another cohort leaves it; that one must be yours too (an admin's may be any)."""
    user, cohort = _asked_for(request, cohort_id)
    members.put_student(cohort, student_id, acting_user=user)
    return _now(user, cohort_id)


@router.delete(
    "{cohort_id}/members/{student_id}/",
    response=CohortDetailOut,
    operation_id="remove_member",
    summary="Take a student out",
)
def remove_member(request: HttpRequest, cohort_id: UUID, student_id: UUID) -> CohortDetailOut:
    """Account and workspaces stay."""
    user, cohort = _asked_for(request, cohort_id)
    members.remove_student(cohort, student_id, acting_user=user)
    return _now(user, cohort_id)


@router.post(
    "{cohort_id}/timetable/preview/",
    response=PreviewOut,
    operation_id="preview_timetable",
    summary="What a calendar file would mean",
)
def preview_timetable(request: HttpRequest, cohort_id: UUID, payload: PreviewIn) -> PreviewOut:
    """Nothing is kept. 422 with a sentence for each faulty line when the file is no timetable."""
    _, cohort = _asked_for(request, cohort_id)
    return preview_out(timetables.preview(cohort, payload.content))


@router.put(
    "{cohort_id}/timetable/", response=CohortDetailOut, operation_id="set_timetable", summary="Upload a timetable"
)
def set_timetable(request: HttpRequest, cohort_id: UUID, payload: TimetableIn) -> CohortDetailOut:
    """iCalendar; it takes the place of an earlier one. 422 as for the preview, and the earlier one stays."""
    user, cohort = _asked_for(request, cohort_id)
    timetables.set_timetable(cohort, file_name=payload.file_name, content=payload.content, acting_user=user)
    return _now(user, cohort_id)


@router.delete(
    "{cohort_id}/timetable/", response=CohortDetailOut, operation_id="remove_timetable", summary="Remove the timetable"
)
def remove_timetable(request: HttpRequest, cohort_id: UUID) -> CohortDetailOut:
    user, cohort = _asked_for(request, cohort_id)
    timetables.remove_timetable(cohort, acting_user=user)
    return _now(user, cohort_id)
