"""The API of assignments: parse, authorize, call one service, serialize."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status

from backend.accounts.authentication import acting_user
from backend.accounts.models import User
from backend.assignments import checks, reading, services, states
from backend.assignments.check_schemas import CheckIn, CheckOut, OwnCheckOut, check_out, own_out
from backend.assignments.delivery_sources import returned_folder
from backend.assignments.models import Assignment, due_with
from backend.assignments.saving import to_save
from backend.assignments.schemas import (
    AssignmentDetailOut,
    AssignmentListOut,
    AssignmentOut,
    ChangeAssignmentIn,
    CreateAssignmentIn,
    FilesIn,
    OwnAssignmentListOut,
    OwnAssignmentOut,
    StudentStateOut,
    beside_out,
    local,
    moment_of,
)
from backend.assignments.submission_states import OwnSubmission, is_late, own_submissions
from backend.cohorts.access import get_cohort, get_cohort_to_see
from backend.cohorts.models import Cohort
from backend.platform.problems import invalid

router = Router(tags=["assignments"])
own_router = Router(tags=["assignments"])


def _to_see(request: HttpRequest, cohort_id: UUID) -> Cohort:
    return get_cohort_to_see(acting_user(request), cohort_id)


def _asked_for(request: HttpRequest, cohort_id: UUID) -> tuple[User, Cohort]:
    user = acting_user(request)
    return user, get_cohort(user, cohort_id)


def _one(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> tuple[User, Assignment]:
    user, cohort = _asked_for(request, cohort_id)
    return user, services.get_assignment(cohort, assignment_id)


def _again(assignment: Assignment) -> AssignmentOut:
    return _out([services.get_assignment(assignment.cohort, assignment.pk)], assignment.cohort)[0]


@router.get(
    "{cohort_id}/assignments/", response=AssignmentListOut, operation_id="list_assignments", summary="Assignments"
)
def list_assignments(request: HttpRequest, cohort_id: UUID) -> dict[str, Any]:
    cohort = _to_see(request, cohort_id)
    return {"items": _out(services.list_assignments(cohort), cohort)}


@router.post(
    "{cohort_id}/assignments/",
    response={201: AssignmentOut},
    operation_id="create_assignment",
    summary="Hand out an assignment",
)
def create_assignment(request: HttpRequest, cohort_id: UUID, payload: CreateAssignmentIn) -> Status:
    """At its release it comes into each student's home. 422 with a sentence when the zip is not
    fit for that."""
    user, cohort = _asked_for(request, cohort_id)
    made = services.create_assignment(
        cohort,
        title=payload.title,
        upload=payload.file,  # type: ignore[arg-type]  # bytes, once it is validated
        releases_at=moment_of(payload.releases_at, cohort.time_zone),
        due_at=moment_of(payload.due_at, cohort.time_zone),
        acting_user=user,
    )
    return Status(201, _again(made))


@router.get(
    "{cohort_id}/assignments/{assignment_id}/",
    response=AssignmentDetailOut,
    operation_id="get_assignment",
    summary="One assignment, student by student",
)
def get_assignment(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> AssignmentDetailOut:
    assignment = services.get_assignment(_to_see(request, cohort_id), assignment_id)
    students = [
        StudentStateOut(
            id=it.student.pk,
            name=it.student.display_name,
            state=it.state,
            text=it.text,
            at=it.at,
            beside=beside_out(it.beside),
            beside_count=it.beside_count,
        )
        for it in states.list_students(assignment)
    ]
    return AssignmentDetailOut(assignment=_out([assignment], assignment.cohort)[0], students=students)


@router.patch(
    "{cohort_id}/assignments/{assignment_id}/",
    response=AssignmentOut,
    operation_id="change_assignment",
    summary="Change title or times",
)
def change_assignment(
    request: HttpRequest, cohort_id: UUID, assignment_id: UUID, payload: ChangeAssignmentIn
) -> AssignmentOut:
    """409 for the release time of one that is released."""
    user, assignment = _one(request, cohort_id, assignment_id)
    values: dict[str, Any] = payload.dict(exclude_unset=True)
    for name in ("title", "releases_at"):
        if name in values and values[name] is None:
            raise invalid(f"body.{name}", "This cannot be empty.")
    for name in {"releases_at", "due_at"} & values.keys():
        values[name] = moment_of(values[name], assignment.cohort.time_zone)
    services.change_assignment(assignment, values, acting_user=user)
    return _again(assignment)


@router.put(
    "{cohort_id}/assignments/{assignment_id}/files/",
    response=AssignmentOut,
    operation_id="replace_assignment_files",
    summary="Hand out new files",
)
def replace_files(request: HttpRequest, cohort_id: UUID, assignment_id: UUID, payload: FilesIn) -> AssignmentOut:
    """An update. Nothing in a home is replaced: a file whose place is taken comes beside it."""
    user, assignment = _one(request, cohort_id, assignment_id)
    services.replace_files(assignment, payload.file, acting_user=user)  # type: ignore[arg-type]
    return _again(assignment)


@router.delete(
    "{cohort_id}/assignments/{assignment_id}/",
    response={204: None},
    operation_id="delete_assignment",
    summary="Delete an assignment",
)
def delete_assignment(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> Status:
    """Files that were handed out stay with the students."""
    user, assignment = _one(request, cohort_id, assignment_id)
    services.delete_assignment(assignment, acting_user=user)
    return Status(204, None)


@router.get(
    "{cohort_id}/assignments/{assignment_id}/check/", response=CheckOut, operation_id="get_check", summary="The check"
)
def get_check(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> CheckOut:
    assignment = services.get_assignment(_to_see(request, cohort_id), assignment_id)
    return check_out(checks.find_check(assignment))


@router.put(
    "{cohort_id}/assignments/{assignment_id}/check/",
    response=CheckOut,
    operation_id="set_check",
    summary="Set up the check",
)
def set_check(request: HttpRequest, cohort_id: UUID, assignment_id: UUID, payload: CheckIn) -> CheckOut:
    """For each newest copy, in a sandbox without a network. 422 when its files do not fit."""
    user, assignment = _one(request, cohort_id, assignment_id)
    values = checks.CheckValues(payload.command, payload.time_limit_s, payload.expected, payload.students_see)
    upload: Any = payload.file
    checks.set_check(assignment, values, upload=upload, keep_files=payload.keep_files, acting_user=user)
    return check_out(checks.find_check(assignment))


@router.delete(
    "{cohort_id}/assignments/{assignment_id}/check/",
    response={204: None},
    operation_id="remove_check",
    summary="Remove the check",
)
def remove_check(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> Status:
    """With all that it found."""
    user, assignment = _one(request, cohort_id, assignment_id)
    checks.remove_check(assignment, acting_user=user)
    return Status(204, None)


@router.post(
    "{cohort_id}/assignments/{assignment_id}/check/run/",
    response={204: None},
    operation_id="run_checks",
    summary="Check all newest copies again",
)
def run_checks(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> Status:
    user, assignment = _one(request, cohort_id, assignment_id)
    checks.run_again(assignment, acting_user=user)
    return Status(204, None)


@own_router.get("", response=OwnAssignmentListOut, operation_id="list_own_assignments", summary="Your assignments")
def list_own_assignments(request: HttpRequest) -> dict[str, Any]:
    """What your cohort has released."""
    student = acting_user(request)
    found = states.own_states(student)
    handed_in = own_submissions(student, [assignment for assignment, _ in found])
    arrived = states.own_arrivals(student, [assignment for assignment, _ in found])
    own = checks.own_checks(student, [assignment for assignment, _ in found])
    return {
        "items": [
            _own_out(
                assignment,
                state,
                handed_in.get(assignment.pk),
                arrived.get(assignment.pk, states.Arrival()),
                own_out(own.get(assignment.pk)),
            )
            for assignment, state in found
        ]
    }


@own_router.post(
    "{assignment_id}/check/", response={204: None}, operation_id="run_own_check", summary="Check your work now"
)
def run_own_check(request: HttpRequest, assignment_id: UUID) -> Status:
    """On the folder as it is now. The answer comes with your assignments."""
    checks.ask_for_own(acting_user(request), assignment_id)
    return Status(204, None)


@own_router.get(
    "{assignment_id}/returned/", operation_id="download_own_returned_files", summary="Returned files, to save"
)
def download_returned(request: HttpRequest, assignment_id: UUID) -> HttpResponse:
    """As a zip: also while the workspace is stopped."""
    assignment, content = reading.returned_files(acting_user(request), assignment_id)
    return to_save(HttpResponse(content), f"{returned_folder(assignment)}.zip")


def _own_out(
    assignment: Assignment,
    state: states.StudentState,
    handed_in: OwnSubmission | None,
    arrival: states.Arrival,
    check: OwnCheckOut | None,
) -> OwnAssignmentOut:
    """What is not returned is not said: mark and comment of the row itself are the instructors'."""
    it = handed_in or OwnSubmission()
    due_at = due_with(assignment.due_at, it.due_at)
    return OwnAssignmentOut(
        id=assignment.pk,
        title=assignment.title,
        path=f"~/project/{assignment.folder}",
        due_at=due_at,
        handed_in_at=it.newest.handed_in_at if it.newest is not None else None,
        late=it.newest is not None and is_late(it.newest, due_at),
        returned_at=it.returned_at,
        mark=it.mark,
        comment=it.comment,
        returned_files=it.files.files_count if it.files is not None else 0,
        returned_path=f"~/project/{returned_folder(assignment)}",
        returned_state=arrival.state,
        returned_text=arrival.text,
        state=state.state,
        text=state.text,
        beside=beside_out(state.beside),
        beside_count=state.beside_count,
        check=check,
    )


def _out(assignments: list[Assignment], cohort: Cohort) -> list[AssignmentOut]:
    counts, students, now = states.count_states(assignments), states.count_students(cohort), timezone.now()
    nothing = states.Counts(0, 0)
    return [
        AssignmentOut(
            id=it.pk,
            title=it.title,
            folder=it.folder,
            version=it.version,
            releases_at=it.releases_at,
            released=it.releases_at <= now,
            due_at=it.due_at,
            releases_at_local=local(it.releases_at, it) or "",
            due_at_local=local(it.due_at, it),
            files=it.bundle.files_count,
            bytes=it.bundle.bytes_unpacked,
            app_start=it.bundle.app_start,
            app_port=it.bundle.app_port,
            handed_out=counts.get(it.pk, nothing).handed_out,
            failed=counts.get(it.pk, nothing).failed,
            students=students,
        )
        for it in assignments
    ]
